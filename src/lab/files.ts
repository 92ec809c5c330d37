import { rmSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority, DAY, encryptKey, type Issued } from "./ca.js";
import type { LabAuthorities, LabClientFiles, LabFiles } from "./types.js";

export interface Safe {
  readonly directory: string;
  readonly files: LabFiles;
  readonly authorities: LabAuthorities;
  remove(): Promise<void>;
}

/** Makes all authorities and client certificates of a lab, and writes them to a temporary folder that only its owner can enter. */
export async function createSafe(): Promise<Safe> {
  const [directory, authorities] = await Promise.all([mkdtemp(join(tmpdir(), "sallyport-lab-")), createAuthorities()]);
  if (leftAtExit.size === 0) process.once("exit", removeAll);
  leftAtExit.add(directory);
  return {
    directory,
    authorities,
    files: await writeFiles(directory, authorities),
    async remove() {
      await rm(directory, { recursive: true, force: true });
      leftAtExit.delete(directory);
      if (leftAtExit.size === 0) process.off("exit", removeAll);
    },
  };
}

/** Folders of labs that are open: a process that ends without closing them must not leave keys behind. */
const leftAtExit = new Set<string>();

function removeAll(): void {
  for (const directory of leftAtExit) rmSync(directory, { recursive: true, force: true });
}

async function createAuthorities(): Promise<LabAuthorities> {
  const [root, inspector, client, other] = await Promise.all([
    createAuthority({ name: "Lab Root CA", organization: "Lab" }),
    createAuthority({ name: "Lab Inspector CA" }),
    createAuthority({ name: "Lab Client Root CA" }),
    createAuthority({ name: "Other CA" }),
  ]);
  const [intermediate, clientIssuing] = await Promise.all([
    createAuthority({ name: "Lab Intermediate CA", organization: "Lab", issuer: root }),
    createAuthority({ name: "Lab Client Issuing CA", issuer: client }),
  ]);
  return { root, intermediate, inspector, client, clientIssuing, other };
}

async function writeFiles(directory: string, authorities: LabAuthorities): Promise<LabFiles> {
  const { root, intermediate, inspector, client, clientIssuing, other } = authorities;
  const passphrase = "Lab-Pa55phrase";

  const write = async (name: string, contents: string): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, contents, { mode: 0o600 });
    // Certificates are no secret, and say so; a umask could have narrowed the mode that writeFile was given.
    await chmod(path, name.endsWith("-key.pem") ? 0o600 : 0o644);
    return path;
  };
  const writeClient = async (name: string, issued: Promise<Issued>): Promise<LabClientFiles> => {
    const { chain, key } = await issued;
    const [cert, plainKey, encryptedKey] = await Promise.all([
      write(`${name}.pem`, chain),
      write(`${name}-key.pem`, key),
      write(`${name}-encrypted-key.pem`, encryptKey(key, passphrase)),
    ]);
    return { cert, key: plainKey, encryptedKey };
  };

  const now = Date.now();
  const [rootCa, intermediateCa, inspectorCa, clientCa, otherCa, bundle, alice, wrongClient, expiredClient] =
    await Promise.all([
      write("root-ca.pem", root.cert),
      write("intermediate-ca.pem", intermediate.cert),
      write("inspector-ca.pem", inspector.cert),
      write("client-ca.pem", client.cert),
      write("other-ca.pem", other.cert),
      write("bundle.pem", root.cert + inspector.cert),
      writeClient("client", clientIssuing.issue({ commonName: "alice", organization: "Lab", usage: "client" })),
      writeClient("wrong-client", other.issue({ commonName: "mallory", organization: "Lab", usage: "client" })),
      writeClient(
        "expired-client",
        clientIssuing.issue({
          commonName: "alice-expired",
          organization: "Lab",
          usage: "client",
          notBefore: new Date(now - 30 * DAY),
          notAfter: new Date(now - DAY),
        }),
      ),
    ]);
  return {
    rootCa,
    intermediateCa,
    inspectorCa,
    clientCa,
    otherCa,
    bundle,
    client: alice,
    wrongClient,
    expiredClient,
    passphrase,
  };
}
