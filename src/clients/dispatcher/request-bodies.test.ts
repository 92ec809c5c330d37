import { constants } from "node:http2";
import { PassThrough, Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { describe, expect, test } from "vitest";
import { findConnectError } from "../../base/errors.js";
import { bodyOf, serve } from "../testing/server.js";
import { makeDispatcher } from "./dispatcher.js";

type Body = NonNullable<Dispatcher.RequestOptions["body"]>;

/** Breaks when the first of it is on its way. */
function broken(error?: Error): Body {
  let begun = false;
  return new Readable({
    read() {
      if (begun) setImmediate(() => this.destroy(error));
      else this.push("abc");
      begun = true;
    },
  });
}

describe.each(["h2", "http/1.1"])(
  "over %s, the caller's own mistake is told as such, and harms nobody else",
  (alpn) => {
    const reset = Object.assign(new Error("the disk is gone"), { code: "ECONNRESET" });
    const premature = Object.assign(new Error("cut short"), { code: "ERR_STREAM_PREMATURE_CLOSE" });
    const mistakes: readonly (readonly [string, () => Partial<Dispatcher.RequestOptions>, object])[] = [
      [
        "a method that is none",
        () => ({ method: "BAD METHOD" }),
        { code: "UND_ERR_INVALID_ARG", message: "invalid request method" },
      ],
      [
        "a length that is none",
        () => ({ headers: { "content-length": "two" }, body: "ab" }),
        { code: "UND_ERR_INVALID_ARG", message: "invalid content-length header" },
      ],
      [
        "a text that is longer than its length",
        () => ({ headers: { "content-length": "2" }, body: "abcdef" }),
        { code: "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH" },
      ],
      [
        "a stream that is longer than its length",
        () => ({ headers: { "Content-Length": "2" }, body: Readable.from([Buffer.from("abc")]) }),
        { code: "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH" },
      ],
      [
        "a stream that is shorter than its length",
        () => ({ headers: { "content-length": "10" }, body: Readable.from([Buffer.from("abc")]) }),
        { code: "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH" },
      ],
      ["a body that is destroyed", () => ({ body: broken() }), { code: "UND_ERR_ABORTED" }],
      ["a body that fails", () => ({ body: broken(new Error("disk full")) }), { message: "disk full" }],
      ["a body that fails like a connection", () => ({ body: broken(reset) }), { message: "the disk is gone" }],
      ["a body that was cut short", () => ({ body: broken(premature) }), { message: "cut short" }],
    ];

    test.each(mistakes)("%s", async (_name, mistake, expected) => {
      await using server = await serve({
        http2: (stream) => {
          void bodyOf(stream).then(
            (body) => (stream.respond(), stream.end(body)),
            () => undefined,
          );
        },
        http1: (request, response) => {
          void bodyOf(request).then(
            (body) => response.end(body),
            () => undefined,
          );
        },
      });
      const dispatcher = makeDispatcher(server.context, { allowH2: alpn === "h2" });
      const ask = (options: Partial<Dispatcher.RequestOptions>): Promise<Dispatcher.ResponseData> =>
        dispatcher.request({ origin: server.url, path: "/", method: "POST", ...options });
      const error: unknown = await ask(mistake()).catch((reason: unknown) => reason);
      expect(error).toMatchObject(expected);
      expect(findConnectError(error)).toBeUndefined();
      const sound = await ask({ headers: { "content-length": "6" }, body: Readable.from([Buffer.from("intact")]) });
      expect(await sound.body.text()).toBe("intact");
      await dispatcher.close();
    });
  },
);

describe("over HTTP/2, a server that never answers", () => {
  const bodies: readonly (readonly [string, () => Body])[] = [
    ["a text", () => "x".repeat(5000)],
    ["a stream that has ended", () => Readable.from([Buffer.alloc(5000)])],
    ["a stream without end", () => Readable.from(endless())],
  ];
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) yield await new Promise<Buffer>((resolve) => setImmediate(() => resolve(Buffer.alloc(1000))));
  }

  test.each(bodies)("and takes nothing of %s ends it with the time for its answer", async (_name, make) => {
    await using server = await serve({ settings: { initialWindowSize: 0 }, http2: () => undefined });
    const dispatcher = makeDispatcher(server.context, { headersTimeout: 150 });
    // The first request sees the server's settings come in.
    await dispatcher.request({ origin: server.url, path: "/", method: "GET" }).catch(() => undefined);
    const error: unknown = await dispatcher
      .request({ origin: server.url, path: "/", method: "POST", body: make() })
      .catch((reason: unknown) => reason);
    expect(findConnectError(error)).toMatchObject({ code: "HTTP_TIMEOUT" });
    await dispatcher.close();
  });

  test.each([{}, { "content-length": "100000000" }])(
    "is sent a reset when an upload is aborted (%j)",
    async (headers) => {
      let reset: Promise<unknown> | undefined;
      const abort = new AbortController();
      await using server = await serve({
        http2(stream, { ":method": method }) {
          if (method === "GET") return stream.respond({ ":status": 204 }, { endStream: true });
          reset = new Promise((resolve) => stream.resume().once("close", () => resolve(stream.rstCode)));
          abort.abort();
        },
      });
      const dispatcher = makeDispatcher(server.context);
      const body = Readable.from(endless());
      await expect(
        dispatcher.request({ origin: server.url, path: "/", method: "POST", headers, body, signal: abort.signal }),
      ).rejects.toMatchObject({ name: "AbortError" });
      expect(await reset).not.toBe(constants.NGHTTP2_NO_ERROR);
      await dispatcher.request({ origin: server.url, path: "/", method: "GET" });
      expect(server.connections()).toBe(1);
      await dispatcher.close();
    },
  );

  test("waits for a caller who takes long to hand over the body", async () => {
    await using server = await serve({
      http2: (stream) => void bodyOf(stream).then((body) => (stream.respond(), stream.end(body))),
    });
    const dispatcher = makeDispatcher(server.context, { headersTimeout: 1000 });
    const body = new PassThrough();
    body.write("begun, ");
    // Longer than the time for an answer, which counts from the body's end.
    setTimeout(() => body.end("ended"), 1500);
    const answer = await dispatcher.request({ origin: server.url, path: "/", method: "POST", body });
    expect(await answer.body.text()).toBe("begun, ended");
    await dispatcher.close();
  });

  test("is answered before the upload is over, and the session serves on", async () => {
    await using server = await serve({
      http2(stream) {
        stream.resume().respond({ ":status": 413 });
        stream.end("too large");
      },
    });
    const dispatcher = makeDispatcher(server.context);
    for (let i = 0; i < 2; i++) {
      const body = Readable.from(endless());
      const answer = await dispatcher.request({ origin: server.url, path: "/", method: "POST", body });
      expect([answer.statusCode, await answer.body.text()]).toEqual([413, "too large"]);
    }
    expect(server.connections()).toBe(1);
    await dispatcher.close();
  });
});
