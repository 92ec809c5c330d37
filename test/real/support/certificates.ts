import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Made by the openssl program and not by the lab's own authority: what these tests show must not rest on the library
 * that the lab, and so all other tests, rest on.
 */
export interface Certificates {
  /** Above the intermediate that issued the origins' and the proxy's certificates, which they send along as they should. */
  readonly root: string;
  /** Signs what the inspector shows. */
  readonly inspector: string;
  readonly inspectorKey: string;
  /** Root and inspector in one file. */
  readonly bundle: string;
  readonly clientCa: string;
  readonly server: CertificateFiles;
  /** For haproxy: certificates and key in one file. */
  readonly serverBoth: string;
  /** CN=alice, of the client CA. */
  readonly client: CertificateFiles & {
    readonly encryptedKey: string;
    readonly legacyKey: string;
    readonly pfx: string;
  };
  /** CN=mallory, of an authority that nobody here trusts. */
  readonly stranger: CertificateFiles;
  /** CN=workstation-7, of the client CA: shown to proxies. */
  readonly workstation: CertificateFiles;
  readonly passphrase: string;
}

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

const passphrase = "open-sesame 100%";

export async function makeCertificates(directory: string): Promise<Certificates> {
  const openssl = opensslIn(directory);
  const [root, inspector, clientCa, otherCa] = await Promise.all([
    authority(openssl, directory, "root", "Example Corp Root CA"),
    authority(openssl, directory, "inspector", "Example Corp TLS Inspection CA"),
    authority(openssl, directory, "client-ca", "Example Corp Client CA"),
    authority(openssl, directory, "other-ca", "Somebody Else CA"),
  ]);
  const issuing = await authority(openssl, directory, "issuing", "Example Corp Issuing CA", root);
  const names = "DNS:localhost,DNS:*.localhost,DNS:origin.test,DNS:*.origin.test,DNS:proxy.test,IP:127.0.0.1,IP:::1";
  const [serverLeaf, client, stranger, workstation] = await Promise.all([
    leaf(openssl, directory, "server", "/CN=origin.test", issuing, "serverAuth", names),
    leaf(openssl, directory, "alice", "/CN=alice", clientCa, "clientAuth"),
    leaf(openssl, directory, "mallory", "/CN=mallory", otherCa, "clientAuth"),
    leaf(openssl, directory, "workstation", "/CN=workstation-7", clientCa, "clientAuth"),
  ]);
  const encryptedKey = join(directory, "alice.enc.key");
  const legacyKey = join(directory, "alice.legacy.key");
  const pfx = join(directory, "alice.p12");
  const pass = ["-passout", `pass:${passphrase}`];
  await openssl("pkcs8", "-topk8", "-v2", "aes-256-cbc", "-in", client.key, "-out", encryptedKey, ...pass);
  await openssl("ec", "-aes256", "-in", client.key, "-out", legacyKey, ...pass);
  await openssl("pkcs12", "-export", "-inkey", client.key, "-in", client.cert, "-out", pfx, ...pass);
  const bundle = await concatenate(directory, "bundle.pem", [root.cert, inspector.cert]);
  const server = {
    ...serverLeaf,
    cert: await concatenate(directory, "server.chain.pem", [serverLeaf.cert, issuing.cert]),
  };
  const serverBoth = await concatenate(directory, "server.both.pem", [server.cert, server.key]);
  return {
    root: root.cert,
    inspector: inspector.cert,
    inspectorKey: inspector.key,
    bundle,
    clientCa: clientCa.cert,
    server,
    serverBoth,
    client: { ...client, encryptedKey, legacyKey, pfx },
    stranger,
    workstation,
    passphrase,
  };
}

type OpenSsl = (...args: string[]) => Promise<void>;

function opensslIn(directory: string): OpenSsl {
  return async (...args) => {
    await run("openssl", args, { cwd: directory, env: { PATH: process.env["PATH"], HOME: directory } });
  };
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

async function authority(
  openssl: OpenSsl,
  directory: string,
  name: string,
  commonName: string,
  issuer?: CertificateFiles,
): Promise<CertificateFiles> {
  const files = { cert: join(directory, `${name}.pem`), key: join(directory, `${name}.key`) };
  const extensions = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"];
  if (issuer === undefined) {
    const extra = extensions.flatMap((extension) => ["-addext", extension]);
    const subject = ["-days", "30", "-subj", `/CN=${commonName}`];
    await openssl("req", "-x509", ...newKey, ...subject, ...extra, "-keyout", files.key, "-out", files.cert);
  } else {
    await signed(openssl, files, `/CN=${commonName}`, issuer, extensions);
  }
  return files;
}

async function leaf(
  openssl: OpenSsl,
  directory: string,
  name: string,
  subject: string,
  issuer: CertificateFiles,
  usage: string,
  names?: string,
): Promise<CertificateFiles> {
  const files = { cert: join(directory, `${name}.pem`), key: join(directory, `${name}.key`) };
  const extensions = ["basicConstraints=CA:FALSE", "keyUsage=digitalSignature", `extendedKeyUsage=${usage}`];
  if (names !== undefined) extensions.push(`subjectAltName=${names}`);
  await signed(openssl, files, subject, issuer, extensions);
  return files;
}

/** A key, and a certificate for it that the issuer signed. */
async function signed(
  openssl: OpenSsl,
  files: CertificateFiles,
  subject: string,
  issuer: CertificateFiles,
  extensions: readonly string[],
): Promise<void> {
  const [request, extensionFile] = [`${files.cert}.csr`, `${files.cert}.ext`];
  await writeFile(extensionFile, `${extensions.join("\n")}\n`);
  await openssl("req", ...newKey, "-subj", subject, "-keyout", files.key, "-out", request);
  // At random, since a file that counts them up would be shared by commands that run side by side.
  const signer = ["-CA", issuer.cert, "-CAkey", issuer.key, "-set_serial", `0x${randomBytes(15).toString("hex")}`];
  await openssl(
    "x509",
    "-req",
    "-in",
    request,
    ...signer,
    "-days",
    "30",
    "-extfile",
    extensionFile,
    "-out",
    files.cert,
  );
}

async function concatenate(directory: string, name: string, parts: readonly string[]): Promise<string> {
  const path = join(directory, name);
  const texts = await Promise.all(parts.map((part) => readFile(part, "utf8")));
  await writeFile(path, texts.join("\n"), { mode: 0o600 });
  return path;
}
