import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import net, { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../cli/support/run.js";

const bin = join(import.meta.dirname, "../../../dist/cli/bin.cjs");

/** It tells programs of this user from others: where the kernel says whose a connection is. */
const knowsUsers = process.platform === "linux" && process.getuid?.() !== 65_534;

let folder: string;
let far: net.Server;
let target: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sallyport-test-"));
  far = net.createServer((socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  far.listen(0, "127.0.0.1");
  await once(far, "listening");
  target = `127.0.0.1:${(far.address() as AddressInfo).port}`;
});
afterAll(async () => {
  far.close();
  await rm(folder, { recursive: true });
});

describe("what the command line refuses, before it listens", () => {
  it.each([
    [["--listen", "0.0.0.0:8080"], "--listen must be a port, 127.0.0.1:port, [::1]:port, or unix:/path"],
    [["--listen", "example.com:8080"], "--listen must be a port"],
    [["--listen", "99999"], "--listen must be a port"],
    [["--listen", "unix:relative"], "not absolute"],
    [["--origin", "https://api.example.com"], "--origin must be NAME=URL"],
    [["--origin", "a=https://a.example", "--origin", "a=https://b.example"], "--origin names a twice"],
    [["--drain", "soon"], "--drain must be a number of seconds"],
    [["--token-file", "/nonexistent"], "--token-file names cannot be read"],
    [["--no-token", "--token-file", "x"], "cannot be used together"],
    [["--no-token", "--require-token"], "cannot be used together"],
    [["--proxy", "ftp://x"], "PROXY_SCHEME_UNSUPPORTED"],
  ])("%j", async (flags, message) => {
    const { exit, stdout, stderr } = await run(["gateway", ...flags]);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^error: .+\nhint: .+\n$/m);
    expect([exit, stdout]).toEqual([2, ""]);
  });

  it("a port that is taken", async () => {
    const { exit, stderr } = await run(["gateway", "--listen", target]);
    expect(stderr).toBe(
      `error: the gateway cannot listen on ${target}: another program listens there already [CONFIG_INVALID]\n` +
        "hint: end the program that listens there (another gateway, perhaps), choose another port, or leave it out to get a free one\n",
    );
    expect(exit).toBe(2);
  });
});

