import { getEventListeners, once } from "node:events";
import type { ServerResponse } from "node:http";
import * as undici from "undici";
import { afterEach, beforeAll, expect, test } from "vitest";
import { createNetwork, type Network } from "../../../src/clients/index.js";
import { createMcpFetch } from "../../../src/mcp/index.js";
import { serveWithoutTls, type TestMcpServer } from "./support/mcp-server.js";

const waiting: ServerResponse[] = [];
let server: TestMcpServer;
let network: Network;
beforeAll(async () => {
  network = await createNetwork({ source: { variables: {} }, stores: ["bundled"] });
  server = await serveWithoutTls((request, response) => {
    if (request.url === "/moved") return void response.writeHead(307, { location: "/mcp" }).end();
    if (request.url === "/nothing") return void response.writeHead(202).end();
    if (request.url === "/none") return void response.writeHead(204).end();
    if (request.url === "/stream") {
      waiting.push(response);
      return void response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
    }
    response.end("hello");
  });
  return async () => {
    await network.destroy();
    await server[Symbol.asyncDispose]();
  };
});
const own = { fetch: globalThis.fetch, Response: globalThis.Response };
afterEach(() => {
  Object.assign(globalThis, own);
  server.seen.length = 0;
});

const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

test("after 10,000 calls no listener is left on the transport's signal, however each ended", async () => {
  const fetch = createMcpFetch(network);
  const { signal } = new AbortController();
  let most = 0;
  const ways = [
    async () => void (await (await fetch(server.url, { signal })).text()),
    async () => void (await (await fetch(server.url, { signal })).body?.cancel()),
    async () => void (await fetch(`${server.origin}/none`, { signal })),
    async () => void (await (await fetch(`${server.origin}/nothing`, { signal })).body?.cancel()),
    async () => void (await fetch("http://127.0.0.1:1/", { signal }).catch(() => undefined)),
  ];
  let done = 0;
  const work = async (): Promise<void> => {
    while (done < 10_000) {
      await ways[done++ % ways.length]?.();
      most = Math.max(most, listeners(signal));
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
  expect(listeners(signal)).toBe(0);
  expect(most).toBeLessThanOrEqual(16);
}, 120_000);

test("the transport's signal ends a stream that is open, with its reason", async () => {
  const fetch = createMcpFetch(network);
  const transport = new AbortController();
  const answer = await fetch(`${server.origin}/stream`, { signal: transport.signal });
  const reader = answer.body?.getReader();
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("data: 1\n\n");
  const closed = once(waiting.at(-1) as ServerResponse, "close");
  transport.abort(new Error("the client is closing"));
  await expect(reader?.read()).rejects.toThrow("the client is closing");
  await closed;
  expect(listeners(transport.signal)).toBe(0);
});

test("a signal that is aborted already sends nothing", async () => {
  const signal = AbortSignal.abort(new Error("too late"));
  await expect(createMcpFetch(network)(server.url, { signal })).rejects.toThrow("too late");
  expect(server.seen).toEqual([]);
});

test("cancelling a stream closes it at the server", async () => {
  const answer = await createMcpFetch(network)(`${server.origin}/stream`);
  const closed = once(waiting.at(-1) as ServerResponse, "close");
  await answer.body?.cancel();
  await closed;
  expect(waiting.at(-1)?.destroyed).toBe(true);
});

test('with redirect: "manual" the redirect is handed on, and followed without', async () => {
  const fetch = createMcpFetch(network);
  const manual = await fetch(`${server.origin}/moved`, { redirect: "manual" });
  expect([manual.status, manual.headers.get("location"), manual.url]).toEqual([307, "/mcp", `${server.origin}/moved`]);
  const followed = await fetch(`${server.origin}/moved`);
  expect([followed.status, followed.url, followed.redirected]).toEqual([200, server.url.href, true]);
});

test("an answer is a globalThis.Response where a program has replaced fetch, Response, or both", async () => {
  const fetch = createMcpFetch(network);
  class Other extends own.Response {}
  globalThis.Response = Other;
  expect(await fetch(server.url)).toBeInstanceOf(Other);
  Object.assign(globalThis, own);
  await using late = await createNetwork({ source: { variables: {} }, stores: ["bundled"] });
  globalThis.fetch = undici.fetch as unknown as typeof globalThis.fetch;
  await using later = await createNetwork({ source: { variables: {} }, stores: ["bundled"] });
  for (const each of [late, later]) {
    const answer = await createMcpFetch(each)(server.url);
    expect(answer).toBeInstanceOf(own.Response);
    expect(await answer.text()).toBe("hello");
  }
});

test("headers go to the server's origin, over those of the request, and to no other origin", async () => {
  await using other = await serveWithoutTls((_request, response) => void response.end("other"));
  const fetch = createMcpFetch(network, { headers: { "X-Key": "k-1", Authorization: "Bearer static" } });
  await fetch(server.url, { headers: { authorization: "Bearer sdk", accept: "text/event-stream" } });
  await fetch(other.url, { headers: { accept: "application/json" } });
  expect(server.seen[0]?.headers).toMatchObject({
    "x-key": "k-1",
    authorization: "Bearer static",
    accept: "text/event-stream",
  });
  expect(other.seen[0]?.headers).not.toHaveProperty("x-key");
  expect(other.seen[0]?.headers).not.toHaveProperty("authorization");
});

test("once closed it sends nothing, and the network goes on", async () => {
  const fetch = createMcpFetch(network);
  await fetch.close();
  await expect(fetch(server.url)).rejects.toThrow("fetch failed");
  expect(await (await network.fetch(server.url)).text()).toBe("hello");
});
