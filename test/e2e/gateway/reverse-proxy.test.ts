import Anthropic from "@anthropic-ai/sdk";
import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import net, { type AddressInfo } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import type { LabEcho } from "../../../src/lab/index.js";
import { gatewayAt, textOf } from "./support.js";
import { standardLab } from "../../support/standard-lab.js";

const lab = await standardLab();
const gateway = await gatewayAt(lab, lab.strict, { origins: { claude: lab.mtls.url } });
const url = gateway.origins[0]?.url ?? "";
const port = Number(new URL(url).port);
afterAll(() => gateway.destroy());

async function ask(
  options: http.RequestOptions,
  body?: string,
): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: string }> {
  const request = http.request({ host: "127.0.0.1", port, path: "/echo", ...options });
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, body: await textOf(response) };
}

function speak(text: string): Promise<string> {
  const socket = net.connect(port, "127.0.0.1");
  socket.write(text);
  return textOf(socket);
}

test("a reverse proxy is told of by its name, its origin and a URL on loopback", () => {
  expect(gateway.origins).toEqual([{ name: "claude", origin: lab.mtls.url, url: `http://127.0.0.1:${port}` }]);
});

test("what it is asked for its origin is asked for, over TLS with the client certificate, through proxy, login and inspector", async () => {
  const { body } = await ask({ path: "/echo?a=1", method: "POST", headers: { "x-own": "1" } }, "body");
  expect(JSON.parse(body) as LabEcho).toMatchObject({
    origin: "mtls.lab.test",
    url: "/echo?a=1",
    peer: "alice",
    headers: { host: new URL(lab.mtls.url).host, "x-own": "1" },
    body: { length: 4 },
  });
  expect(gateway.snapshot().totals.connections.origin).toBeGreaterThan(0);
});

describe("Anthropic's SDK with the reverse proxy as its base URL", () => {
  const question = {
    model: "lab-model",
    max_tokens: 64,
    messages: [{ role: "user" as const, content: "echo hello, world" }],
  };
  const client = () => new Anthropic({ baseURL: url, apiKey: "sk-ant-lab", maxRetries: 0 });

  test("gets an answer", async () => {
    expect((await client().messages.create(question)).content).toMatchObject([{ type: "text", text: "hello, world" }]);
    expect(lab.log.of("mtls.lab.test", "request")).toMatchObject([
      { peer: "alice", headers: { authorization: "Bearer sk-ant-lab" } },
    ]);
  });

  test("gets a stream piece by piece", async () => {
    // An hour passes before the next event: what comes has not waited for it.
    const slow = new Anthropic({
      baseURL: url,
      apiKey: "sk-ant-lab",
      maxRetries: 0,
      defaultQuery: { interval: "3600000" },
    });
    const stream = await slow.messages.create({ ...question, stream: true });
    for await (const event of stream) {
      expect(event.type).toBe("message_start");
      break;
    }
    await lab.log.waitFor((event) => event.by === "mtls.lab.test" && event.kind === "close");
    const text = await client().messages.stream(question).finalText();
    expect(text).toBe("hello, world");
  });

  test("is told once what is wrong, and does not repeat what cannot succeed", async () => {
    const { cert, key } = lab.files.wrongClient;
    await using refused = await gatewayAt(lab, lab.basic, {
      clientCertificate: false,
      cert,
      key,
      origins: { claude: lab.mtls.url },
    });
    const patient = new Anthropic({ baseURL: refused.origins[0]?.url ?? "", apiKey: "x", maxRetries: 5 });
    await expect(patient.messages.create(question)).rejects.toMatchObject({
      status: 502,
      error: { ok: false, fault: { code: "CLIENT_CERT_REJECTED" } },
    });
    expect(refused.snapshot().totals.connections.origin).toBe(1);
  });
});

test("WebSocket goes through", async () => {
  const socket = new WebSocket(url.replace("http:", "ws:"));
  await once(socket, "open");
  socket.send("hello");
  expect(((await once(socket, "message")) as [Buffer])[0].toString()).toBe("hello");
  socket.close();
  await once(socket, "close");
  expect(lab.log.of("mtls.lab.test", "request")).toMatchObject([{ peer: "alice" }]);
});

