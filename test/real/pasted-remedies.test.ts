import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { codesOf, Shell } from "../support/shell.js";
import { findProgram } from "./support/programs.js";

const execute = promisify(execFile);
const fixtures = join(import.meta.dirname, "../fixtures/pki");

/** A server under what mkcert makes in a home: its authority lies where mkcert keeps it, and in no store. */
async function underMkcert(shell: Shell): Promise<{ readonly url: string } & Disposable> {
  const [cert, key] = [join(shell.home, "site.pem"), join(shell.home, "site.key")];
  const env = { PATH: process.env["PATH"] ?? "", HOME: shell.home };
  await execute("mkcert", ["-cert-file", cert, "-key-file", key, "localhost"], { env });
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_request, response) =>
    response.end(),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://localhost:${port}/`,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe("the command that a remedy says, pasted", () => {
  it.skipIf(findProgram("mkcert") === undefined)("trusts the authority that mkcert has made", async () => {
    using shell = new Shell();
    using site = await underMkcert(shell);
    const before = await shell.doctor(site.url);
    expect(codesOf(before)).toEqual(["TLS_UNTRUSTED_ISSUER"]);
    expect(before.targets[0]?.chain?.missing?.place).toBe(join(shell.home, ".local/share/mkcert/rootCA.pem"));
    await shell.paste(before.faults[0]?.remedy);
    expect(codesOf(await shell.doctor(site.url))).toEqual([]);
  });

  it.skipIf(findProgram("mkcert") === undefined)("renews a key in RC2 by openssl, and names the new file", async () => {
    using shell = new Shell();
    using site = await underMkcert(shell);
    shell.set({ SALLYPORT_CA_CERTS: join(shell.home, ".local/share/mkcert/rootCA.pem") });
    const key = shell.file("alice.key", readFileSync(join(fixtures, "alice-rc2.key")));
    shell.set({
      SALLYPORT_CLIENT_CERT: shell.file("alice.pem", readFileSync(join(fixtures, "alice.pem"))),
      SALLYPORT_CLIENT_KEY: key,
      SALLYPORT_CLIENT_KEY_PASSPHRASE: "correct-horse",
    });
    const { faults } = await shell.doctor(site.url);
    expect(faults.map(({ code }) => code)).toEqual(["KEY_FILE_INVALID"]);
    // openssl asks for the passphrase on a terminal, which is answered as somebody who types.
    const line = /run: (.*?) and name/.exec(faults[0]?.remedy ?? "")?.[1] ?? "";
    const typed = spawn("script", ["-qec", line, "/dev/null"], { cwd: shell.home, stdio: ["pipe", "pipe", "inherit"] });
    let asked = 0;
    typed.stdout.on("data", (text: Buffer) => {
      if (/:\s*$/.test(text.toString()) && asked++ < 3) typed.stdin.write("correct-horse\n");
    });
    await once(typed, "close");
    const renewed = / -out (\S+)/.exec(line)?.[1] ?? "";
    expect(existsSync(renewed)).toBe(true);
    shell.set({ SALLYPORT_CLIENT_KEY: renewed });
    expect(codesOf(await shell.doctor(site.url))).toEqual([]);
  });

  it.skipIf(findProgram("mkcert") === undefined)(
    "takes the certificate out of a PKCS#7 bundle by openssl",
    async () => {
      using shell = new Shell();
      using site = await underMkcert(shell);
      const file = shell.file("corp.pem", readFileSync(join(fixtures, "root.p7b")));
      shell.set({ SALLYPORT_CA_CERTS: `${file}:${join(shell.home, ".local/share/mkcert/rootCA.pem")}` });
      const { faults, warnings } = await shell.doctor(site.url);
      const told = [...faults, ...warnings].find(({ remedy }) => remedy.includes("run: "));
      const line = /run: (.*?) and replace/.exec(told?.remedy ?? "")?.[1] ?? "";
      const { exit, stdout } = await shell.run(line);
      expect({ exit, stdout }).toEqual({ exit: 0, stdout: expect.stringContaining("BEGIN CERTIFICATE") });
      shell.file("corp.pem", stdout);
      expect(codesOf(await shell.doctor(site.url))).toEqual([]);
    },
  );
});
