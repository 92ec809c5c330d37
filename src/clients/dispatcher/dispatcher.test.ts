import http from "node:http";
import * as undici from "undici";
import { describe, expect, test } from "vitest";
import { findConnectError } from "../../base/errors.js";
import { listening, proxyAt, testContext } from "../../dial/testing/context.js";
import { bodyOf, serve } from "../testing/server.js";
import { serverInThread } from "../testing/server-in-thread.js";
import { makeDispatcher } from "./dispatcher.js";

const echo = {
  http2: (stream: import("node:http2").ServerHttp2Stream, headers: import("node:http2").IncomingHttpHeaders): void => {
    stream.respond({ ":status": 200, "content-type": "text/plain" });
    stream.end(`${headers[":method"]} ${headers[":path"]}`);
  },
  http1: (request: http.IncomingMessage, response: http.ServerResponse): void => {
    response.end(`${request.method} ${request.url}`);
  },
};

describe.each([true, false])("with HTTP/2 %s", (allowH2) => {
  test("undici's interceptors compose with it", async () => {
    let asked = 0;
    await using server = await serve({
      http2(stream, headers) {
        if (headers[":path"] === "/moved")
          return stream.respond({ ":status": 302, location: "/new" }, { endStream: true });
        if (++asked === 1) return stream.respond({ ":status": 503 }, { endStream: true });
        echo.http2(stream, headers);
      },
      http1(request, response) {
        if (request.url === "/moved") response.writeHead(302, { location: "/new" }).end();
        else if (++asked === 1) response.writeHead(503).end();
        else echo.http1(request, response);
      },
    });
    const { redirect, retry } = undici.interceptors;
    const base = makeDispatcher(server.context, { allowH2 });
    const dispatcher = base.compose(redirect({ maxRedirections: 3 }), retry({ minTimeout: 1 }));
    const { statusCode, body } = await undici.request(`${server.url}/moved`, { dispatcher });
    expect([statusCode, await body.text()]).toEqual([200, "GET /new"]);
    await base.close();
  });

  test("query, pipeline and stream of undici work on it", async () => {
    await using server = await serve(echo);
    const dispatcher = makeDispatcher(server.context, { allowH2 });
    const asked = await undici.request(server.url, { dispatcher, query: { a: 1, b: ["x", "y"] } });
    expect(await asked.body.text()).toBe("GET /?a=1&b=x&b=y");
    const piped = dispatcher
      .pipeline({ origin: server.url, path: "/pipe", method: "PUT" }, ({ body }) => body)
      .end("x");
    expect(await bodyOf(piped)).toBe("PUT /pipe");
    await dispatcher.close();
  });

  test("what the caller's own callback throws fails that request, and no other", async () => {
    await using server = await serve(echo);
    const dispatcher = makeDispatcher(server.context, { allowH2 });
    const failed = await new Promise((resolve) => {
      dispatcher.dispatch(
        { origin: server.url, path: "/", method: "GET" },
        {
          onRequestStart: () => undefined,
          onResponseStart() {
            throw new Error("mine");
          },
          onResponseError: (_controller, error) => resolve(error),
        },
      );
    });
    expect(failed).toMatchObject({ message: "mine" });
    expect(await (await undici.request(server.url, { dispatcher })).body.text()).toBe("GET /");
    await dispatcher.close();
  });

  test("a handler of the newer style is steered by its controller", async () => {
    await using server = await serve(echo);
    const dispatcher = makeDispatcher(server.context, { allowH2 });
    const heard = await new Promise<unknown[]>((resolve, reject) => {
      const events: unknown[] = [];
      dispatcher.dispatch(
        { origin: server.url, path: "/new", method: "GET" },
        {
          onRequestStart: () => events.push("start"),
          onResponseStart(controller, status, headers) {
            events.push(status, headers["content-type"] ?? "");
            controller.pause();
            setImmediate(() => controller.resume());
          },
          onResponseData: (_controller, chunk) => events.push(chunk.toString()),
          onResponseEnd: () => resolve(events),
          onResponseError: (_controller, error) => reject(error),
        },
      );
    });
    expect(heard).toEqual(["start", 200, allowH2 ? "text/plain" : "", "GET /new"]);
    await dispatcher.close();
  });
});

