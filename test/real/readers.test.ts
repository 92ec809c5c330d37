import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownFolder } from "../support/own-folder.js";
import { parseNoProxy } from "../../src/policy/index.js";
import { commonNoProxy, readAll } from "../../src/tools/index.js";
import type { Tool } from "./support/tool.js";
import { findTools } from "./support/tools.js";

/*
 * How real programs read values as people have them, held against the models that `explain` goes by. A proxy on loopback is asked or
 * not; the target's name is known to nobody.
 */

const url = "http://target.lab.test/";
let proxy: Server;
let asked = 0;
let plain = "";

beforeAll(async () => {
  proxy = createServer((_request, response) => {
    asked++;
    response.end("through the proxy");
  });
  // undici asks for a tunnel, for plain http as well.
  proxy.on("connect", (_request, socket) => {
    asked++;
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  plain = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
afterAll(() => proxy.close());

const home = ownFolder("readers");

/** Clients that are built or installed for the suite of tools, and asked here for any URL. */
const tools = findTools();
function toolsCommand(name: string, asks: string): readonly string[] {
  const tool = tools.find((one): one is Tool => one.name === name);
  if (tool === undefined || "missing" in tool.found) throw new Error(`${name} is missing`);
  return tool.command(new URL(asks).origin, home);
}

/** The programs by the name of their model, as they are asked for a URL. */
const programs: Readonly<Record<string, (asks: string) => readonly string[]>> = {
  curl: (asks) => ["curl", "-sS", "-m", "5", asks],
  undici7: (asks) => [
    process.execPath,
    "-e",
    `const u = require("undici"); u.fetch("${asks}", { dispatcher: new u.EnvHttpProxyAgent() }).catch(() => process.exit(1))`,
  ],
  git: (asks) => ["git", "ls-remote", asks],
  "python-urllib": (asks) => ["python3", "-c", `import urllib.request; urllib.request.urlopen("${asks}", timeout=5)`],
  "python-requests": (asks) => ["python3", "-c", `import requests; requests.get("${asks}", timeout=5)`],
  axios: (asks) => [process.execPath, "-e", `require("axios").get("${asks}").catch(() => process.exit(1))`],
  go: (asks) => toolsCommand("Go net/http", asks),
  bun: (asks) => toolsCommand("Bun fetch", asks),
  deno: (asks) => toolsCommand("Deno fetch", asks),
  java: (asks) => toolsCommand("Java HttpsURLConnection", asks),
};

const around: readonly (readonly [string, (value: string) => string])[] = [
  ["nothing", (value) => value],
  ["a carriage return", (value) => `${value}\r`],
  ["a line feed", (value) => `${value}\n`],
  ["a blank after it", (value) => `${value} `],
  ["a tab after it", (value) => `${value}\t`],
  ["a blank before it", (value) => ` ${value}`],
  ["a byte order mark", (value) => `\ufeff${value}`],
  ["a zero-width space", (value) => `${value}\u200b`],
];

/** Whether the proxy was asked, and whether the program ended well. */
async function run(command: readonly string[], variables: Readonly<Record<string, string>>): Promise<string> {
  const [program = "", ...args] = command;
  asked = 0;
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, DENO_NO_UPDATE_CHECK: "1", ...variables };
  await new Promise<void>((resolve) => execFile(program, args, { env, timeout: 10_000 }, () => resolve()));
  return asked > 0 ? "proxy" : "not the proxy";
}

function modelled(id: string, variables: Readonly<Record<string, string>>, asks = url): string {
  const reading = readAll(new URL(asks), variables, undefined).find((one) => one.id === id);
  return reading?.outcome === "proxy" ? "proxy" : "not the proxy";
}

describe.each(Object.entries(programs))("%s", (id, command) => {
  it("reads a proxy and NO_PROXY with something around them as its model does", async () => {
    for (const [what, put] of around) {
      const value = { http_proxy: put(plain), HTTP_PROXY: put(plain) };
      expect([what, await run(command(url), value)]).toEqual([what, modelled(id, value)]);
      const names = {
        http_proxy: plain,
        HTTP_PROXY: plain,
        no_proxy: put("target.lab.test"),
        NO_PROXY: put("target.lab.test"),
      };
      expect(["NO_PROXY", what, await run(command(url), names)]).toEqual(["NO_PROXY", what, modelled(id, names)]);
    }
  });
});

/** What is exempt, and where a URL goes by it here. No host is known, so that whoever goes past the proxy gets nowhere. */
const cases: readonly (readonly [noProxy: string, url: string, way: "proxy" | "not the proxy"])[] = [
  ["lab.test", "http://lab.test/", "not the proxy"],
  ["lab.test", "http://target.lab.test/", "not the proxy"],
  ["lab.test", "http://target.lab.test:8080/", "not the proxy"],
  ["lab.test", "http://badlab.test/", "proxy"],
  [".lab.test", "http://target.lab.test/", "not the proxy"],
  ["*.lab.test", "http://target.lab.test/", "not the proxy"],
  ["Other.TEST, Lab.TEST", "http://target.lab.test/", "not the proxy"],
  ["target", "http://target/", "not the proxy"],
  ["lab.test:8080", "http://target.lab.test/", "proxy"],
  ["*", "http://target.lab.test/", "not the proxy"],
];

describe("the one NO_PROXY value that explain tells", () => {
  const readers = Object.entries(programs).filter(([id]) => id !== "java");
  it.each(cases)("is read alike by every program: %s, for %s", async (noProxy, target, way) => {
    const proxies = { http_proxy: plain, HTTP_PROXY: plain };
    const { rules } = parseNoProxy(noProxy.split(","), "NO_PROXY");
    const { hostname, port } = new URL(plain);
    const own = way === "proxy" ? { protocol: "http", host: hostname, port: Number(port) } : undefined;
    const common = commonNoProxy(new URL(target), rules, { ...proxies, NO_PROXY: noProxy, no_proxy: noProxy }, own);
    expect(common?.apart).toEqual([]);
    const variables = { ...proxies, NO_PROXY: common?.value ?? "", no_proxy: common?.value ?? "" };
    for (const [id, command] of readers) expect([id, await run(command(target), variables)]).toEqual([id, way]);
  });
});

describe("Java", () => {
  const command = programs["java"];
  const options = (nonProxyHosts: string): string => {
    const { hostname, port } = new URL(plain);
    return `-Dhttp.proxyHost=${hostname} -Dhttp.proxyPort=${port} -Dhttp.nonProxyHosts=${nonProxyHosts}`;
  };

  it.each([
    ["lab.test|*.lab.test", "http://target.lab.test/"],
    ["lab.test", "http://target.lab.test/"],
    ["*.lab.test", "http://lab.test/"],
    ["target*", "http://target.lab.test/"],
    ["*", "http://target.lab.test/"],
    ["LAB.TEST", "http://lab.test/"],
    ["other.test|lab.*", "http://lab.test:8080/"],
  ])("reads the properties of JAVA_TOOL_OPTIONS as its model does: %s, for %s", async (nonProxyHosts, target) => {
    const variables = { JAVA_TOOL_OPTIONS: options(nonProxyHosts) };
    expect(await run(command?.(target) ?? [], variables)).toBe(modelled("java", variables, target));
  });

  it("reads neither HTTP_PROXY nor NO_PROXY", async () => {
    const variables = { http_proxy: plain, HTTP_PROXY: plain };
    expect(await run(command?.(url) ?? [], variables)).toBe("not the proxy");
    expect(modelled("java", variables)).toBe("not the proxy");
  });
});
