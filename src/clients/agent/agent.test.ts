import { once } from "node:events";
import http, { type Agent, type ClientRequest, type IncomingMessage, type RequestOptions } from "node:http";
import https from "node:https";
import { checkServerIdentity } from "node:tls";
import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { findConnectError } from "../../base/errors.js";
import { listening, proxyAt, scripted, testContext } from "../../dial/testing/context.js";
import { bodyOf, serve } from "../testing/server.js";
import { serverInThread } from "../testing/server-in-thread.js";
import { drainAgent, makeAgent } from "./agent.js";

const agents: Agent[] = [];
afterEach(() => {
  for (const agent of agents.splice(0)) agent.destroy();
});

function kept<T extends Agent>(agent: T): T {
  agents.push(agent);
  return agent;
}

async function answerTo(request: ClientRequest): Promise<string> {
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return bodyOf(response);
}

async function failureOf(request: ClientRequest): Promise<unknown> {
  request.on("response", (response: IncomingMessage) => response.resume());
  const [error] = (await once(request, "error")) as [unknown];
  return error;
}

/** A forward proxy that answers plain http itself, and says what it was sent. */
async function forwardProxy(answer: (request: IncomingMessage, response: http.ServerResponse) => void) {
  const server = http.createServer(answer);
  const port = await listening(server);
  return {
    agent: kept(
      makeAgent(testContext({ hops: [proxyAt("http", port, { username: "user", password: "pass" })] }), "http:"),
    ),
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const said = async (request: IncomingMessage, response: http.ServerResponse): Promise<void> => {
  const body = await bodyOf(request);
  response.end(
    JSON.stringify([request.method, request.url, request.headers.host, request.headers["proxy-authorization"], body]),
  );
};
const login = `Basic ${Buffer.from("user:pass").toString("base64")}`;

describe("plain http through a proxy goes in absolute form, with the login, however the request was written", () => {
  const url = "http://origin.test:8080/path?query";
  const ways: readonly (readonly [string, RequestOptions, (request: ClientRequest) => void, string])[] = [
    ["ended at once", {}, (request) => request.end(), ""],
    ["with a body written at once", { method: "POST" }, (request) => request.end("body"), "body"],
    [
      "with binary chunks",
      { method: "POST" },
      (request) => void (request.write(Buffer.from("bo")), request.end(Buffer.from("dy"))),
      "body",
    ],
    [
      "with its head flushed first",
      { method: "POST" },
      (request) => void (request.flushHeaders(), setImmediate(() => request.end("body"))),
      "body",
    ],
    [
      "ended when it has its socket",
      { method: "PUT" },
      (request) => request.once("socket", () => setImmediate(() => request.end("body"))),
      "body",
    ],
    [
      "with headers given as a list",
      { method: "POST", headers: ["Host", "origin.test:8080", "X-A", "b"] },
      (request) => request.end("body"),
      "body",
    ],
    [
      "with headers given as a list, and ended long after it has its socket",
      { method: "POST", headers: ["Host", "origin.test:8080", "Content-Length", "4"] },
      (request) =>
        request.once("socket", () => setImmediate(() => setImmediate(() => setImmediate(() => request.end("body"))))),
      "body",
    ],
  ];
  test.each(ways)("%s", async (_name, options, write, body) => {
    using proxy = await forwardProxy((request, response) => void said(request, response));
    for (let count = 0; count < 2; count++) {
      const request = http.request(url, { agent: proxy.agent, ...options });
      write(request);
      expect(JSON.parse(await answerTo(request))).toEqual([
        options.method ?? "GET",
        url,
        "origin.test:8080",
        login,
        body,
      ]);
      expect(request.reusedSocket).toBe(count === 1);
      // Clients hang the request on the errors that they throw, and programs print those.
      expect(inspect(request, { depth: 6, showHidden: true })).not.toContain(login);
    }
  });
});

test("a path that would name another host to the proxy is asked of the host that the request is for, or refused", async () => {
  using proxy = await forwardProxy((request, response) => response.end(request.url));
  const asked = async (path: string, method = "GET"): Promise<string> => {
    const request = http.request({ host: "origin.test", path, method, agent: proxy.agent });
    return answerTo(request.end()).catch((error: { code: string }) => error.code);
  };
  expect(await asked("@evil.test/x")).toBe("http://origin.test/@evil.test/x");
  expect(await asked(".evil.test/x")).toBe("http://origin.test/.evil.test/x");
  expect(await asked(":81/x")).toBe("http://origin.test/:81/x");
  expect(await asked("?query")).toBe("http://origin.test/?query");
  expect(await asked("http://origin.test:80/x")).toBe("http://origin.test/x");
  expect(await asked("http://evil.test/x")).toBe("CONFIG_INVALID");
  expect(await asked("*", "OPTIONS")).toMatch(/^http:\/\/origin\.test\/?$/);
});

test("a 407 to a request in absolute form is the proxy's refusal, and no answer of the origin", async () => {
  using proxy = await forwardProxy((_request, response) =>
    response.writeHead(407, { "proxy-authenticate": "Basic" }).end("log in"),
  );
  const request = http.get("http://origin.test/", { agent: proxy.agent });
  let answered = false;
  request.on("response", () => (answered = true));
  const [error] = (await once(request, "error")) as [unknown];
  expect(error).toMatchObject({ code: "PROXY_AUTH_REJECTED", hop: "proxy" });
  expect(answered).toBe(false);
});

test("a refusal whose body does not end is not read for ever, and an abort during the question for another login is heard", async () => {
  let gone = (): void => undefined;
  const closed = new Promise<void>((resolve) => (gone = resolve));
  using proxy = await forwardProxy((_request, response) => {
    response.on("close", gone);
    response.writeHead(407, { "proxy-authenticate": "Basic" }).write("log in, ");
  });
  expect(await failureOf(http.get("http://origin.test/", { agent: proxy.agent }))).toMatchObject({
    code: "PROXY_AUTH_REJECTED",
  });
  await closed;

  const server = http.createServer((_request, response) =>
    response.writeHead(407, { "proxy-authenticate": "Basic" }).end(),
  );
  const port = await listening(server);
  let asked = 0;
  let abort = (): void => undefined;
  const run = (): Promise<string> => {
    if (asked++ === 0) return Promise.resolve("old");
    setImmediate(abort);
    return new Promise(() => undefined);
  };
  const told = { username: "user", password: { kind: "command", command: "tell" } } as const;
  const agent = kept(
    makeAgent(testContext({ hops: [{ ...proxyAt("http", port), login: told }], system: { run } }), "http:"),
  );
  const request = http.get("http://origin.test/", { agent });
  abort = () => void request.destroy(new Error("given up"));
  const over = new Promise<void>((resolve) => request.on("close", resolve));
  expect(await failureOf(request)).toMatchObject({ message: "given up" });
  await over;
  server.close();
});

describe("what a request's own options ask for, and this agent cannot do, is refused by name", () => {
  const options: readonly (readonly [string, https.RequestOptions & Record<string, unknown>])[] = [
    ["rejectUnauthorized: false", { rejectUnauthorized: false }],
    ["ca", { ca: "-----BEGIN CERTIFICATE-----" }],
    ["cert", { cert: "x" }],
    ["key", { key: "x" }],
    ["pfx", { pfx: "x" }],
    ["lookup", { lookup: () => undefined }],
    ["socketPath", { socketPath: "/run/socket" }],
    ["maxVersion", { maxVersion: "TLSv1.2" }],
    ["secureProtocol", { secureProtocol: "TLSv1_method" }],
    ["secureOptions", { secureOptions: 4 }],
    ["sigalgs", { sigalgs: "RSA+SHA1" }],
    ["ecdhCurve", { ecdhCurve: "P-256" }],
    ["session", { session: Buffer.from("x") }],
    ["ALPNProtocols", { ALPNProtocols: ["h2"] }],
    ["localAddress", { localAddress: "127.0.0.2" }],
  ];
  test.each(options)("%s", async (name, extra) => {
    const agent = kept(makeAgent(testContext(), "https:"));
    const error = await failureOf(https.get("https://localhost:1/", { agent, ...extra }));
    expect(error).toMatchObject({
      code: "CONFIG_INVALID",
      hop: "local",
      message: expect.stringContaining(`\`${name}\``) as string,
    });
    expect((error as { remedy: string }).remedy).not.toMatch(/rejectUnauthorized|REJECT_UNAUTHORIZED/);
  });

  test("but not what asks for nothing beyond what is done anyway", async () => {
    await using server = await serve({ http1: (_request, response) => response.end("ok") });
    const agent = kept(makeAgent(server.context, "https:"));
    const usual = { ecdhCurve: "auto", ALPNProtocols: ["http/1.1"], secureOptions: 0, session: undefined };
    expect(await answerTo(https.get(server.url, { agent, ...usual }))).toBe("ok");
  });

  test.each([
    { headers: { "Proxy-Authorization": "Basic c2VjcmV0" } },
    { headers: ["Host", "localhost", "Proxy-Authorization", "Basic c2VjcmV0"] as unknown as http.OutgoingHttpHeaders },
  ])("a Proxy-Authorization header", async (extra) => {
    const agent = kept(makeAgent(testContext(), "https:"));
    const error = await failureOf(https.get("https://localhost:1/", { agent, ...extra }));
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
    expect(JSON.stringify(error)).not.toContain("c2VjcmV0");
  });

  test("a Proxy-Authorization header that is set later", async () => {
    await using server = await serve({ http1: (_request, response) => response.end() });
    const agent = kept(makeAgent(server.context, "https:"));
    const request = https.request(server.url, { agent });
    request.setHeader("proxy-authorization", "Basic c2VjcmV0");
    request.end();
    expect(await failureOf(request)).toMatchObject({ code: "CONFIG_INVALID" });
  });
});

describe("the caller's own check of the certificate", () => {
  test("counts for every request, on a kept connection too", async () => {
    await using server = await serve({ http1: (_request, response) => response.end("ok") });
    const agent = kept(makeAgent(server.context, "https:"));
    const shown: string[] = [];
    const pinned = https.get(server.url, {
      agent,
      checkServerIdentity: (host, { subject }) => void shown.push(host, String(subject.CN)),
    });
    expect(await answerTo(pinned)).toBe("ok");
    const refused = https.get(server.url, {
      agent,
      checkServerIdentity: () => new Error("not the pinned certificate"),
    });
    expect(await failureOf(refused)).toMatchObject({ message: "not the pinned certificate" });
    expect(shown).toEqual(["localhost", "localhost"]);
  });

  test("that is Node's own asks for nothing more", async () => {
    await using server = await serve({ http1: (_request, response) => response.end("ok") });
    expect(
      await answerTo(https.get(server.url, { agent: kept(makeAgent(server.context, "https:")), checkServerIdentity })),
    ).toBe("ok");
  });
});

describe("a kept connection", () => {
  test.each(["close", "speak"] as const)("whose server was the last to act (%s) is not used again", async (action) => {
    await using server = await serverInThread();
    const agent = kept(makeAgent(testContext(), "http:"));
    const url = `http://localhost:${server.port}/`;
    expect(await answerTo(http.get(url, { agent }))).toBe("ok");
    // This thread stands still meanwhile: what the server does is in the socket, and has not been read.
    server.act(action);
    const request = http.request(url, { agent, method: "POST" });
    request.end("body");
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect([response.statusCode, request.reusedSocket]).toEqual([200, false]);
    response.resume();
  });

  test("is given up after the time that the agent keeps it", async () => {
    await using server = await serve({ http1: (_request, response) => response.end("ok") });
    const agent = kept(makeAgent(server.context, "https:", { keepAliveTimeout: 20 }));
    const request = https.get(server.url, { agent });
    await answerTo(request);
    if (request.socket?.closed === false) await once(request.socket, "close");
    const again = https.get(server.url, { agent });
    await answerTo(again);
    expect(again.reusedSocket).toBe(false);
  });
});

describe("what ends a request", () => {
  test("a server that closes without an answer", async () => {
    await using server = await scripted((socket) => socket.end());
    const error = await failureOf(
      http.get(`http://localhost:${server.port}/`, { agent: kept(makeAgent(testContext(), "http:")) }),
    );
    expect(error).toMatchObject({ code: "HTTP_CLOSED", cause: { message: "socket hang up" } });
  });

  test("a server that closes in the middle of its answer", async () => {
    await using server = await scripted((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"));
    const request = http.get(`http://localhost:${server.port}/`, { agent: kept(makeAgent(testContext(), "http:")) });
    const error = await answerTo(request).catch((reason: unknown) => reason);
    expect(findConnectError(error)).toMatchObject({
      code: "HTTP_CLOSED",
      message: expect.stringContaining("in the middle") as string,
    });
  });

  test("the caller's own timeout, also while the connection is being made", async () => {
    await using proxy = await scripted(() => undefined);
    const agent = kept(
      makeAgent(testContext({ hops: [proxyAt("http", proxy.port)], timeouts: { tunnel: 60_000 } }), "https:"),
    );
    const request = https.get("https://origin.test/", { agent, timeout: 30 });
    await once(request, "timeout");
    request.destroy(new Error("too slow for me"));
    expect(await failureOf(request)).toMatchObject({ message: "too slow for me" });
  });

  test("the caller's destroy stays what it is", async () => {
    await using server = await serve({ http1: () => undefined });
    const request = https.get(server.url, { agent: kept(makeAgent(server.context, "https:")) });
    await once(request, "socket");
    request.destroy();
    expect(await failureOf(request)).toMatchObject({ code: "ECONNRESET", message: "socket hang up" });
  });
});

test("an agent that is drained waits for its requests, and takes no more", async () => {
  let answer: (() => void) | undefined;
  await using server = await serve({ http1: (_request, response) => (answer = () => response.end("at last")) });
  const agent = makeAgent(server.context, "https:");
  const request = https.get(server.url, { agent });
  const text = answerTo(request);
  await once(request, "finish");
  const drained = drainAgent(agent);
  while (answer === undefined) await new Promise((resolve) => setImmediate(resolve));
  answer();
  expect(await text).toBe("at last");
  await drained;
  expect(await failureOf(https.get(server.url, { agent }))).toMatchObject({
    message: expect.stringContaining("closed") as string,
  });
});

test("a connection that was idle while the machine slept is not used again", async () => {
  let asleep = 0;
  await using server = await serve({ http1: (_request, response) => void response.end("x") });
  const { context } = server;
  const { system } = context;
  const agent = kept(makeAgent({ ...context, system: { ...system, now: () => system.now() + asleep } }, "https:"));
  const ask = async (): Promise<number> => {
    await answerTo(https.get(server.url, { agent }));
    return server.connections();
  };
  expect([await ask(), await ask()]).toEqual([1, 1]);
  asleep = 60_000;
  expect([await ask(), await ask()]).toEqual([2, 2]);
});
