import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as undici from "undici";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createNetwork, type Network } from "../../../src/clients/index.js";
import { readEnvironment } from "../../../src/env/index.js";
import { labVariables, type LabProxy } from "../../../src/lab/index.js";
import { standardLab } from "../../support/standard-lab.js";
import { nodeRequest } from "../support/clients.js";
import { basicAuthorization } from "../support/office.js";

const lab = await standardLab();
const managedPath = "/etc/claude-code/managed-settings.json";

let folder: string;
let proxy: LabProxy;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sallyport-helper-"));
  proxy = await lab.proxy({ login: { username: "alice", password: "one:1é" } });
});
afterEach(async () => {
  await proxy.close();
  await rm(folder, { recursive: true, force: true });
});

/** Settings of Claude Code's with a helper that notes where and how it was run, and prints what its file holds. */
async function settingsWith(name: string, answer: string): Promise<string> {
  const script = join(folder, `${name}.cjs`);
  const [told, runs] = [join(folder, `${name}.told`), join(folder, `${name}.runs`)].map((path) => JSON.stringify(path));
  await writeFile(join(folder, `${name}.told`), answer);
  await writeFile(
    script,
    `const { appendFileSync, readFileSync } = require("node:fs");
    const { CLAUDE_CODE_PROXY_URL: url, CLAUDE_CODE_PROXY_AUTHENTICATE: challenge } = process.env;
    appendFileSync(${runs}, JSON.stringify({ url, challenge, cwd: process.cwd() }) + "\\n");
    console.log(readFileSync(${told}, "utf8"));`,
  );
  const proxyAuthHelper = `"${process.execPath}" "${script}"`;
  return JSON.stringify({ proxyAuthHelper, env: { CLAUDE_CODE_ENABLE_PROXY_AUTH_HELPER: "1" } });
}

function runsOf(name: string): readonly unknown[] {
  const file = join(folder, `${name}.runs`);
  return existsSync(file)
    ? readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown)
    : [];
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** A program in the folder of a project, whose user and administrator have these settings. */
function networkIn(project: string, managed?: string): Promise<Network> {
  const variables = { ...labVariables(lab, proxy), HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url, HOME: folder };
  const readFile = (path: string): { readonly text: string } => {
    if (path !== managedPath) return { text: readFileSync(path, "utf8") };
    if (managed !== undefined) return { text: managed };
    throw Object.assign(new Error(path), { code: "ENOENT" });
  };
  const platform = process.platform === "win32" ? "win32" : "linux";
  const environment = readEnvironment({ variables, home: folder, cwd: project, platform, readFile });
  return createNetwork({ source: { environment }, lookup: lab.lookup, stores: ["bundled"] });
}

const clients: readonly ((network: Network, url: string) => Promise<unknown>)[] = [
  async ({ fetch }, url) => (await fetch(url)).status,
  async ({ dispatcher }, url) =>
    (await undici.request(url, { dispatcher, method: "POST", body: "one body" })).statusCode,
  async (network, url) => (await nodeRequest(network, url)) && 200,
];

const sent = (): ReadonlySet<string | undefined> =>
  new Set(
    [...lab.log.of(proxy.name, "connect"), ...lab.log.of(proxy.name, "request")].flatMap((event) => {
      const value = event.kind === "connect" ? event.authorization : event.headers["proxy-authorization"]?.toString();
      return value ?? [];
    }),
  );

test("the user's helper lets every client in, in both ways, is run once, again for a new password, and a project's never", async () => {
  const project = join(folder, "project");
  const bait = await settingsWith("project", basicAuthorization({ username: "mallory", password: "x" }));
  await write(
    join(folder, ".claude", "settings.json"),
    await settingsWith("user", basicAuthorization({ username: "alice", password: "one:1é" })),
  );
  for (const name of ["settings.json", "settings.local.json"]) await write(join(project, ".claude", name), bait);
  await using network = await networkIn(project);
  for (const url of [lab.api.url, lab.plain.url])
    expect(await Promise.all(clients.map((ask) => ask(network, url)))).toEqual([200, 200, 200]);
  expect(runsOf("user")).toEqual([{ url: proxy.url, challenge: expect.stringMatching(/^Basic realm=/), cwd: folder }]);

  const login = { username: "alice", password: "two" };
  (proxy as { login: typeof login }).login = login;
  await writeFile(join(folder, "user.told"), basicAuthorization(login));
  const ten = Array.from({ length: 10 }, () => network.fetch(lab.mtls.url).catch(() => "no certificate for it"));
  await Promise.all(ten);
  const plain = Array.from({ length: 10 }, async () => (await network.fetch(lab.plain.url)).status);
  expect(await Promise.all(plain)).toEqual(plain.map(() => 200));
  expect([runsOf("user").length, runsOf("project")]).toEqual([2, []]);
  expect([...sent()]).toEqual(["one:1é", "two"].map((password) => basicAuthorization({ username: "alice", password })));
});

test.skipIf(process.platform === "win32")("the administrator's helper goes before the user's", async () => {
  const managed = await settingsWith("managed", basicAuthorization({ username: "alice", password: "one:1é" }));
  await write(join(folder, ".claude", "settings.json"), await settingsWith("user", "Bearer users"));
  await using network = await networkIn(folder, managed);
  expect((await network.fetch(lab.api.url)).status).toBe(200);
  expect([runsOf("managed").length, runsOf("user")]).toEqual([1, []]);
});
