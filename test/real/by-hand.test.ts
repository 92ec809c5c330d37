import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll } from "vitest";
import { startBasicSquid } from "./support/basic-squid.js";
import type { SchemeSquid } from "./support/scheme-squid.js";
import { expect, proxyUrl, test, type Scene } from "./support/scene.js";

const preload = fileURLToPath(new URL("../../dist/preload/register.cjs", import.meta.url));
const login = { username: "alice", password: "pa55 w0rd" };

/** As it comes: no tunnels but to the port of https. */
const usualRules = "acl SSL_ports port 443\nacl tunnels method CONNECT\nhttp_access deny tunnels !SSL_ports";

/** A library that is for HTTP by its name. Prints what it is told. */
const client = `
const net = require("node:net");
exports.say = (port, host, ...words) => {
  const socket = net.connect(port, host);
  let text = "";
  socket.on("connect", () => socket.write(words.shift()));
  socket.on("data", (data) => {
    text += data;
    if (words.length > 0 && /http=/.test(text)) socket.write(words.shift());
  });
  socket.on("error", ({ code }) => console.log(code));
  socket.on("close", () => console.log((text.match(/^HTTP\\/1.1 \\d+/gm) ?? []).join()));
};`;

let directory = "";
let squid: SchemeSquid | undefined;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sallyport-by-hand-"));
  await mkdir(join(directory, "node_modules/tiny-http"), { recursive: true });
  await writeFile(join(directory, "node_modules/tiny-http/index.js"), client);
  squid = await startBasicSquid(login, [], usualRules);
});
afterAll(async () => {
  await squid?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** What a program under the preload is told that says these words to nginx. */
async function say(words: readonly string[], { site }: Scene, proxy: SchemeSquid): Promise<string> {
  await proxy.log.mark();
  const call = `require("tiny-http").say(${site.nginx.plain}, "origin.test", ...${JSON.stringify(words)})`;
  const env = { PATH: process.env["PATH"], HOME: "/nonexistent", HTTP_PROXY: proxyUrl(proxy.port, login) };
  const flags = ["--require", preload, "-e", call];
  return (await promisify(execFile)(process.execPath, flags, { cwd: directory, env, timeout: 20_000 })).stdout;
}

const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: origin.test\r\n${more}\r\n`;

test("requests on a connection by hand are forwarded by a squid that makes no tunnel to there", async ({
  scene,
  skip,
}) => {
  const proxy = squid ?? skip("squid is missing");
  const told = await say([get("/one"), get("/two", "Connection: close\r\n")], scene, proxy);
  expect(told).toContain("HTTP/1.1 200,HTTP/1.1 200");
  const base = `http://origin.test:${scene.site.nginx.plain}`;
  expect((await proxy.log.atLeast(3)).map(({ method, target, status }) => [method, target, status])).toEqual([
    ["CONNECT", base.slice(7), "403"],
    ["GET", `${base}/one`, "200"],
    ["GET", `${base}/two`, "200"],
  ]);
});

test.for([
  ["a WebSocket", get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n")],
  ["a word to a proxy", "CONNECT origin.test:443 HTTP/1.1\r\nHost: origin.test:443\r\n\r\n"],
  ["another protocol", "EHLO origin.test\r\n"],
] as const)("what cannot be forwarded meets with the proxy's refusal: %s", async ([, words], { scene, skip }) => {
  const proxy = squid ?? skip("squid is missing");
  expect(await say([words], scene, proxy)).toBe("PROXY_FORBIDDEN\n\n");
});
