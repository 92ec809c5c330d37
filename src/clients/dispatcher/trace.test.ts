import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import http from "node:http";
import { expect, test } from "vitest";
import { closedPort } from "../../../test/support/closed-port.js";
import { listening, proxyAt, testContext } from "../../dial/testing/context.js";
import { bodyOf, serve } from "../testing/server.js";
import { makeDispatcher } from "./dispatcher.js";

interface Message {
  readonly request?: {
    readonly path: string;
    readonly headers: readonly string[];
    addHeader(name: string, value: string): void;
  };
  readonly headers?: string;
  readonly socket?: unknown;
}

const names = ["create", "bodySent", "bodyChunkSent", "bodyChunkReceived", "headers", "trailers", "error"]
  .map((name) => `request:${name}`)
  .concat(["beforeConnect", "connected", "connectError", "sendHeaders"].map((name) => `client:${name}`));

/** What is published on undici's channels meanwhile. */
async function published(
  work: () => Promise<unknown>,
  told: (name: string, message: Message) => void = () => undefined,
): Promise<readonly string[]> {
  const events: string[] = [];
  const subscribers = names.map((name) => {
    const subscriber = (message: unknown): void => {
      events.push(name.replace(/.*:/, ""));
      told(name, message as Message);
    };
    subscribe(`undici:${name}`, subscriber);
    return () => unsubscribe(`undici:${name}`, subscriber);
  });
  await work().catch((error: Error) => events.push(error.constructor.name));
  for (const end of subscribers) end();
  return events;
}

test.each([true, false])(
  "who listens to undici's channels sees each request, and may add a header to it: HTTP/2 %s",
  async (allowH2) => {
    await using server = await serve({
      http2(stream, headers) {
        stream.respond({ ":status": 200 });
        void bodyOf(stream).then((body) => stream.end(`${String(headers["traceparent"])} ${body}`));
      },
      http1(request, response) {
        void bodyOf(request).then((body) => response.end(`${String(request.headers["traceparent"])} ${body}`));
      },
    });
    const dispatcher = makeDispatcher(server.context, { allowH2 });
    const flow = new AsyncLocalStorage<string>();
    const answers: string[] = [];
    const objects = new Set<unknown>();
    const ask = async (): Promise<void> => {
      const { body } = await dispatcher.request({ origin: server.url, path: "/", method: "POST", body: "sent" });
      answers.push(await body.text());
    };
    const events = await published(
      () => flow.run("mine", ask),
      (name, { request }) => {
        if (request === undefined) return;
        objects.add(request);
        if (name === "request:create") request.addHeader("traceparent", `trace-${flow.getStore()}`);
      },
    );
    expect(answers).toEqual(["trace-mine sent"]);
    expect(events).toEqual(
      ["create", "beforeConnect", "connected", "sendHeaders", "bodyChunkSent", "bodySent"].concat([
        "headers",
        "bodyChunkReceived",
        "trailers",
      ]),
    );
    expect(objects.size).toBe(1);
    await dispatcher.close();
  },
);

test("a request that is sent twice is published once", async () => {
  let asked = 0;
  await using server = await serve({
    http1(_request, response) {
      // The second one arrives on a connection that dies under it.
      if (++asked === 2) response.socket?.destroy();
      else response.end("answer");
    },
  });
  const dispatcher = makeDispatcher(server.context, { allowH2: false });
  const ask = async (): Promise<void> => {
    const { body } = await dispatcher.request({ origin: server.url, path: "/", method: "GET" });
    await body.dump();
  };
  await ask();
  const events = await published(ask);
  expect(asked).toBe(3);
  expect(events.filter((name) => !/connect/i.test(name))).toEqual([
    "create",
    "sendHeaders",
    "bodySent",
    "headers",
    "bodyChunkReceived",
    "trailers",
  ]);
  await dispatcher.close();
});

test("a connection that cannot be made is published, and then the request's error", async () => {
  const dispatcher = makeDispatcher(testContext());
  const origin = `https://127.0.0.1:${await closedPort()}`;
  const events = await published(() => dispatcher.request({ origin, path: "/", method: "GET" }));
  expect(events).toEqual(["create", "beforeConnect", "connectError", "error", "ConnectError"]);
  await dispatcher.close();
});

test("who listens sees no proxy, and never its login", async () => {
  const proxy = http.createServer((request, response) => response.end(request.headers["proxy-authorization"]));
  const port = await listening(proxy);
  const login = { username: "user", password: "s3cr3t" };
  const dispatcher = makeDispatcher(testContext({ hops: [proxyAt("http", port, login)] }));
  const ask = async (): Promise<void> => {
    const { body } = await dispatcher.request({ origin: "http://origin.test", path: "/path", method: "GET" });
    expect(await body.text()).toMatch(/^Basic /);
  };
  const seen: string[] = [];
  await published(ask, (_name, { request, headers }) => {
    seen.push([...(request?.headers ?? []), request?.path, headers].join(" "));
  });
  expect(seen.join("\n")).toContain("GET /path HTTP/1.1\r\nhost: origin.test\r\n");
  expect(seen.join("\n")).not.toMatch(/authorization|origin\.test\/|Basic/i);
  await dispatcher.close();
  proxy.close();
});