test("redirects within the origin stay with the reverse proxy, others are left as they are", async () => {
  const located = async (to: string) =>
    (await ask({ path: `/redirect?to=${encodeURIComponent(to)}` })).headers.location;
  expect(await located(`${lab.mtls.url}/next?a#b`)).toBe(`http://127.0.0.1:${port}/next?a#b`);
  expect(await located("/next")).toBe("/next");
  expect(await located("https://elsewhere.test/")).toBe("https://elsewhere.test/");
  expect(await located(`${lab.mtls.url}1/`)).toBe(`${lab.mtls.url}1/`);
});

describe("nobody but programs on this machine may use it", () => {
  test.each(["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])("the host %s is its own", async (host) => {
    expect(await ask({ headers: { host: `${host}:${port}` } })).toMatchObject({ status: 200 });
  });

  test.each([
    ["a name that an attacker has pointed at loopback", () => `attacker.test:${port}`],
    ["a name that begins like its own", () => `127.0.0.1.attacker.test:${port}`],
    ["its own address without its port", () => "127.0.0.1"],
    ["another port", () => `localhost:${port + 1}`],
    ["the origin itself", () => new URL(lab.mtls.url).host],
  ])("not under %s", async (_name, host) => {
    const answer = await ask({ headers: { host: host() } });
    expect(answer).toMatchObject({ status: 421, headers: { "sallyport-fault": "PROXY_FORBIDDEN" } });
    expect(lab.log.of("mtls.lab.test")).toEqual([]);
  });

  test.each([
    ["of another site", { "sec-fetch-site": "cross-site" }],
    ["on another port of this machine", { "sec-fetch-site": "same-site" }],
    ["of another origin", { origin: "https://attacker.test" }],
    ["of a file", { origin: "null" }],
    ["of another port", { origin: "http://localhost:1" }],
  ])("not a web page %s", async (_name, headers) => {
    expect(await ask({ headers: { ...headers } })).toMatchObject({
      status: 403,
      headers: { "sallyport-fault": "PROXY_FORBIDDEN" },
    });
    expect(await speak(upgradeHead(headers))).toMatch(/^HTTP\/1\.1 403 /);
    expect(lab.log.of("mtls.lab.test")).toEqual([]);
  });

  test("but what the origin itself has sent to a browser, and what somebody has typed there", async () => {
    const own = { origin: `http://127.0.0.1:${port}`, "sec-fetch-site": "same-origin" };
    expect(await ask({ headers: own })).toMatchObject({ status: 200 });
    expect(await ask({ headers: { "sec-fetch-site": "none" } })).toMatchObject({ status: 200 });
    // Node's fetch sends this one.
    expect(await ask({ headers: { "sec-fetch-mode": "cors" } })).toMatchObject({ status: 200 });
  });

  function upgradeHead(headers: Readonly<Record<string, string>>): string {
    const fields = { host: `127.0.0.1:${port}`, connection: "Upgrade", upgrade: "websocket", ...headers };
    return `GET / HTTP/1.1\r\n${Object.entries(fields)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("")}\r\n`;
  }
});

