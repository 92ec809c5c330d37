import { Readable } from "node:stream";
import { Blob } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type ServerHttp2Stream } from "node:http2";
import type { Dispatcher } from "undici";
import { describe, expect, test } from "vitest";
import { findConnectError } from "../../base/errors.js";
import { bodyOf, serve } from "../testing/server.js";
import { makeDispatcher } from "./dispatcher.js";

function request(
  dispatcher: Dispatcher,
  origin: string,
  options: Partial<Dispatcher.RequestOptions> = {},
): Promise<Dispatcher.ResponseData> {
  return dispatcher.request({ origin, path: "/", method: "GET", ...options });
}

async function text(
  dispatcher: Dispatcher,
  origin: string,
  options?: Partial<Dispatcher.RequestOptions>,
): Promise<string> {
  return (await request(dispatcher, origin, options)).body.text();
}

/** Over HTTP/1.1. */
function sayVersion(incoming: IncomingMessage, response: ServerResponse): void {
  void bodyOf(incoming).then((body) => response.end(`${incoming.httpVersion} ${body}`));
}

describe("when the server says GOAWAY", () => {
  test("the answers under way come to their end, and new requests go to a new session", async () => {
    let finish: (() => void) | undefined;
    await using server = await serve({
      http2(stream, _headers, session) {
        stream.respond({ ":status": 200 });
        if (server.sessions.length === 1) {
          stream.write("first half, ");
          finish = () => stream.end("second half");
          session.goaway(constants.NGHTTP2_NO_ERROR);
        } else stream.end("elsewhere");
      },
    });
    const dispatcher = makeDispatcher(server.context);
    const first = await request(dispatcher, server.url);
    expect(await text(dispatcher, server.url)).toBe("elsewhere");
    finish?.();
    expect(await first.body.text()).toBe("first half, second half");
    await dispatcher.close();
  });

  test("a POST that the server never looked at is sent to a new session", async () => {
    await using server = await serve({
      http2(stream, headers, session) {
        // A POST, the second stream, is beyond what this server says it has handled (RFC 9113 section 6.8).
        if (server.sessions.length === 1 && headers[":method"] === "POST")
          session.goaway(constants.NGHTTP2_NO_ERROR, 1);
        else {
          stream.respond({ ":status": 200 });
          stream.end(`${headers[":method"]} again`);
        }
      },
    });
    const dispatcher = makeDispatcher(server.context);
    await text(dispatcher, server.url);
    expect(await text(dispatcher, server.url, { method: "POST", body: "once" })).toBe("POST again");
    expect(server.sessions).toHaveLength(2);
    await dispatcher.close();
  });
});

describe("when the server says GOAWAY with HTTP_1_1_REQUIRED", () => {
  const { NGHTTP2_HTTP_1_1_REQUIRED: http11Required } = constants;
  /** It may have looked at whatever it is asked. */
  const serveHttp1Alone = () =>
    serve({ http2: (stream, _headers, session) => session.goaway(http11Required, stream.id), http1: sayVersion });

  test("a POST that it never looked at goes over HTTP/1.1, and so do later ones", async () => {
    let streams = 0;
    await using server = await serve({
      http2(stream, _headers, session) {
        // The POST, the second stream, is beyond what this server says it has handled (RFC 9113 section 6.8).
        if (++streams > 1) return session.goaway(http11Required, 1);
        stream.respond({ ":status": 200 });
        stream.end("2.0");
      },
      http1: sayVersion,
    });
    const dispatcher = makeDispatcher(server.context);
    expect(await text(dispatcher, server.url)).toBe("2.0");
    expect(await text(dispatcher, server.url, { method: "POST", body: "hello" })).toBe("1.1 hello");
    expect(await text(dispatcher, server.url, { method: "POST", body: "again" })).toBe("1.1 again");
    expect(streams).toBe(2);
    await dispatcher.close();
  });

  test("a GET that it may have looked at goes over HTTP/1.1", async () => {
    await using server = await serveHttp1Alone();
    const dispatcher = makeDispatcher(server.context);
    expect(await text(dispatcher, server.url)).toBe("1.1 ");
    await dispatcher.close();
  });

  test("a POST that it may have looked at fails, and later ones go over HTTP/1.1", async () => {
    await using server = await serveHttp1Alone();
    const dispatcher = makeDispatcher(server.context);
    const failed = await text(dispatcher, server.url, { method: "POST", body: "once" }).catch(
      (error: unknown) => error,
    );
    expect(findConnectError(failed)).toMatchObject({
      code: "HTTP_CLOSED",
      message: expect.stringContaining("HTTP_1_1_REQUIRED") as string,
    });
    expect(await text(dispatcher, server.url, { method: "POST", body: "later" })).toBe("1.1 later");
    await dispatcher.close();
  });
});