describe("what it prints", () => {
  const served = async (flags: readonly string[]): Promise<{ stdout: string; stderr: string; exit: number }> => {
    const end = new AbortController();
    return run(["gateway", ...flags], { signal: end.signal, onOutput: () => end.abort() });
  };

  it("is ready to be pasted, and ends in order with exit code 0", async () => {
    const { exit, stdout, stderr } = await served([]);
    expect(stdout).toMatch(/^Gateway http:\/\/127\.0\.0\.1:\d+, until Ctrl-C\n/);
    expect(stdout).toMatch(/^export HTTPS_PROXY='http:\/\/sallyport:[\w-]{32}@127\.0\.0\.1:\d+'$/m);
    expect(stdout).toMatch(/^SOCKS 5 +socks5h:\/\/sallyport:/m);
    expect(stdout).toMatch(/^Status page +http:\/\/127\.0\.0\.1:\d+\/\?token=/m);
    expect(stdout).not.toContain("NODE_EXTRA_CA_CERTS");
    expect(/^Token +not asked of this user's programs/m.test(stdout)).toBe(knowsUsers);
    expect([exit, stderr]).toEqual([0, ""]);
  });

  it("under --json is one object", async () => {
    const { stdout } = await served(["--json", "--origin", "api=https://api.example.com"]);
    const url = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string;
    expect(JSON.parse(stdout)).toEqual({
      ok: true,
      pid: process.pid,
      url,
      proxyUrl: expect.stringMatching(/^http:\/\/sallyport:/) as string,
      socksUrl: expect.stringMatching(/^socks5h:\/\/sallyport:/) as string,
      statusUrl: expect.stringContaining("/?token=") as string,
      admits: knowsUsers ? "same-user" : "token",
      origins: [{ name: "api", url, origin: "https://api.example.com" }],
      intercepted: [],
      authority: null,
      bundle: null,
    });
  });

  it("says nothing of this user's programs where they need the token, too", async () => {
    const { stdout } = await served(["--require-token"]);
    expect(stdout).toContain("SOCKS 5");
    expect(stdout).not.toMatch(/^Token/m);
    expect((await served(["--require-token", "--json"])).stdout).toContain('"admits": "token"');
  });

  it("names the authority of intercepted hosts in a file of the user's alone, which is gone at the end", async () => {
    const end = new AbortController();
    let seen: Promise<readonly [string, string, number, number]> | undefined;
    await run(["gateway", "--json", "--intercept", "api.corp.example"], {
      signal: end.signal,
      onOutput: (text) => {
        const { authority, bundle } = JSON.parse(text) as { authority: string; bundle: string };
        seen = Promise.all([
          readFile(authority, "utf8"),
          readFile(bundle, "utf8"),
          stat(authority).then(({ mode }) => mode & 0o777),
          stat(dirname(authority)).then(({ mode }) => mode & 0o777),
        ]);
        void seen.finally(() => {
          end.abort();
          expect(existsSync(authority)).toBe(true);
        });
      },
    });
    const [authority, bundle, mode, folderMode] = (await seen) ?? [];
    expect(authority).toMatch(/^-----BEGIN CERTIFICATE-----\n[\w+/=\n]+-----END CERTIFICATE-----\n$/);
    expect(bundle).toContain(authority);
    expect([mode, folderMode]).toEqual([0o600, 0o700]);
  });

  it("warns where no token is wanted, and of a token's file that others can read", async () => {
    const open = await served(["--no-token"]);
    expect(open.stderr).toMatch(/^warning: without a token every program and every user/);
    expect(open.stdout).toMatch(/^export HTTPS_PROXY='http:\/\/127\.0\.0\.1:\d+'$/m);
    const file = join(folder, "token");
    await writeFile(file, "0123456789abcdef-token\n");
    await chmod(file, 0o644);
    const loose = await served(["--token-file", file]);
    expect(loose.stderr).toBe(`warning: the token's file can be read by others: chmod 600 '${file}'\n`);
    expect(loose.stdout).toContain("sallyport:0123456789abcdef-token@");
  });
});

describe.skipIf(process.platform === "win32")("the program, as it was built", () => {
  interface Running {
    readonly child: ChildProcess;
    readonly authority: string | null;
    readonly proxyUrl: URL;
    readonly ended: Promise<unknown>;
    stderr(): string;
    told(text: string): Promise<void>;
  }

  const started = new Set<ChildProcess>();
  afterEach(() => {
    for (const child of started) child.kill("SIGKILL");
    started.clear();
  });

  async function start(flags: readonly string[] = []): Promise<Running> {
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder };
    const child = spawn(process.execPath, [bin, "gateway", "--json", ...flags], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    started.add(child);
    const ended = once(child, "close");
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    let stdout = "";
    for await (const chunk of child.stdout) {
      stdout += String(chunk);
      if (stdout.endsWith("}\n")) break;
    }
    const { proxyUrl, authority } = JSON.parse(stdout) as { proxyUrl: string; authority: string | null };
    return {
      authority,
      child,
      ended,
      proxyUrl: new URL(proxyUrl),
      stderr: () => stderr,
      async told(text) {
        while (!stderr.includes(text))
          await Promise.race([once(child.stderr, "data"), ended.then(() => Promise.reject(new Error(stderr)))]);
      },
    };
  }

  async function tunnel({ proxyUrl }: Running, to = target): Promise<net.Socket> {
    const socket = net.connect({ host: proxyUrl.hostname, port: Number(proxyUrl.port) });
    const login = Buffer.from(`x:${proxyUrl.password}`).toString("base64");
    socket.write(`CONNECT ${to} HTTP/1.1\r\nHost: ${to}\r\nProxy-Authorization: Basic ${login}\r\n\r\n`);
    const [answer] = (await once(socket, "data")) as [Buffer];
    if (!answer.toString("latin1").startsWith("HTTP/1.1 200 ")) throw new Error(answer.toString("latin1"));
    return socket;
  }

  it("reloads at SIGHUP, keeps the old settings when the new ones are broken, and drains at SIGTERM", async () => {
    const config = join(folder, "config.json");
    await writeFile(config, "{}");
    await chmod(config, 0o600);
    const gateway = await start(["--config", config]);
    const socket = await tunnel(gateway);

    await writeFile(config, "{ broken");
    gateway.child.kill("SIGHUP");
    await gateway.told("error: not reloaded, the old settings stay in force: ");
    (await tunnel(gateway)).destroy();

    await writeFile(config, JSON.stringify({ proxy: "http://127.0.0.1:1", noProxy: "<-loopback>" }));
    gateway.child.kill("SIGHUP");
    await gateway.told("settings reloaded\n");
    await expect(tunnel(gateway)).rejects.toThrow("[TCP_REFUSED] the proxy 127.0.0.1:1");

    gateway.child.kill("SIGTERM");
    await gateway.told("waiting for 1 connection; another signal stops it at once\n");
    gateway.child.kill("SIGHUP");
    socket.write("still served");
    expect(String((await once(socket, "data"))[0])).toBe("still served");
    socket.end();
    expect(await gateway.ended).toEqual([0, null]);
  });

  it("asks for the PAC file again at SIGHUP, and keeps the last good one where there is none to be had", async () => {
    let answer: { status: number; proxy?: number } = { status: 200, proxy: 1 };
    await using server = createServer((_asked, response) =>
      response.writeHead(answer.status).end(`function FindProxyForURL() { return "PROXY 127.0.0.1:${answer.proxy}"; }`),
    ).listen(0, "127.0.0.1");
    await once(server, "listening");
    const config = join(folder, "pac.json");
    const pac = `http://127.0.0.1:${(server.address() as AddressInfo).port}/proxy.pac`;
    await writeFile(config, JSON.stringify({ pac, noProxy: "<-loopback>" }), { mode: 0o600 });
    const gateway = await start(["--config", config]);
    await expect(tunnel(gateway)).rejects.toThrow("the proxy 127.0.0.1:1");

    answer = { status: 503 };
    gateway.child.kill("SIGHUP");
    await gateway.told("settings reloaded\n");
    await expect(tunnel(gateway)).rejects.toThrow("the proxy 127.0.0.1:1");

    answer = { status: 200, proxy: 2 };
    gateway.child.kill("SIGHUP");
    await expect.poll(() => tunnel(gateway).catch(String)).toContain("the proxy 127.0.0.1:2");
  });

  it("says of a link-local address which option would let clients reach it", async () => {
    const gateway = await start([]);
    await expect(tunnel(gateway, "169.254.169.254:80")).rejects.toThrow("start the gateway with --link-local");
    gateway.child.kill("SIGTERM");
    await gateway.ended;
  });

  it.skipIf(!knowsUsers)("takes programs of its user without the token, unless --require-token is given", async () => {
    for (const [flags, status] of [
      [[], "200"],
      [["--require-token"], "407"],
    ] as const) {
      const gateway = await start(flags);
      const socket = net.connect({ host: gateway.proxyUrl.hostname, port: Number(gateway.proxyUrl.port) });
      socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
      expect(String((await once(socket, "data"))[0]).slice(9, 12)).toBe(status);
      socket.destroy();
      gateway.child.kill("SIGTERM");
      await gateway.ended;
    }
  });

  it.skipIf(!knowsUsers || process.getuid?.() !== 0)("asks another user of the machine for the token", async () => {
    const gateway = await start([]);
    const { hostname, port } = gateway.proxyUrl;
    const ask = `exec 3<>/dev/tcp/${hostname}/${port}; printf 'CONNECT ${target} HTTP/1.1\\r\\nHost: ${target}\\r\\n\\r\\n' >&3; head -c 12 <&3`;
    const as = (user: number): string =>
      execFileSync("setpriv", [`--reuid=${user}`, "--clear-groups", "bash", "-c", ask], { encoding: "utf8" }).slice(9);
    expect([as(65_534), as(0)]).toEqual(["407", "200"]);
    gateway.child.kill("SIGTERM");
    await gateway.ended;
  });

  it("ends at once at the second signal, and leaves no file behind", async () => {
    const gateway = await start(["--intercept", "api.corp.example"]);
    const socket = await tunnel(gateway);
    socket.on("error", () => undefined);
    gateway.child.kill("SIGINT");
    await gateway.told("waiting for 1 connection;");
    expect(existsSync(gateway.authority ?? "")).toBe(true);
    gateway.child.kill("SIGINT");
    expect(await gateway.ended).toEqual([130, null]);
    expect(existsSync(dirname(gateway.authority ?? ""))).toBe(false);
    socket.destroy();
  });

  it("cuts what is not over when --drain has run out, and still exits 0", async () => {
    const gateway = await start(["--drain", "0.1"]);
    const socket = await tunnel(gateway);
    const failed = once(socket, "error");
    gateway.child.kill("SIGTERM");
    expect((await failed)[0]).toMatchObject({ code: "ECONNRESET" });
    expect(await gateway.ended).toEqual([0, null]);
  });

  it("tells a fault once for each target, and everything with --verbose", async () => {
    const gateway = await start();
    for (let round = 0; round < 2; round++) await tunnel(gateway, "127.0.0.1:1").catch(() => undefined);
    gateway.child.kill("SIGTERM");
    await gateway.ended;
    expect(gateway.stderr().match(/^fault: 127\.0\.0\.1:1: .*\[TCP_REFUSED\]/gm)).toHaveLength(1);
    const verbose = await start(["--verbose"]);
    (await tunnel(verbose)).end();
    await verbose.told(`connect: ${target} direct`);
    verbose.child.kill("SIGTERM");
    await verbose.ended;
    expect(verbose.stderr()).not.toContain(verbose.proxyUrl.password);
  });
});
