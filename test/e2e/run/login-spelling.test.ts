import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadContext } from "../../../src/clients/index.js";
import type { DialContext } from "../../../src/dial/types.js";
import { openDataFolder } from "../../../src/env/index.js";
import { parseProxy } from "../../../src/policy/proxy-url.js";
import { childEnvironment } from "../../../src/run/index.js";
import { exportSettings } from "../../../src/export/index.js";

interface Login {
  readonly username: string;
  readonly password: string;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sallyport-spelling-"));
});
afterAll(() => rm(folder, { recursive: true }));

const contextOf = ({ username, password }: Login, url = "http://proxy.test:3128"): Promise<DialContext> =>
  loadContext({ source: { variables: { HOME: folder } }, stores: ["bundled"], proxy: { url, username, password } });

/** What `run --only env` hands to a child, and what `env --secrets` writes. */
async function written(context: DialContext): Promise<{ readonly run: string; readonly env: string }> {
  await using environment = await childEnvironment({ context, variables: {}, parts: "env" });
  const { exported } = await exportSettings({
    context,
    version: "0.0.0",
    variables: {},
    present: {},
    folder: openDataFolder(folder),
    home: folder,
    secrets: true,
  });
  return { run: environment.variables["HTTPS_PROXY"] ?? "", env: exported.proxy.https?.urlWithLogin ?? "" };
}

const nasty: readonly Login[] = [
  { username: "alice", password: "" },
  { username: "", password: "secret" },
  { username: "a!b'c(d)e*f", password: "!'()*" },
  { username: "DOMAIN\\alice", password: "p@ss:w/o?r#d%" },
  { username: "a:b", password: ":" },
  { username: "ü ~._-", password: "пароль€😀" },
  { username: "%41", password: '%zz+&=;,$[]{}|^`"<>' },
];

const half = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/u;
const text = fc.string({ unit: "binary", maxLength: 12 }).filter((value) => !half.test(value));
const logins = fc
  .record({ username: text, password: text })
  .filter(({ username, password }) => username + password !== "");

function readBack(url: string): Login {
  const { choice } = parseProxy(url, "HTTPS_PROXY");
  if (choice.kind !== "server" || choice.server.login?.password.kind !== "inline") throw new Error("no login");
  const { username, password } = choice.server.login;
  return { username, password: password.secret.reveal() };
}

describe("a login is written in one way", () => {
  test("by run and env, and read back by our own parser and by every WHATWG URL", async () => {
    await fc.assert(
      fc.asyncProperty(logins, async (login) => {
        const { run, env } = await written(await contextOf(login));
        expect(env).toBe(run);
        expect(readBack(run)).toEqual(login);
        const { username, password } = new URL(run);
        expect({ username: decodeURIComponent(username), password: decodeURIComponent(password) }).toEqual(login);
        // Nothing but what RFC 3986 calls unreserved, escapes, and the colon: no program ends a login at any of these.
        expect(run).toMatch(/^http:\/\/(?:[\w.~-]|%[\dA-F]{2})*:(?:[\w.~-]|%[\dA-F]{2})*@proxy\.test:3128$/);
      }),
      { numRuns: 60, examples: nasty.map((login): [Login] => [login]) },
    );
  });

  test.skipIf(spawnSync("curl", ["--version"]).status !== 0)("which curl reads as it was meant", async () => {
    const seen: string[] = [];
    const proxy = http.createServer(({ headers }, response) => {
      const [, value = ""] = /^Basic (.*)$/.exec(headers["proxy-authorization"] ?? "") ?? [];
      seen.push(Buffer.from(value, "base64").toString());
      response.end("hello");
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const at = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    for (const login of nasty) {
      const { run } = await written(await contextOf(login, at));
      const env = { PATH: process.env["PATH"] ?? "", http_proxy: run };
      const { stdout } = await promisify(execFile)("curl", ["-q", "-sS", "http://origin.test/"], { env });
      expect(stdout).toBe("hello");
    }
    proxy.close();
    expect(seen).toEqual(nasty.map(({ username, password }) => `${username}:${password}`));
  });

  test.skipIf(spawnSync("python3", ["--version"]).status !== 0)(
    "which Python's urllib reads as it was meant",
    async () => {
      const urls: string[] = [];
      for (const login of nasty) urls.push((await written(await contextOf(login))).run);
      const script = [
        "import json, sys",
        "from urllib.request import _parse_proxy",
        "from urllib.parse import unquote",
        "for url in json.loads(sys.argv[1]):",
        "    _, user, password, host = _parse_proxy(url)",
        "    print(json.dumps([unquote(user), unquote(password), host]))",
      ].join("\n");
      const env = { PATH: process.env["PATH"] ?? "" };
      const { stdout } = await promisify(execFile)("python3", ["-I", "-c", script, JSON.stringify(urls)], { env });
      const read = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown);
      expect(read).toEqual(nasty.map(({ username, password }) => [username, password, "proxy.test:3128"]));
    },
  );
});