describe("when the server resets a stream", () => {
  /** Resets each stream, and counts them. */
  const resets = (code: number, counted: { streams: number }) => (stream: ServerHttp2Stream) => {
    counted.streams++;
    stream.close(code);
  };

  test("with REFUSED_STREAM, even a POST is sent again (RFC 9113 section 8.7)", async () => {
    let asked = 0;
    await using server = await serve({
      http2(stream) {
        if (++asked === 1) stream.close(constants.NGHTTP2_REFUSED_STREAM);
        else {
          stream.respond({ ":status": 200 });
          stream.end("accepted");
        }
      },
    });
    const dispatcher = makeDispatcher(server.context);
    expect(await text(dispatcher, server.url, { method: "POST", body: "x" })).toBe("accepted");
    await dispatcher.close();
  });

  test("with REFUSED_STREAM each time, it is not asked for ever", async () => {
    const counted = { streams: 0 };
    await using server = await serve({ http2: resets(constants.NGHTTP2_REFUSED_STREAM, counted) });
    const dispatcher = makeDispatcher(server.context);
    const error = await text(dispatcher, server.url).catch((reason: unknown) => reason);
    expect(findConnectError(error)).toMatchObject({
      code: "HTTP_CLOSED",
      message: expect.stringContaining("REFUSED_STREAM") as string,
    });
    expect(counted.streams).toBe(3);
    await dispatcher.destroy();
  });

  test("with HTTP_1_1_REQUIRED, the request goes over HTTP/1.1, and later ones at once", async () => {
    const counted = { streams: 0 };
    await using server = await serve({
      http2: resets(constants.NGHTTP2_HTTP_1_1_REQUIRED, counted),
      http1: sayVersion,
    });
    const dispatcher = makeDispatcher(server.context);
    expect(await text(dispatcher, server.url, { method: "POST", body: "hello" })).toBe("1.1 hello");
    expect(await text(dispatcher, server.url, { method: "POST", body: "again" })).toBe("1.1 again");
    expect(counted.streams).toBe(1);
    await dispatcher.close();
  });

  test("with HTTP_1_1_REQUIRED, what cannot be sent again fails, and the next one goes over HTTP/1.1", async () => {
    await using server = await serve({
      http2: (stream) => stream.close(constants.NGHTTP2_HTTP_1_1_REQUIRED),
      http1: sayVersion,
    });
    const dispatcher = makeDispatcher(server.context);
    const send = (): Promise<string> =>
      text(dispatcher, server.url, { method: "POST", body: Readable.from(["read ", "once"]) });
    expect(findConnectError(await send().catch((error: unknown) => error))).toMatchObject({ code: "HTTP_CLOSED" });
    expect(await send()).toBe("1.1 read once");
    await dispatcher.close();
  });

  test("with INTERNAL_ERROR, a GET is not repeated: the connection is sound", async () => {
    let asked = 0;
    await using server = await serve({
      http2(stream) {
        if (++asked > 1) return stream.close(constants.NGHTTP2_INTERNAL_ERROR);
        stream.respond({ ":status": 204 }, { endStream: true });
      },
    });
    const dispatcher = makeDispatcher(server.context);
    await text(dispatcher, server.url);
    const error = await text(dispatcher, server.url).catch((reason: unknown) => reason);
    expect(findConnectError(error)).toMatchObject({
      code: "HTTP_CLOSED",
      message: expect.stringContaining("INTERNAL_ERROR") as string,
    });
    expect(asked).toBe(2);
    await dispatcher.close();
  });
});

