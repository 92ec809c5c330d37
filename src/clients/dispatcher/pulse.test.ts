import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { findConnectError } from "../../base/errors.js";
import { listening } from "../../dial/testing/context.js";
import { createSystem } from "../../env/index.js";
import { serve, type TestServer } from "../testing/server.js";
import { makeDispatcher } from "./dispatcher.js";

/** What is between a program and its server: it can stop passing anything on, without a word to either side. */
interface Path extends AsyncDisposable {
  readonly url: string;
  readonly connections: () => number;
  /** For the connections that there are; new ones get through. */
  mute(): void;
}

async function pathTo({ port }: TestServer): Promise<Path> {
  const pairs: (readonly [Socket, Socket])[] = [];
  const relay = createServer((socket) => {
    const upstream = connect(port, "127.0.0.1");
    for (const each of [socket, upstream]) each.on("error", () => undefined);
    socket.pipe(upstream).pipe(socket);
    pairs.push([socket, upstream]);
  });
  const own = await listening(relay);
  return {
    url: `https://localhost:${own}`,
    connections: () => pairs.length,
    mute() {
      for (const [socket, upstream] of pairs) {
        socket.unpipe(upstream).resume();
        upstream.unpipe(socket).resume();
      }
    },
    async [Symbol.asyncDispose]() {
      for (const each of pairs.flat()) each.destroy();
      relay.close();
      await once(relay, "close");
    },
  };
}

const limits = { pingInterval: 200, pingTimeout: 800 };
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function dispatcherFor(server: TestServer, options: Parameters<typeof makeDispatcher>[1] = limits) {
  const dispatcher = makeDispatcher(server.context, options);
  cleanups.push(() => dispatcher.destroy());
  return async (
    origin: string,
    more: { method?: "POST" | "GET"; path?: string; body?: string } = {},
  ): Promise<string> => {
    const answer = await dispatcher.request({ origin, path: "/", method: "GET", ...more });
    return answer.body.text();
  };
}

describe("a path that dies without a word, under HTTP/2", () => {
  test("ends a stream that waits for more, with the hop and that the connection is dead", async () => {
    await using server = await serve({
      http2(stream) {
        stream.respond({ ":status": 200 });
        stream.write("begun");
      },
    });
    await using path = await pathTo(server);
    const dispatcher = makeDispatcher(server.context, limits);
    cleanups.push(() => dispatcher.destroy());
    const { body } = await dispatcher.request({ origin: path.url, path: "/", method: "GET" });
    const [begun] = (await once(body, "data")) as [Buffer];
    path.mute();
    const [error] = (await once(body, "error")) as [Error];
    expect(begun.toString()).toBe("begun");
    expect(findConnectError(error)).toMatchObject({
      code: "STREAM_STALLED",
      hop: "target",
      message: expect.stringMatching(
        /^localhost:\d+ has sent nothing for .* the connection is dead in the middle of its answer$/,
      ),
    });
  });

  test("a GET goes out on a new session, a POST fails and is not sent twice", async () => {
    const asked: string[] = [];
    await using server = await serve({
      http2(stream, headers) {
        asked.push(`${headers[":method"]} ${headers[":path"]}`);
        stream.respond({ ":status": 200 });
        stream.end("answered");
      },
    });
    await using path = await pathTo(server);
    const ask = dispatcherFor(server);
    await ask(path.url);
    path.mute();
    expect(await ask(path.url, { path: "/again" })).toBe("answered");
    path.mute();
    const error: unknown = await ask(path.url, { method: "POST", path: "/once", body: "x" }).catch(
      (reason: unknown) => reason,
    );
    expect(findConnectError(error)).toMatchObject({
      code: "STREAM_STALLED",
      message: expect.stringContaining("before it answered"),
    });
    expect(await ask(path.url, { path: "/after" })).toBe("answered");
    expect(asked).toEqual(["GET /", "GET /again", "GET /after"]);
    expect(path.connections()).toBe(3);
  });

  test("a server that takes its time and is there is waited for", async () => {
    let answer: (() => void) | undefined;
    let pings = 0;
    await using server = await serve({
      http2(stream, _headers, session) {
        session.on("ping", () => {
          // More often than a dead one would be asked.
          if (++pings === 3) answer?.();
        });
        answer = () => {
          stream.respond({ ":status": 200 });
          stream.end("late");
        };
      },
    });
    await using path = await pathTo(server);
    expect(await dispatcherFor(server)(path.url, { method: "POST", body: "x" })).toBe("late");
    expect(path.connections()).toBe(1);
  });

  test("nobody is asked where the interval is 0, or while nothing is under way", async () => {
    let pings = 0;
    await using server = await serve({
      http2(stream, headers, session) {
        session.on("ping", () => pings++);
        stream.respond({ ":status": 200 });
        if (headers[":path"] === "/wait") setTimeout(() => stream.end("x"), 500);
        else stream.end("x");
      },
    });
    await dispatcherFor(server, { ...limits, pingInterval: 0 })(server.url, { path: "/wait" });
    const ask = dispatcherFor(server);
    await ask(server.url);
    await dispatcherFor(server, { ...limits, pingInterval: 0 })(server.url, { path: "/wait" });
    expect(pings).toBe(0);
  });
});

describe("after the machine slept", () => {
  test.each(["HTTP/1.1", "HTTP/2"])("a connection that was idle meanwhile is not used again: %s", async (protocol) => {
    let asleep = 0;
    const system = createSystem();
    await using server = await serve({
      http2(stream) {
        stream.respond({ ":status": 200 });
        stream.end("x");
      },
      http1: (_request, response) => void response.end("x"),
    });
    const { context } = server;
    const slept = { ...context, system: { ...context.system, now: () => system.now() + asleep } };
    const dispatcher = makeDispatcher(slept, { allowH2: protocol === "HTTP/2" });
    cleanups.push(() => dispatcher.destroy());
    const ask = async (): Promise<number> => {
      const answer = await dispatcher.request({ origin: server.url, path: "/", method: "POST", body: "x" });
      await answer.body.text();
      return server.connections();
    };
    expect([await ask(), await ask()]).toEqual([1, 1]);
    asleep = 60_000;
    expect([await ask(), await ask()]).toEqual([2, 2]);
  });
});
