import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Enclave } from "../matrix/support/enclave.js";
import { builtCli } from "./support/built.js";
import { findProgram } from "./support/programs.js";

const sshd = findProgram("sshd");
const missing =
  Enclave.whatIsMissing() ??
  (sshd === undefined || findProgram("nft") === undefined ? "sshd or nft is not installed" : undefined);
if (missing !== undefined) console.log(`ssh under capture: SKIPPED, since ${missing}`);

const folder = mkdtempSync(join(tmpdir(), "sallyport-ssh-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string): string => join(folder, name);

describe.skipIf(missing !== undefined)("ssh under capture", () => {
  /** What was asked of the proxy, with the login that came along. */
  const asked: string[] = [];
  const proxy = createServer();
  let enclave: Enclave;

  beforeAll(async () => {
    for (const name of ["host", "user"])
      execFileSync(findProgram("ssh-keygen") ?? "", ["-q", "-t", "ed25519", "-N", "", "-f", file(name)]);
    writeFileSync(
      file("sshd_config"),
      [
        `HostKey ${file("host")}`,
        `AuthorizedKeysFile ${file("user.pub")}`,
        "StrictModes no",
        "UsePAM no",
        "PasswordAuthentication no",
        "PermitRootLogin yes",
        `PidFile ${file("pid")}`,
        "",
      ].join("\n"),
    );
    writeFileSync(file("known_hosts"), `git.corp.test ${readFileSync(file("host.pub"), "utf8")}`);
    chmodSync(file("user"), 0o600);
    // Where sshd keeps its unprivileged half: Debian's service makes it, and it is empty.
    if (!existsSync("/run/sshd")) mkdirSync("/run/sshd", { mode: 0o755 });
    proxy.on("connect", (request, socket, head) => {
      const [, token = ""] = (request.headers["proxy-authorization"] ?? "").split(" ");
      asked.push(`${Buffer.from(token, "base64").toString()} ${request.url}`);
      if (request.url !== "git.corp.test:22") return void socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      // As inetd has it: one connection, on its own stdin and stdout.
      const server = spawn(sshd ?? "", ["-i", "-e", "-f", file("sshd_config")], { stdio: ["pipe", "pipe", "ignore"] });
      socket.on("error", () => server.kill());
      server.stdin.on("error", () => socket.destroy());
      server.stdin.write(head);
      socket.pipe(server.stdin);
      return server.stdout.pipe(socket);
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    enclave = await Enclave.open();
  });
  afterAll(async () => {
    proxy.closeAllConnections();
    proxy.close();
    await enclave[Symbol.asyncDispose]();
  });

  async function ssh(options: readonly string[]) {
    const seenAs = `${enclave.address}:${await enclave.relay((proxy.address() as AddressInfo).port)}`;
    const own = ["-F", "none", "-i", file("user"), "-o", `UserKnownHostsFile=${file("known_hosts")}`];
    const sure = ["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"];
    const run = [process.execPath, builtCli, "run", "--capture", "--no-check", "--"];
    const argv = [...enclave.prefix.slice(1), ...run, "ssh", ...own, ...sure, ...options];
    await enclave.packets();
    asked.length = 0;
    const child = spawn("ip", argv, {
      stdio: ["pipe", "pipe", "pipe"],
      timeout: 20_000,
      env: {
        PATH: [dirname(process.execPath), process.env["PATH"]].join(":"),
        HOME: folder,
        HTTPS_PROXY: `http://alice:secret@${seenAs}`,
      },
    });
    child.stdin.end("through the tunnel");
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const [status] = (await once(child, "close")) as [number | null];
    return { status, stdout, stderr, astray: (await enclave.packets()).filter(({ to }) => to !== seenAs) };
  }

  test("gets to a server by a proxy with a login that allows port 22, and no packet and no query goes elsewhere", async () => {
    const { status, stdout, stderr, astray } = await ssh(["root@git.corp.test", "cat; exit 3"]);
    expect({ status, stdout, asked, astray }, stderr).toEqual({
      status: 3,
      stdout: "through the tunnel",
      asked: ["alice:secret git.corp.test:22"],
      astray: [],
    });
  });

  test("is cut off where the proxy does not allow the port, and nothing goes direct", async () => {
    const { status, stderr, astray } = await ssh(["-p", "2222", "root@git.corp.test", "true"]);
    expect({ status, asked, astray }, stderr).toEqual({
      status: 255,
      asked: ["alice:secret git.corp.test:2222"],
      astray: [],
    });
  });
});