describe("a request", () => {
  const form = new FormData();
  form.set("field", "value");
  const bodies: readonly (readonly [string, () => unknown, string | RegExp, string, RegExp])[] = [
    ["a string", () => "text", "text", "4", /^none$/],
    ["a Buffer", () => Buffer.from("bytes"), "bytes", "5", /^none$/],
    ["part of a larger buffer", () => new Uint8Array(Buffer.from("--part--")).subarray(2, 6), "part", "4", /^none$/],
    ["a stream", () => Readable.from(["in ", "pieces"]), "in pieces", "none", /^none$/],
    [
      "an async iterable",
      async function* () {
        yield Buffer.from("a");
        yield Buffer.from("b");
      },
      "ab",
      "none",
      /^none$/,
    ],
    ["a Blob", () => new Blob(["blob"], { type: "text/x-blob" }), "blob", "4", /^text\/x-blob$/],
    ["a form", () => form, /name="field"\r\n\r\nvalue/, "none", /^multipart\/form-data; boundary=/],
    ["nothing", () => null, "", "0", /^none$/],
  ];

  test.each(bodies)("may have %s for its body", async (_name, make, expected, length, type) => {
    await using server = await serve({
      http2(stream, headers) {
        stream.respond({
          ":status": 200,
          "x-length": headers["content-length"] ?? "none",
          "x-type": headers["content-type"] ?? "none",
        });
        stream.pipe(stream);
      },
    });
    const dispatcher = makeDispatcher(server.context);
    const body = make() as NonNullable<Dispatcher.RequestOptions["body"]>;
    const answer = await request(dispatcher, server.url, { method: "POST", body });
    expect(answer.headers["x-length"]).toBe(length);
    expect(answer.headers["x-type"]).toMatch(type);
    expect(await answer.body.text()).toMatch(expected);
    await dispatcher.close();
  });

  test("leaves out what belongs to one HTTP/1.1 connection, and makes Host the authority", async () => {
    let seen: Readonly<Record<string, unknown>> = {};
    await using server = await serve({
      http2(stream, headers) {
        seen = { ...headers };
        stream.respond({ ":status": 204 }, { endStream: true });
      },
    });
    const dispatcher = makeDispatcher(server.context, {});
    await text(dispatcher, server.url, {
      headers: [
        "Host",
        "localhost",
        "Connection",
        "keep-alive",
        "TE",
        "gzip",
        "X-Twice",
        "one",
        "X-Twice",
        "two",
        "Cookie",
        "a=1",
        "Cookie",
        "b=2",
      ],
    });
    expect(seen).toMatchObject({ ":authority": "localhost", "x-twice": "one, two", cookie: "a=1; b=2" });
    for (const name of ["host", "connection", "te"]) expect(seen).not.toHaveProperty(name);
    await dispatcher.close();
  });

  test.each(["a\r\nx-evil: 1", "a\u0000b"])("with %j in a header is refused before it is sent", async (value) => {
    await using server = await serve({ http2: (stream) => stream.respond({ ":status": 204 }, { endStream: true }) });
    const dispatcher = makeDispatcher(server.context);
    await expect(request(dispatcher, server.url, { headers: { "x-header": value } })).rejects.toMatchObject({
      code: "ERR_INVALID_CHAR",
    });
    await dispatcher.close();
  });

  test("that the caller aborts in the middle of its answer resets its stream alone", async () => {
    let reset: Promise<number> | undefined;
    await using server = await serve({
      http2(stream, headers) {
        stream.respond({ ":status": 200 });
        if (headers[":path"] === "/stay") {
          stream.end("still here");
          return;
        }
        reset = new Promise((resolve) => stream.once("close", () => resolve(stream.rstCode)));
        stream.write("endless");
      },
    });
    const dispatcher = makeDispatcher(server.context);
    const abort = new AbortController();
    const answer = await request(dispatcher, server.url, { signal: abort.signal });
    abort.abort();
    await expect(answer.body.text()).rejects.toMatchObject({ name: "AbortError" });
    expect(await reset).toBe(constants.NGHTTP2_CANCEL);
    expect(await text(dispatcher, server.url, { path: "/stay" })).toBe("still here");
    expect(server.connections()).toBe(1);
    await dispatcher.close();
  });

  test("gets interim answers, trailers, and an end to a body that stalls", async () => {
    await using server = await serve({
      http2(stream, headers) {
        if (headers[":path"] === "/stall") {
          stream.respond({ ":status": 200 });
          stream.write("begun");
          return;
        }
        stream.additionalHeaders({ ":status": 103, link: "</style.css>; rel=preload" });
        stream.respond({ ":status": 200 }, { waitForTrailers: true });
        stream.once("wantTrailers", () => stream.sendTrailers({ "x-checksum": "42" }));
        stream.end("body");
      },
    });
    const dispatcher = makeDispatcher(server.context, { bodyTimeout: 150 });
    const interim: number[] = [];
    const answer = await request(dispatcher, server.url, { onInfo: ({ statusCode }) => interim.push(statusCode) });
    expect([await answer.body.text(), interim, answer.trailers]).toEqual(["body", [103], { "x-checksum": "42" }]);
    const stalled = await text(dispatcher, server.url, { path: "/stall" }).catch((reason: unknown) => reason);
    expect(findConnectError(stalled)).toMatchObject({ code: "STREAM_STALLED" });
    await dispatcher.close();
  });
});

