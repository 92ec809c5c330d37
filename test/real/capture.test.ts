import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startLab, type Lab, type LabProxy } from "../../src/lab/index.js";
import { Enclave } from "../matrix/support/enclave.js";
import { builtCli } from "./support/built.js";
import { askInJava, capturedPrograms, type CapturedProgram } from "./support/captured-programs.js";
import { findProgram } from "./support/programs.js";

const missing = Enclave.whatIsMissing() ?? (findProgram("nft") === undefined ? "nft is not installed" : undefined);
if (missing !== undefined) console.log(`capture: SKIPPED, since ${missing}`);

const login = { username: "alice", password: "p@ss#w%rd" };
const folder = mkdtempSync(join(tmpdir(), "sallyport-capture-"));
const home = join(folder, "home");
mkdirSync(home, { mode: 0o700 });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const environment = { PATH: [dirname(process.execPath), process.env["PATH"]].join(":"), HOME: home };

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

function start(command: readonly string[], variables: Readonly<Record<string, string>> = {}): Started {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 25_000,
    env: { ...environment, ...variables },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([status]) => ({ status: status as number | null, stdout, stderr }));
  return { child, ended };
}

const captured = (...options: readonly string[]): string[] => [
  process.execPath,
  builtCli,
  "run",
  "--capture",
  ...options,
];

const programs = capturedPrograms(folder);

