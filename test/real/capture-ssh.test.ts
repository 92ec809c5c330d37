import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { ownFolder } from "../support/own-folder.js";
import { Enclave } from "../matrix/support/enclave.js";
import { builtCli } from "./support/built.js";
import { startDaemon } from "./support/daemon.js";
import { freePorts } from "./support/ports.js";
import { findProgram } from "./support/programs.js";
import { expect, proxyUrl, test, throughFront, trustRoot, type Scene } from "./support/scene.js";
import { prepareSshd, type Sshd } from "./support/sshd.js";
import type { SquidLine } from "./support/squid.js";

const missing = Enclave.whatIsMissing() ?? ["sshd", "ssh", "nft"].find((program) => findProgram(program) === undefined);
if (missing !== undefined) console.log(`ssh under capture: SKIPPED, for want of ${missing}`);

const folder = ownFolder("ssh");

describe.skipIf(missing !== undefined)("ssh under capture", () => {
  const ways = new Set<string>();
  let enclave: Enclave;
  let sshd: Sshd;
  beforeAll(async () => {
    // Present, as `missing` says.
    sshd = prepareSshd(folder, ["git.corp.test", "origin.test", "[origin.test]:*"]) as Sshd;
    enclave = await Enclave.open();
    // The proxy's name is in the enclave that of the wire's other end, so that its certificate fits.
    writeFileSync(join(folder, "hosts"), `${enclave.address} proxy.test\n`);
  });
  afterAll(() => enclave[Symbol.asyncDispose]());

  /** @param proxy its URL by localhost */
  async function ssh(proxy: string, options: readonly string[], variables: Readonly<Record<string, string>> = {}) {
    const { port, protocol } = new URL(proxy);
    const relayed = await enclave.relay(Number(port));
    ways.add(`${enclave.address}:${relayed}`);
    const url = proxy.replace(`localhost:${port}`, `proxy.test:${relayed}`);
    const named = ["unshare", "--mount", "sh", "-c", `mount --bind ${folder}/hosts /etc/hosts && exec "$@"`, "sh"];
    const run = [process.execPath, builtCli, "run", "--capture", "--no-check", "--"];
    await enclave.packets();
    const child = spawn("ip", [...enclave.prefix.slice(1), ...named, ...run, "ssh", ...sshd.options, ...options], {
      stdio: ["pipe", "pipe", "pipe"],
      timeout: 20_000,
      env: {
        PATH: [dirname(process.execPath), process.env["PATH"]].join(":"),
        HOME: folder,
        [protocol === "socks5h:" ? "ALL_PROXY" : "HTTPS_PROXY"]: url,
        ...variables,
      },
    });
    child.stdin.end("through the tunnel");
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const [status] = (await once(child, "close")) as [number | null];
    // The last packets of one command may be seen during the next.
    const astray = (await enclave.packets()).filter(({ to }) => !ways.has(to));
    return { status, stdout, stderr, astray };
  }

  const served = { status: 3, stdout: "through the tunnel", astray: [] };

  describe("where port 22 alone is allowed", () => {
    /** What was asked of the proxy, with the login that came along. */
    const asked: string[] = [];
    const proxy = createServer();
    beforeAll(async () => {
      proxy.on("connect", (request, socket, head) => {
        const [, token = ""] = (request.headers["proxy-authorization"] ?? "").split(" ");
        asked.push(`${Buffer.from(token, "base64").toString()} ${request.url}`);
        if (request.url !== "git.corp.test:22") return void socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
        const { stdin, stdout } = sshd.inetd();
        if (stdin === null || stdout === null) throw new TypeError("these are pipes");
        stdin.on("error", () => socket.destroy());
        socket.on("error", () => stdin.destroy());
        stdin.write(head);
        socket.pipe(stdin);
        // The server speaks first, and a proxy may pass on both in one piece.
        stdout.once("data", (banner: Buffer) => {
          socket.write(Buffer.concat([Buffer.from("HTTP/1.1 200 OK\r\n\r\n"), banner]));
          stdout.pipe(socket);
        });
        return undefined;
      });
      proxy.listen(0, "127.0.0.1");
      await once(proxy, "listening");
    });
    afterAll(() => {
      proxy.closeAllConnections();
      proxy.close();
    });
    const url = (): string => `http://alice:secret@localhost:${(proxy.address() as AddressInfo).port}`;

    test("gets to a server whose first words come together with the proxy's answer, and no packet and no query goes elsewhere", async () => {
      asked.length = 0;
      const { stderr, ...seen } = await ssh(url(), ["root@git.corp.test", "cat; exit 3"]);
      expect({ ...seen, asked }, stderr).toEqual({ ...served, asked: ["alice:secret git.corp.test:22"] });
    });

    test("is cut off at another port, and nothing goes direct", async () => {
      asked.length = 0;
      const { status, stderr, astray } = await ssh(url(), ["-p", "2222", "root@git.corp.test", "true"]);
      const refused = { status: 255, asked: ["alice:secret git.corp.test:2222"], astray: [] };
      expect({ status, asked, astray }, stderr).toEqual(refused);
    });
  });

  describe("through real proxies", () => {
    let port: number;
    let stop: () => Promise<void>;
    beforeAll(async () => {
      const { port: own, daemon } = await sshd.listen();
      [port, stop] = [own, () => daemon.stop()];
    });
    afterAll(() => stop());
    const command = (): string[] => ["-p", String(port), "root@origin.test", "cat; exit 3"];

    test("gets out by squid with a login", async ({ scene }) => {
      const { HTTPS_PROXY = "" } = throughFront(scene, "basic");
      const { stderr, ...seen } = await ssh(HTTPS_PROXY, command());
      expect(seen, stderr).toEqual(served);
      expect(await tunnel(scene)).toMatchObject({ method: "CONNECT", target: `origin.test:${port}`, status: "200" });
    });

    test("gets out by squid over TLS that demands a client certificate", async ({ scene }) => {
      const { HTTPS_PROXY = "" } = throughFront(scene, "tlsCert");
      const { cert, key } = scene.site.certs.workstation;
      const own = { ...trustRoot(scene), SALLYPORT_PROXY_CLIENT_CERT: cert, SALLYPORT_PROXY_CLIENT_KEY: key };
      const { stderr, ...seen } = await ssh(HTTPS_PROXY, command(), own);
      expect(seen, stderr).toEqual(served);
      expect(await tunnel(scene)).toMatchObject({ method: "CONNECT", target: `origin.test:${port}`, status: "200" });
    });

    test("gets out by microsocks with a login, which resolves the name", async ({ skip }) => {
      const microsocks = findProgram("microsocks") ?? skip("microsocks is missing");
      const own = (await freePorts(1))();
      writeFileSync(join(folder, "names"), "127.0.0.1 origin.test\n");
      const listen = `exec '${microsocks}' -i 127.0.0.1 -p ${own} -u alice -P secret`;
      const args = ["--mount", "sh", "-c", `mount --bind ${folder}/names /etc/hosts && ${listen}`];
      const options = { command: "unshare", args, ports: [own], directory: folder, account: undefined };
      const daemon = await startDaemon("microsocks", options);
      const login = { username: "alice", password: "secret" };
      const { stderr, ...seen } = await ssh(proxyUrl(own, login, "socks5h"), command());
      await daemon.stop();
      expect(seen, stderr).toEqual(served);
    });
  });
});

const tunnel = ({ frontLog }: Scene): Promise<SquidLine> =>
  frontLog.waitFor("the tunnel", ({ method }) => method === "CONNECT");