test("a Proxy-Authorization header of the caller's is refused: a tunnel would take it to the server", async () => {
  await using server = await serve(echo);
  const dispatcher = makeDispatcher(server.context);
  for (const headers of [
    { "Proxy-Authorization": "Basic c2VjcmV0" },
    ["proxy-authorization", "Basic c2VjcmV0"],
    new Map([["PROXY-AUTHORIZATION", "Basic c2VjcmV0"]]),
  ]) {
    const error = await undici.request(server.url, { dispatcher, headers }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "CONFIG_INVALID", hop: "local" });
    expect(JSON.stringify(error) + String(error)).not.toContain("c2VjcmV0");
  }
  expect(server.connections()).toBe(0);
  await dispatcher.close();
});

test("a 407 on the way to a plain http server is the proxy's, and no answer", async () => {
  const proxy = http.createServer((_request, response) => {
    response.writeHead(407, { "proxy-authenticate": "Basic realm=x" }).end("<html>log in</html>");
  });
  const port = await listening(proxy);
  const dispatcher = makeDispatcher(testContext({ hops: [proxyAt("http", port)] }));
  const error = await undici.request("http://plain.test/", { dispatcher }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "PROXY_AUTH_REQUIRED", hop: "proxy" });
  await dispatcher.close();
  proxy.closeAllConnections();
  proxy.close();
});

test("plain http requests to several hosts share the connections to their proxy", async () => {
  const seen: string[] = [];
  let connections = 0;
  const proxy = http.createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host}`);
    response.end("ok");
  });
  proxy.on("connection", () => connections++);
  const port = await listening(proxy);
  const dispatcher = makeDispatcher(testContext({ hops: [proxyAt("http", port)] }));
  for (const url of ["http://one.test/a?b", "http://two.test:8080/", "http://[::1]:81/x"])
    await (await undici.request(url, { dispatcher })).body.dump();
  await (await dispatcher.request({ origin: "http://one.test", path: "*", method: "OPTIONS" })).body.dump();
  expect(seen).toEqual([
    "GET http://one.test/a?b one.test",
    "GET http://two.test:8080/ two.test:8080",
    "GET http://[::1]:81/x [::1]:81",
    "OPTIONS http://one.test one.test",
  ]);
  expect(connections).toBe(1);
  await dispatcher.close();
  proxy.close();
});

test.each(["close", "speak"] as const)(
  "a kept connection whose server was the last to act (%s) gets no other request",
  async (action) => {
    await using server = await serverInThread();
    const dispatcher = makeDispatcher(testContext());
    const post = () => undici.request(`http://localhost:${server.port}/`, { dispatcher, method: "POST", body: "body" });
    expect(await (await post()).body.text()).toBe("ok");
    // This thread stands still meanwhile: what the server does is in the socket, and has not been read.
    server.act(action);
    const { statusCode, body } = await post();
    expect([statusCode, await body.text()]).toEqual([200, "ok"]);
    await dispatcher.close();
  },
);

test("arguments that make no request are told as such, at once", async () => {
  const dispatcher = makeDispatcher(testContext());
  await expect(dispatcher.request({ origin: "ftp://host.test", path: "/", method: "GET" })).rejects.toThrow(
    "must be http: or https:",
  );
  await expect(
    dispatcher.request({ origin: "https://host.test", path: "/?a", method: "GET", query: { b: 1 } }),
  ).rejects.toThrow("query");
  for (const headers of [["x-name"], { "x-name": {} as string }]) {
    await expect(
      dispatcher.request({ origin: "https://host.test", path: "/", method: "GET", headers }),
    ).rejects.toBeInstanceOf(TypeError);
  }
  await dispatcher.close();
  await expect(dispatcher.request({ origin: "https://host.test", path: "/", method: "GET" })).rejects.toBeInstanceOf(
    undici.errors.ClientDestroyedError,
  );
});

test("a fault of the connection is what the request fails with, for all that waited for it", async () => {
  const dispatcher = makeDispatcher(testContext());
  const errors = await Promise.all(
    [1, 2, 3].map(() =>
      undici
        .request("https://nowhere.test/", { dispatcher })
        .catch((reason: unknown) => findConnectError(reason)?.code),
    ),
  );
  expect(errors).toEqual(["DNS_NOT_FOUND", "DNS_NOT_FOUND", "DNS_NOT_FOUND"]);
  await dispatcher.close();
});