test("a reader that does not read holds the server back, and loses nothing", async () => {
  let written = 0;
  const size = 8 << 20;
  await using server = await serve({
    http2(stream) {
      stream.respond({ ":status": 200 });
      const more = (): void => {
        while (written < size) {
          written += 1 << 16;
          if (!stream.write(Buffer.alloc(1 << 16, 1))) return void stream.once("drain", more);
        }
        stream.end();
      };
      more();
    },
  });
  const dispatcher = makeDispatcher(server.context);
  const answer = await request(dispatcher, server.url);
  // Until the server is stuck, or (were it not held back) has written all.
  for (let still = 0, before = -1; still < 100 && written < size; before = written) {
    await new Promise((resolve) => setImmediate(resolve));
    still = written === before ? still + 1 : 0;
  }
  expect(written).toBeLessThan(size);
  expect((await answer.body.arrayBuffer()).byteLength).toBe(size);
  await dispatcher.close();
});

test("more requests than a session may carry at a time go over several, and all are answered", async () => {
  await using server = await serve({
    settings: { maxConcurrentStreams: 3 },
    http2(stream, headers) {
      stream.respond({ ":status": 200 });
      setImmediate(() => stream.end(String(headers[":path"])));
    },
  });
  const dispatcher = makeDispatcher(server.context);
  await text(dispatcher, server.url);
  const paths = Array.from({ length: 10 }, (_, index) => `/${index}`);
  expect(await Promise.all(paths.map((path) => text(dispatcher, server.url, { path })))).toEqual(paths);
  await dispatcher.close();
});

test("a session without requests is closed after a while", async () => {
  await using server = await serve({ http2: (stream) => stream.respond({ ":status": 204 }, { endStream: true }) });
  const dispatcher = makeDispatcher(server.context, { sessionTimeout: 20 });
  await text(dispatcher, server.url);
  const [session] = server.sessions;
  await new Promise<void>((resolve) =>
    session?.closed === true ? resolve() : session?.once("close", () => resolve()),
  );
  await text(dispatcher, server.url);
  expect(server.sessions).toHaveLength(2);
  await dispatcher.close();
});