describe.skipIf(missing !== undefined)("run --capture, where the proxy is the only way out", () => {
  let enclave: Enclave;
  let lab: Lab;
  beforeAll(async () => {
    writeFileSync(join(folder, "Ask.java"), askInJava);
    enclave = await Enclave.open();
    lab = await startLab();
    await lab.origin({ name: "api.lab.test", clientCertificate: "required", minVersion: "TLSv1.3" });
    await lab.origin({ name: "plain.lab.test", tls: false });
  });
  afterAll(async () => {
    await lab.close();
    await enclave[Symbol.asyncDispose]();
  });

  /** All at once, and the packets that came out meanwhile. */
  async function ask(proxy: LabProxy, chosen: readonly CapturedProgram[]) {
    const port = await enclave.relay(proxy.port);
    const seenAs = `${enclave.address}:${port}`;
    // By a name that its certificate bears, which is in the enclave that of the wire's other end.
    const url = proxy.urlWithLogin.replace(`localhost:${proxy.port}`, `proxy.lab.test:${port}`);
    writeFileSync(join(folder, "hosts"), `${enclave.address} proxy.lab.test\n`);
    const named = ["unshare", "--mount", "sh", "-c", `mount --bind ${folder}/hosts /etc/hosts && exec "$@"`, "sh"];
    const origin = `https://api.lab.test:${lab.origins[0]?.port}`;
    const lines = chosen.map(
      ({ name, script }) => `timeout 15 ${script(`${origin}/${name}`)} > ${folder}/${name}.out 2>&1 &`,
    );
    const plain = `curl -fsS http://plain.lab.test/curl > ${folder}/plain.out 2>&1 &`;
    // A datagram to elsewhere is refused, and not lost.
    const datagram = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5); s.connect(("203.0.113.9", 443)); s.send(b"x")
try: s.recv(1)
except OSError as error: print(type(error).__name__)`;
    writeFileSync(join(folder, "datagram.py"), datagram);
    const script = [...lines, plain, `python3 ${folder}/datagram.py`, "wait"].join("\n");
    await enclave.packets();
    lab.log.clear();
    const ended = await start(
      [...enclave.prefix, ...named, ...captured("--intercept", "api.lab.test", "--"), "sh", "-c", script],
      {
        HTTPS_PROXY: url,
        HTTP_PROXY: url,
        SALLYPORT_PROXY_CLIENT_CERT: lab.files.client.cert,
        SALLYPORT_PROXY_CLIENT_KEY: lab.files.client.key,
        NODE_EXTRA_CA_CERTS: lab.files.bundle,
        SALLYPORT_CLIENT_CERT: lab.files.client.cert,
        SALLYPORT_CLIENT_KEY: lab.files.client.key,
      },
    ).ended;
    const output = (name: string): string => readFileSync(join(folder, `${name}.out`), "utf8");
    return { ended, output, astray: (await enclave.packets()).filter(({ to }) => to !== seenAs) };
  }

  const there = programs.filter(({ program }) => findProgram(program) !== undefined);

  test("programs that know of no proxy get out by one with a login, showing the certificate, and no packet goes elsewhere", async () => {
    const proxy = await lab.proxy({ name: "basic", login });
    const { ended, output, astray } = await ask(proxy, there);
    expect(ended).toMatchObject({ status: 0, stdout: "ConnectionRefusedError\n" });
    const asked = lab.log.of("api.lab.test", "request");
    for (const { name } of there) {
      const own = asked.find(({ url }) => url.startsWith(name === "svn" ? "/svn" : `/${name}`));
      expect(own, `${name}: ${output(name)}`).toMatchObject({ peer: "alice" });
    }
    // Plain HTTP goes as such: few proxies take a CONNECT to port 80.
    expect(output("plain")).toContain('"origin":"plain.lab.test"');
    expect(lab.log.of("basic", "request").map(({ method, url }) => `${method} ${url}`)).toContain(
      "GET http://plain.lab.test/curl",
    );
    expect(astray).toEqual([]);
  });

  test.each([
    ["a SOCKS proxy with a login", { name: "socks", protocol: "socks", login }],
    [
      "a proxy over TLS that demands a certificate of its own",
      { name: "tls", protocol: "https", clientCertificate: "required" },
    ],
  ] as const)("and so they do by %s", async (_what, options) => {
    rmSync(join(folder, "aria2c.txt"), { force: true });
    const { ended, output, astray } = await ask(await lab.proxy(options), there);
    expect(ended).toMatchObject({ status: 0 });
    const asked = lab.log.of("api.lab.test", "request");
    for (const { name } of there)
      expect(
        asked.find(({ url }) => url.startsWith(name === "svn" ? "/svn" : `/${name}`)),
        `${name}: ${output(name)}`,
      ).toMatchObject({ peer: "alice" });
    expect(astray).toEqual([]);
  });
});

describe.skipIf(missing !== undefined)("a captured command", () => {
  const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  test.for([
    ["root", []],
    ["an ordinary user", nobody],
  ] as const)(
    "is itself under %s; it cannot undo what holds it, and a network of its own leads nowhere",
    async ([, as], { skip }) => {
      if (
        spawnSync("setpriv", [...as.slice(1), process.execPath, "-e", `fs.accessSync(${JSON.stringify(builtCli)})`])
          .status !== 0
      )
        skip(as.length > 0, "other users cannot read this checkout");
      const own = mkdtempSync(join(tmpdir(), "sallyport-captured-"));
      chmodSync(own, 0o777);
      const script = `
      cd ${own}; id -u; touch mine
      getent hosts api.lab.test | cut -d. -f1,2
      getent hosts no.such.invalid || echo unknown
      ip route del local default dev lo 2> 1.err || echo kept
      nft flush ruleset 2> 2.err || echo kept
      umount /etc/resolv.conf 2> 3.err || echo kept
      nsenter --net=/proc/1/ns/net true 2> 5.err || echo kept
      unshare --user --map-root-user --net curl -sS -m 5 http://198.51.100.1/ 2>&1 | head -1
      exit 7`;
      const { status, stdout, stderr } = await start([...as, ...captured("--no-check", "--"), "sh", "-c", script], {
        HOME: own,
      }).ended;
      const uid = as.length === 0 ? 0 : 65_534;
      expect({ status, stdout: stdout.split("\n").slice(0, -2) }, stderr).toEqual({
        status: 7,
        stdout: [String(uid), "198.18", "unknown", "kept", "kept", "kept", "kept"],
      });
      expect(stdout.trim().split("\n").at(-1)).toMatch(/^curl: \(\d+\)/);
      expect(statSync(join(own, "mine")).uid).toBe(uid);
      rmSync(own, { recursive: true });
    },
  );

  test("that is not there is told of as without --capture, and what is wrong with ports is", async () => {
    const absent = await start([...captured("--no-check", "--"), "no-such-program"]).ended;
    expect(absent).toMatchObject({ status: 127, stdout: "" });
    expect(absent.stderr).toContain('the command "no-such-program" was not found');
    const { status, stderr } = await start([...captured("--publish", "0", "--"), "true"]).ended;
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr:
        "error: --publish must be a whole number from 1 to 65535 [CONFIG_INVALID]\nhint: write it as --publish 5432\n",
    });
  });

  test("reaches a port of the machine that it was given, shows one that was asked for, and gets the signals that we get", async () => {
    const host = createServer((_request, response) => response.end("from the machine"));
    host.listen(0, "127.0.0.1");
    await once(host, "listening");
    const port = (host.address() as AddressInfo).port;
    const own = await freePort();
    const server = `
      fetch("http://127.0.0.1:${port}/").then((a) => a.text()).then(console.log);
      const s = require("node:http").createServer((q, a) => a.end("from the command"));
      process.on("SIGTERM", () => process.exit(5));
      s.listen(${own}, "127.0.0.1", () => console.log("listening"));`;
    const { child, ended } = start([
      ...captured("--no-check", "--host-port", String(port), "--publish", String(own), "--"),
      process.execPath,
      "-e",
      server,
    ]);
    let said = "";
    const spoken = new Promise<void>((resolve) => {
      child.stdout?.on("data", (text: string) => {
        said += text;
        if (said.includes("listening") && said.includes("machine")) resolve();
      });
    });
    await Promise.race([spoken, ended]);
    const answer = await fetch(`http://127.0.0.1:${own}/`).then((found) => found.text());
    child.kill("SIGTERM");
    expect({ answer, ended: await ended }).toMatchObject({
      answer: "from the command",
      ended: { status: 5, stdout: expect.stringContaining("from the machine") as unknown },
    });
    host.closeAllConnections();
    host.close();
  });

  test("has no way out any more when sallyport is gone", async () => {
    const out = join(folder, "orphan");
    const script = `echo ready; while kill -0 $SALLY 2> ${folder}/6.err; do sleep 0.05; done; curl -sS -m 5 http://127.0.0.2:1/ http://198.51.100.1/ > ${out} 2>&1; echo done >> ${out}`;
    const { child, ended } = start([
      process.execPath,
      "-e",
      `process.env.SALLY = process.pid; process.argv.splice(1, 0, ""); import(${JSON.stringify(builtCli)})`,
      "run",
      "--capture",
      "--no-check",
      "--",
      "sh",
      "-c",
      script,
    ]);
    await once(child.stdout as NodeJS.ReadableStream, "data");
    child.kill("SIGKILL");
    await ended;
    await expect.poll(() => readFileSync(out, "utf8"), { timeout: 5000 }).toContain("done");
    expect(readFileSync(out, "utf8")).toContain("Failed to connect to 198.51.100.1 port 80");
  });
});

test("where namespaces are not to be had, a fault says so before anything starts", async () => {
  const tools = join(folder, "tools");
  mkdirSync(tools, { recursive: true });
  const { status, stderr } = await start([
    process.execPath,
    "-e",
    `Object.defineProperty(process, "platform", { value: "darwin" }); process.argv.splice(1, 0, ""); import(${JSON.stringify(builtCli)})`,
    "run",
    "--capture",
    "--",
    "touch",
    join(folder, "begun"),
  ]).ended;
  expect({ status, stderr }).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("[CAPTURE_UNAVAILABLE]") as unknown,
  });
  expect(stderr).toContain("--capture needs Linux's namespaces, and this is macOS");
  expect(spawnSync("test", ["-e", join(folder, "begun")]).status).toBe(1);
});

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const probe = connect(port, "127.0.0.1");
  await once(probe, "error").catch(() => undefined);
  return port;
}
