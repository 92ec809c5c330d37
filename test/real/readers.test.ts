import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readAll } from "../../src/tools/index.js";

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

/** The programs by the name of their model. */
const programs: Readonly<Record<string, readonly [string, ...string[]]>> = {
  curl: ["curl", "-sS", "-m", "5", url],
  undici7: [
    process.execPath,
    "-e",
    `const u = require("undici"); u.fetch("${url}", { dispatcher: new u.EnvHttpProxyAgent() }).catch(() => process.exit(1))`,
  ],
  git: ["git", "ls-remote", url],
  "python-urllib": ["python3", "-c", `import urllib.request; urllib.request.urlopen("${url}", timeout=5)`],
  "python-requests": ["python3", "-c", `import requests; requests.get("${url}", timeout=5)`],
  axios: [process.execPath, "-e", `require("axios").get("${url}").catch(() => process.exit(1))`],
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
async function run(command: readonly [string, ...string[]], variables: Record<string, string>): Promise<string> {
  const [program, ...args] = command;
  asked = 0;
  const env = { PATH: process.env["PATH"] ?? "", ...variables };
  await new Promise<void>((resolve) => execFile(program, args, { env, timeout: 10_000 }, () => resolve()));
  return asked > 0 ? "proxy" : "not the proxy";
}

function modelled(id: string, variables: Record<string, string>): string {
  const reading = readAll(new URL(url), variables, undefined).find((one) => one.id === id);
  return reading?.outcome === "proxy" ? "proxy" : "not the proxy";
}

describe.each(Object.entries(programs))("%s", (id, command) => {
  it("reads a proxy and NO_PROXY with something around them as its model does", async () => {
    for (const [what, put] of around) {
      const value = { http_proxy: put(plain), HTTP_PROXY: put(plain) };
      expect([what, await run(command, value)]).toEqual([what, modelled(id, value)]);
      const names = {
        http_proxy: plain,
        HTTP_PROXY: plain,
        no_proxy: put("target.lab.test"),
        NO_PROXY: put("target.lab.test"),
      };
      expect(["NO_PROXY", what, await run(command, names)]).toEqual(["NO_PROXY", what, modelled(id, names)]);
    }
  });
});
