import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startLab, type Lab, type LabProxy } from "../../src/lab/index.js";
import { Upstream } from "../matrix/upstreams/upstream.js";
import { files, makeRepository } from "../matrix/upstreams/files.js";
import { Enclave } from "../matrix/support/enclave.js";
import { builtCli } from "./support/built.js";
import { findProgram } from "./support/programs.js";

const missing = Enclave.whatIsMissing();
if (missing !== undefined) console.log(`no packet leaves: SKIPPED, since ${missing}`);

const root = fileURLToPath(new URL("../..", import.meta.url));
const client = (name: string): string => join(root, "test/matrix/clients", `${name}.mjs`);
const login = { username: "alice", password: "p@ss#w%rd" };

/** Has no other module than what this repository installs. */
const undici = `
  import { Agent, request } from "undici";
  const url = process.argv[1];
  const { body } = await request(url);
  await body.dump();
  const dispatcher = new Agent();
  await (await request(url, { dispatcher })).body.dump();
  await dispatcher.close();`;
const python = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1]).read()";

interface Client {
  readonly name: string;
  readonly program: string;
  readonly git?: boolean;
  readonly command: (url: string) => readonly string[];
}

const byNode = (name: string, args: readonly string[], path = "/echo"): Client => ({
  name,
  program: "node",
  command: (url) => [process.execPath, ...args, url + path],
});

const clients: readonly Client[] = [
  byNode("fetch", [client("fetch")]),
  byNode("node:https with an agent of its own", [client("https-own-agent")]),
  byNode("node:http2", [client("http2")]),
  byNode("undici", ["--input-type=module", "-e", undici]),
  byNode("ws", [client("ws")], "/ws"),
  byNode("fetch in a worker thread", [client("fetch-in-worker")]),
  byNode("fetch in a child process", [client("fetch-in-child")]),
  { name: "curl", program: "curl", command: (url) => ["curl", "--silent", "--show-error", "--fail", `${url}/echo`] },
  { name: "git", program: "git", git: true, command: (url) => ["git", "ls-remote", `${url}/thing.git`] },
  { name: "Python's urllib", program: "python3", command: (url) => ["python3", "-c", python, `${url}/echo`] },
];

interface Settings {
  readonly lab: Lab;
  readonly proxyUrl: string;
}

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

/** A command inside the enclave, with an environment that holds the settings and nothing else. */
async function run(enclave: Enclave, command: readonly string[], { lab, proxyUrl }: Settings): Promise<Ended> {
  const home = mkdtempSync(join(tmpdir(), "sallyport-no-leak-"));
  const [program = "", ...args] = [...enclave.prefix, ...command];
  const child = spawn(program, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 20_000,
    env: {
      PATH: [dirname(process.execPath), process.env["PATH"]].join(":"),
      HOME: home,
      HTTPS_PROXY: proxyUrl,
      NODE_EXTRA_CA_CERTS: lab.files.bundle,
      CLAUDE_CODE_CLIENT_CERT: lab.files.client.cert,
      CLAUDE_CODE_CLIENT_KEY: lab.files.client.encryptedKey,
      CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: lab.files.passphrase,
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    return { status, output };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

describe.skipIf(missing !== undefined)("where the proxy is the only way out", () => {
  const content = mkdtempSync(join(tmpdir(), "sallyport-no-leak-"));
  let enclave: Enclave;
  let lab: Lab;
  let repository: Upstream;

  beforeAll(async () => {
    enclave = await Enclave.open();
    lab = await startLab();
    await lab.origin({ name: "api.lab.test", clientCertificate: "required", minVersion: "TLSv1.3" });
    makeRepository(content, { PATH: process.env["PATH"] ?? "", HOME: content });
    repository = await Upstream.open(lab, {
      name: "api.lab.test",
      clientCertificate: true,
      handlers: [files(content)],
    });
  });
  afterAll(async () => {
    await repository[Symbol.asyncDispose]();
    await lab.close();
    await enclave[Symbol.asyncDispose]();
    rmSync(content, { recursive: true, force: true });
  });

  const urlOf = (git = false): string => `https://api.lab.test:${git ? repository.port : lab.origins[0]?.port}`;

  /** The proxy's address from inside, and its port there. */
  async function settingsFor(proxy: LabProxy): Promise<Settings & { readonly seenAs: string }> {
    const port = await enclave.relay(proxy.port);
    const seenAs = `${enclave.address}:${port}`;
    return { lab, seenAs, proxyUrl: proxy.urlWithLogin.replace(`localhost:${proxy.port}`, seenAs) };
  }

  describe.each([
    { title: "a proxy with a login, and an origin that demands a certificate", protocol: "http" },
    { title: "a SOCKS proxy with a login, and an origin that demands a certificate", protocol: "socks" },
  ] as const)("$title", ({ protocol }) => {
    let settings: Awaited<ReturnType<typeof settingsFor>>;
    beforeAll(async () => {
      settings = await settingsFor(await lab.proxy({ name: protocol, protocol, login }));
    });

    const named = clients.map((each) => [each.name, each] as const);
    test.for(named)("%s under `sallyport run` sends no packet but to the proxy", async ([, what], { skip }) => {
      if (what.program !== "node" && findProgram(what.program) === undefined) skip(`${what.program} is not installed`);
      await enclave.packets();
      const ours = [process.execPath, builtCli, "run", "--intercept", "api.lab.test", "--"];
      const ended = await run(enclave, [...ours, ...what.command(urlOf(what.git))], settings);
      expect(ended, ended.output).toMatchObject({ status: 0 });
      const packets = await enclave.packets();
      expect(packets.filter(({ to }) => to !== settings.seenAs)).toEqual([]);
      expect(packets.length).toBeGreaterThan(0);
      // It was there, and was shown the certificate.
      const visits = what.git === true ? repository.visits : lab.log.of("api.lab.test", "request");
      expect(visits.at(-1)).toMatchObject({ peer: "alice" });
    });
  });

  describe("without `sallyport run`, the same is seen to leave", () => {
    test("a question to the DNS, by a fetch that does not know of the proxy", async () => {
      const settings = await settingsFor(await lab.proxy({ name: "control", login }));
      await enclave.packets();
      expect(await run(enclave, [process.execPath, client("fetch"), `${urlOf()}/echo`], settings)).toMatchObject({
        status: 1,
      });
      const destinations = new Set((await enclave.packets()).map(({ to }) => to));
      expect([...destinations]).toEqual([`${enclave.address}:53`]);
    });

    test("a connection to an address that is written out", async () => {
      const settings = await settingsFor(await lab.proxy({ name: "control", login }));
      await enclave.packets();
      const script =
        'require("node:net").connect(4433, "203.0.113.7").setTimeout(300, function () { this.destroy(); })';
      await run(enclave, [process.execPath, "-e", script], settings);
      expect((await enclave.packets()).map(({ to }) => to)).toContain("203.0.113.7:4433");
    });
  });
});