describe("it is no proxy", () => {
  const own = () => `Host: 127.0.0.1:${port}\r\n`;

  test("for another origin", async () => {
    expect(await speak(`GET http://plain.lab.test/ HTTP/1.1\r\n${own()}\r\n`)).toMatch(/^HTTP\/1\.1 421 /);
    expect(await speak(`GET http://plain.lab.test/ HTTP/1.1\r\nHost: plain.lab.test\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 421 /,
    );
  });

  test("for tunnels", async () => {
    expect(await speak(`CONNECT plain.lab.test:80 HTTP/1.1\r\n${own()}\r\n`)).toMatch(
      /^HTTP\/1\.1 400 [^]*not a forward proxy/,
    );
  });

  test("but takes its own URL for what it is", async () => {
    const answer = await speak(`GET http://localhost:${port}/echo HTTP/1.1\r\n${own()}Connection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*"url":"\/echo"/);
  });
});

describe("what is malformed goes no further", () => {
  test.each([
    ["two lengths", "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400],
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["no host", "GET / HTTP/1.1\r\n\r\n", 400],
    ["an empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 421],
    ["two hosts", "GET / HTTP/1.1\r\nHost: HOST\r\nHost: other\r\n\r\n", 400],
    ["a head that is too large", `GET / HTTP/1.1\r\nHost: HOST\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    [
      "an upgrade with a body",
      "POST / HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 1\r\n\r\na",
      400,
    ],
    ["no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", 400],
  ])("%s", async (_name, text, status) => {
    expect(await speak(text.replace("HOST", `127.0.0.1:${port}`))).toMatch(
      new RegExp(`^HTTP/1\\.1 ${status} [^]*sallyport-fault`),
    );
    expect(lab.log.of("mtls.lab.test")).toEqual([]);
  });
});

test("what cannot be read behind a request that is being answered is no part of its answer", async () => {
  const origin = http.createServer((_request, response) => void response.write("begun"));
  await once(origin.listen(0, "127.0.0.1"), "listening");
  const { port: originPort } = origin.address() as AddressInfo;
  await using fronted = await gatewayAt(lab, undefined, { origins: { own: `http://own.inside.test:${originPort}` } });
  const reverse = new URL(fronted.origins[0]?.url ?? "");
  const socket = net.connect(Number(reverse.port), "127.0.0.1");
  socket.write(`GET / HTTP/1.1\r\nHost: ${reverse.host}\r\n\r\n`);
  let answer = "";
  socket.on("data", (chunk: Buffer) => {
    answer += chunk.toString();
    if (chunk.includes("begun")) socket.write("this is not HTTP\r\n\r\n");
  });
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("close", resolve));
  expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*begun/);
  expect(answer).not.toMatch(/400|0\r\n\r\n$/);
  origin.close();
});

test("a client that wishes for HTTP/2 with its first request, body and all, is served in HTTP/1.1, and its next request too", async () => {
  const head = (rest: string) =>
    `POST /echo HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 4\r\n${rest}\r\nbody`;
  const wish = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
  const socket = net.connect(port, "127.0.0.1");
  socket.write(head(wish));
  let answers = "";
  while (!answers.endsWith("}")) answers += ((await once(socket, "data")) as [Buffer])[0].toString();
  socket.write(head("Connection: close\r\n"));
  answers += await textOf(socket);
  expect(answers.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  expect(answers.match(/"body":\{"length":4/g)).toHaveLength(2);
  expect(answers).not.toMatch(/h2c|http2-settings/i);
});

test("whether a body may come is the origin's to say", async () => {
  const origin = http.createServer((_request, response) => response.end());
  let seen = "";
  origin.on("checkContinue", (request: IncomingMessage, response) => {
    if (request.url === "/no") return void response.writeHead(417).end("no");
    response.writeContinue();
    request.on("data", (chunk: Buffer) => (seen += chunk.toString())).on("end", () => response.end("thanks"));
  });
  await once(origin.listen(0, "127.0.0.1"), "listening");
  const { port: originPort } = origin.address() as AddressInfo;
  await using fronted = await gatewayAt(lab, undefined, { origins: { own: `http://own.inside.test:${originPort}` } });
  const reverse = new URL(fronted.origins[0]?.url ?? "");
  const offer = async (path: string) => {
    const request = http.request({
      host: "127.0.0.1",
      port: reverse.port,
      path,
      method: "POST",
      headers: { expect: "100-continue", "content-length": "4" },
    });
    let told = false;
    request.on("continue", () => {
      told = true;
      request.end("body");
    });
    request.flushHeaders();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const body = await textOf(response);
    request.destroy();
    return { told, status: response.statusCode, body, connection: response.headers.connection };
  };
  expect(await offer("/yes")).toMatchObject({ told: true, status: 200, body: "thanks" });
  expect(seen).toBe("body");
  expect(await offer("/no")).toEqual({ told: false, status: 417, body: "no", connection: "close" });
  origin.close();
});

test.each([
  "api.example.com",
  "ftp://api.example.com",
  "https://user:pass@api.example.com",
  "https://api.example.com/v1",
  "https://x:0",
  "",
])("%j is no origin, and is refused at the start", async (origin) => {
  const starting = gatewayAt(lab, undefined, { origins: { claude: origin } });
  await expect(starting).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: 'the origin of the reverse proxy "claude" is not a valid origin',
  });
});

test("at the end a stream is let finish, and no new request is taken", async () => {
  const ending = await gatewayAt(lab, lab.basic, { origins: { claude: lab.mtls.url } });
  const reverse = new URL(ending.origins[0]?.url ?? "");
  const agent = new http.Agent({ keepAlive: true });
  const request = http.request({ host: "127.0.0.1", port: reverse.port, path: "/sse?count=3&interval=100", agent });
  request.end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const closing = ending.close();
  expect(await textOf(response)).toContain('"tick":3');
  await closing;
  agent.destroy();
  const late = net.connect(Number(reverse.port), "127.0.0.1");
  await expect(once(late, "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
});
