import { createHash } from "node:crypto";
import { once } from "node:events";
import http, { type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import net, { type AddressInfo, type Socket } from "node:net";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { loadContext } from "../../../src/clients/index.js";
import { labVariables, type LabEcho } from "../../../src/lab/index.js";
import { gatewayAt, textOf, type TestGateway } from "./support.js";
import { standardLab } from "../../support/standard-lab.js";

/** Straight to servers of the test's own, which are called `NAME.inside.test`. */
const lab = await standardLab();
const direct = await gatewayAt(lab, undefined, { token: false });
afterAll(() => direct.destroy());

const servers: net.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listenAs(name: string, server: net.Server): Promise<string> {
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://${name}.inside.test:${(server.address() as AddressInfo).port}`;
}

/** A server that answers each connection's bytes as the script says. */
function rawServer(script: (socket: Socket, text: string) => void): net.Server {
  return net.createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => script(socket, chunk.toString("latin1")));
  });
}

interface AskOptions extends http.RequestOptions {
  readonly url: string;
  readonly via?: TestGateway;
}

/** A request in absolute form. */
function ask({ url, via = direct, headers, ...options }: AskOptions): ClientRequest {
  const { port, username, password } = new URL(via.proxyUrl);
  const login = Buffer.from(`${username}:${password}`).toString("base64");
  const request = http.request({
    host: "127.0.0.1",
    port,
    path: url,
    headers: {
      host: new URL(url).host,
      "proxy-authorization": `Basic ${login}`,
      ...(headers as http.OutgoingHttpHeaders),
    },
    ...options,
  });
  // What a test waits for rejects by itself.
  return request.on("error", () => undefined);
}

async function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return response;
}

async function jsonAt(options: AskOptions, body?: string | Buffer): Promise<LabEcho> {
  const request = ask(options);
  request.end(body);
  return JSON.parse(await textOf(await answerOf(request))) as LabEcho;
}

/** The gateway's plain socket, for requests as no client would write them. */
function speak(text: string): Promise<string> {
  const socket = net.connect(Number(new URL(direct.url).port), "127.0.0.1");
  socket.write(text);
  return textOf(socket);
}

describe("where a request goes", () => {
  test("through a proxy with a login, which neither the origin nor the client sees", async () => {
    await using gateway = await gatewayAt(lab, lab.basic);
    const echo = await jsonAt({ url: `${lab.plain.url}/echo?a=1`, via: gateway, headers: { "x-own": "1" } });
    expect(echo).toMatchObject({
      origin: "plain.lab.test",
      url: "/echo?a=1",
      headers: { "x-own": "1", host: new URL(lab.plain.url).host },
    });
    expect(echo.headers).not.toHaveProperty("proxy-authorization");
    expect(lab.log.of("basic", "request")).toMatchObject([{ url: `${lab.plain.url}/echo?a=1` }]);
  });

  test("to an https origin, with the client certificate", async () => {
    await using gateway = await gatewayAt(lab, lab.strict);
    const echo = await jsonAt({ url: `${lab.mtls.url}/echo`, via: gateway, method: "POST" }, "body");
    expect(echo).toMatchObject({ origin: "mtls.lab.test", peer: "alice", body: { length: 4 } });
    expect(echo.headers).not.toHaveProperty("via");
  });

  test("on kept connections, on both sides", async () => {
    await using gateway = await gatewayAt(lab, lab.basic);
    const agent = new http.Agent({ keepAlive: true });
    const connections = [];
    for (let count = 0; count < 3; count++) {
      const { connection } = await jsonAt({ url: `${lab.mtls.url}/echo`, via: gateway, agent });
      connections.push(connection);
    }
    agent.destroy();
    expect(new Set(connections).size).toBe(1);
    expect(gateway.snapshot().totals.connections).toMatchObject({ forward: 3 });
  });

  test("by the settings in force: a reload changes the way of the next request, and lets those under way finish", async () => {
    const contextAt = (proxy: typeof lab.basic) =>
      loadContext({ source: { variables: labVariables(lab, proxy) }, lookup: lab.lookup, stores: ["bundled"] });
    let proxy = lab.basic;
    await using gateway = await gatewayAt(lab, undefined, { load: () => contextAt(proxy) });
    const slow = ask({ url: `${lab.plain.url}/sse?count=2&interval=300`, via: gateway });
    slow.end();
    const streaming = await answerOf(slow);
    proxy = lab.socks;
    await gateway.reload();
    await jsonAt({ url: `${lab.plain.url}/echo`, via: gateway });
    await jsonAt({ url: `${lab.plain.url}/echo`, via: gateway });
    expect(lab.log.of("socks", "connect")).toHaveLength(1);
    expect(await textOf(streaming)).toContain('"tick":2');
  });
});

describe("what is passed on is what came", () => {
  test("method, path and query to the letter", async () => {
    const seen: string[] = [];
    const origin = await listenAs(
      "paths",
      http.createServer((request, response) => response.end(seen.push(`${request.method} ${request.url}`).toString())),
    );
    for (const path of ["/a/../b?x=%7e&y=é".normalize("NFC").replace("é", "%e9"), "/%2e%2e//", "?q", "", "/~'\"|"]) {
      await speak(`GET ${origin}${path} HTTP/1.1\r\nHost: ${new URL(origin).host}\r\nConnection: close\r\n\r\n`);
    }
    await speak(`OPTIONS ${origin} HTTP/1.1\r\nHost: ${new URL(origin).host}\r\nConnection: close\r\n\r\n`);
    expect(seen).toEqual(["GET /a/../b?x=%7e&y=%e9", "GET /%2e%2e//", "GET /?q", "GET /", "GET /~'\"|", "OPTIONS *"]);
  });

  test("repeated fields, in order, and a Date only where the origin gave one", async () => {
    const origin = await listenAs(
      "fields",
      http.createServer((request, response) => {
        response.sendDate = false;
        response.writeHead(200, "Very well", [
          "X-Got",
          JSON.stringify(request.rawHeaders),
          "Set-Cookie",
          "a=1",
          "Set-Cookie",
          "b=2",
        ]);
        response.end();
      }),
    );
    const answer = await speak(
      `GET ${origin}/ HTTP/1.1\r\nHost: ${new URL(origin).host}\r\nX-A: 1\r\nx-a: 2\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 Very well\r\n/);
    expect(answer).toMatch(/Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n/);
    expect(answer).not.toMatch(/^Date:/im);
    expect(answer).toContain('"X-A","1","x-a","2"');
    expect(answer).toMatch(/"Via","1\.1 sallyport-[0-9a-f]{12}"/);
  });

  test("uploads and downloads of many megabytes", async () => {
    await using gateway = await gatewayAt(lab, lab.basic);
    const body = Buffer.alloc(6_000_000, "sallyport");
    const echo = await jsonAt({ url: `${lab.mtls.url}/echo`, via: gateway, method: "PUT" }, body);
    expect(echo.body).toEqual({ length: body.length, sha256: createHash("sha256").update(body).digest("hex") });
    const request = ask({ url: `${lab.mtls.url}/bytes?n=6000000`, via: gateway });
    request.end();
    expect((await textOf(await answerOf(request))).length).toBe(6_000_000);
  });

  test("events, each as it comes, and the client's leaving", async () => {
    await using gateway = await gatewayAt(lab, lab.basic);
    const request = ask({ url: `${lab.mtls.url}/sse?count=2&interval=600000`, via: gateway });
    request.end();
    const response = await answerOf(request);
    const [first] = (await once(response, "data")) as [Buffer];
    expect(first.toString()).toContain('"tick":1');
    expect(gateway.snapshot().connections).toMatchObject([
      { kind: "forward", target: new URL(lab.mtls.url).host, identity: "default", route: { kind: "proxy" } },
    ]);
    request.destroy();
    await lab.log.waitFor((event) => event.by === "mtls.lab.test" && event.kind === "close");
    await expect.poll(() => gateway.snapshot().connections).toEqual([]);
    expect(gateway.snapshot().faults).toEqual([]);
  });

  test("a stream's head does not wait for its first event, nor a request's for its body", async () => {
    let begun: ((request: IncomingMessage) => void) | undefined;
    const arrived = new Promise<IncomingMessage>((resolve) => (begun = resolve));
    const origin = await listenAs(
      "heads",
      http.createServer((request, response) => {
        begun?.(request);
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.flushHeaders();
        request.on("data", (chunk: Buffer) => response.write(chunk)).on("end", () => response.end());
      }),
    );
    const request = ask({ url: origin, method: "POST" });
    request.flushHeaders();
    const response = await answerOf(request);
    await arrived;
    request.write("ping");
    expect(((await once(response, "data")) as [Buffer])[0].toString()).toBe("ping");
    request.end("last");
    expect(await textOf(response)).toBe("last");
  });

  test("HEAD, 204 and 304 have no body, and keep their connection", async () => {
    const ports: (number | undefined)[] = [];
    const origin = await listenAs(
      "bodiless",
      http.createServer((request, response) => {
        ports.push(request.socket.remotePort);
        const status = Number(request.url?.slice(1));
        response.writeHead(status, request.method === "HEAD" || status === 304 ? { "content-length": "1234" } : {});
        response.end();
      }),
    );
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (const [method, status] of [
      ["HEAD", 200],
      ["GET", 204],
      ["GET", 304],
      ["DELETE", 204],
      ["GET", 200],
    ] as const) {
      const request = ask({ url: `${origin}/${status}`, method, agent });
      request.end();
      const response = await answerOf(request);
      expect([response.statusCode, await textOf(response)]).toEqual([status, ""]);
      expect(response.headers["content-length"] === "1234").toBe(method === "HEAD" || status === 304);
    }
    expect(new Set(ports).size).toBe(1);
    agent.destroy();
  });

  test("trailers, in both directions", async () => {
    let asked: IncomingMessage | undefined;
    const origin = await listenAs(
      "trailers",
      http.createServer((request, response) => {
        asked = request.resume();
        request.on("end", () => {
          response.writeHead(200, { trailer: "X-Sum" });
          response.write("body");
          response.addTrailers({ "X-Sum": "42" });
          response.end();
        });
      }),
    );
    const request = ask({
      url: origin,
      method: "POST",
      headers: { te: "trailers", trailer: "X-Up", "transfer-encoding": "chunked" },
    });
    request.write("up");
    request.addTrailers({ "X-Up": "7" });
    request.end();
    const response = await answerOf(request);
    await textOf(response);
    expect(response.trailers).toEqual({ "x-sum": "42" });
    expect(response.headers.trailer).toBe("X-Sum");
    expect(asked?.trailers).toEqual({ "x-up": "7" });
    expect(asked?.headers).toMatchObject({ te: "trailers", trailer: "X-Up" });
  });

  test("early hints and other interim answers", async () => {
    const origin = await listenAs(
      "hints",
      rawServer((socket) =>
        socket.write(
          "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.js>; rel=preload\r\n\r\n" +
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        ),
      ),
    );
    const interim: unknown[] = [];
    const request = ask({ url: origin });
    request.on("information", ({ statusCode, headers }) => interim.push(statusCode, headers["link"]));
    request.end();
    expect(await textOf(await answerOf(request))).toBe("ok");
    expect(interim).toEqual([102, undefined, 103, "</a.css>; rel=preload, </b.js>; rel=preload"]);
  });

  test("an answer without a length, to clients of HTTP/1.1 and HTTP/1.0", async () => {
    const origin = await listenAs(
      "endless",
      rawServer((socket) => socket.end("HTTP/1.0 200 OK\r\n\r\nuntil the end")),
    );
    const host = new URL(origin).host;
    expect(await speak(`GET ${origin}/ HTTP/1.0\r\nHost: ${host}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 200 OK\r\nConnection: close\r\n\r\nuntil the end$/,
    );
    expect(await speak(`GET ${origin}/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).toMatch(
      /chunked\r\n\r\nd\r\nuntil the end\r\n0\r\n\r\n$/,
    );
  });
});

describe("a client that asks whether its body is wanted", () => {
  test("hears it from the origin, once", async () => {
    const origin = await listenAs(
      "continue",
      http.createServer((request, response) => void textOf(request).then((body) => response.end(body))),
    );
    const request = ask({ url: origin, method: "POST", headers: { expect: "100-continue", "content-length": "4" } });
    let told = 0;
    request.on("continue", () => {
      told++;
      request.end("body");
    });
    request.flushHeaders();
    expect(await textOf(await answerOf(request))).toBe("body");
    expect(told).toBe(1);
  });
});

describe("what goes wrong", () => {
  test.each([
    ["a name that does not exist", "http://nowhere.test/", 502, "DNS_NOT_FOUND"],
    ["a port on which nobody listens", "http://closed.inside.test:1/", 502, "TCP_REFUSED"],
  ])("%s is answered", async (_name, url, status, code) => {
    const request = ask({ url, headers: { accept: "application/json" } });
    request.end();
    const response = await answerOf(request);
    expect(response.statusCode).toBe(status);
    expect(response.headers["sallyport-fault"]).toBe(code);
    expect(JSON.parse(await textOf(response))).toMatchObject({ ok: false, fault: { code } });
  });

  test.each([
    ["closes without an answer", (socket: Socket) => socket.end(), "HTTP_CLOSED"],
    ["speaks no HTTP", (socket: Socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n"), "HTTP_INVALID"],
    ["resets the connection", (socket: Socket) => socket.resetAndDestroy(), "TCP_RESET"],
    [
      "changes the protocol unasked",
      (socket: Socket) => socket.write("HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
      "HTTP_INVALID",
    ],
    [
      "answers in a coding that nobody asked for",
      (socket: Socket) => socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
      "HTTP_INVALID",
    ],
    [
      "answers a length and chunks at once",
      (socket: Socket) =>
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
      "HTTP_INVALID",
    ],
  ])("a server that %s", async (_name, act, code) => {
    const origin = await listenAs("broken", rawServer(act));
    const request = ask({ url: origin });
    request.end();
    const response = await answerOf(request);
    expect([response.statusCode, response.headers["sallyport-fault"]]).toEqual([502, code]);
    expect(await textOf(response)).toContain(`[${code}]`);
  });

  test("an answer that breaks off is no clean end for the client, and is counted", async () => {
    const origin = await listenAs(
      "cut",
      rawServer((socket) => {
        socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
        setImmediate(() => socket.end());
      }),
    );
    const before = direct.snapshot().faults.find(({ code }) => code === "HTTP_CLOSED")?.count ?? 0;
    const request = ask({ url: origin });
    request.end();
    await expect(answerOf(request).then(textOf)).rejects.toMatchObject({ code: "ECONNRESET" });
    await expect
      .poll(() => direct.snapshot().faults.find(({ code }) => code === "HTTP_CLOSED")?.count)
      .toBe(before + 1);
  });

  test("a client that leaves in the middle of its upload takes the request with it", async () => {
    const closed = new Promise<boolean>((resolve) => {
      void listenAs(
        "upload",
        http.createServer((request) => request.resume().on("close", () => resolve(request.complete))),
      ).then((origin) => {
        const request = ask({ url: origin, method: "POST", headers: { "content-length": "1000000" } });
        request.write(Buffer.alloc(1000), () => setImmediate(() => request.destroy()));
      });
    });
    expect(await closed).toBe(false);
  });

  test("an answer before the upload is over leaves the client's connection in order", async () => {
    const origin = await listenAs(
      "early",
      http.createServer((request, response) => {
        if (request.method === "POST") response.writeHead(413).end("too large");
        else response.end("next");
      }),
    );
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const upload = ask({ url: origin, method: "POST", agent, headers: { "content-length": "3000000" } });
    upload.end(Buffer.alloc(3_000_000));
    const refused = await answerOf(upload);
    expect([refused.statusCode, await textOf(refused)]).toEqual([413, "too large"]);
    const next = ask({ url: origin, agent });
    next.end();
    expect(await textOf(await answerOf(next))).toBe("next");
    agent.destroy();
  });

  test("a request that comes back to the gateway is a loop", async () => {
    // The origin sends on what it gets, Via and all, to the gateway.
    const origin: string = await listenAs(
      "loop",
      http.createServer((request, response) => {
        const again = ask({ url: origin, headers: { via: request.headers.via } });
        again.end();
        void answerOf(again).then(async (answer) =>
          response.writeHead(answer.statusCode ?? 0).end(await textOf(answer)),
        );
      }),
    );
    const request = ask({ url: origin });
    request.end();
    const response = await answerOf(request);
    expect([response.statusCode, await textOf(response)]).toEqual([403, expect.stringContaining("[PROXY_LOOP]")]);
  });

  test("a kept connection that the server closes is no fault of the next request's", async () => {
    // Closes each connection after its first answer without saying so, when the second request has come.
    const answered = new WeakSet<Socket>();
    const origin = await listenAs(
      "tired",
      rawServer((socket) => {
        if (answered.has(socket)) return void socket.destroy();
        answered.add(socket);
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      }),
    );
    for (let count = 0; count < 3; count++) {
      const request = ask({ url: origin });
      request.end();
      expect(await textOf(await answerOf(request))).toBe("ok");
    }
    const post = ask({ url: origin, method: "POST" });
    post.end();
    expect((await answerOf(post)).resume().statusCode).toBe(502);
  });
});

describe("an upgrade", () => {
  const upgrade = ["Connection: Upgrade", "Upgrade: echo"];

  test("to WebSocket goes through to the upstream, also with TLS and a client certificate", async () => {
    await using gateway = await gatewayAt(lab, lab.basic);
    const { port, username, password } = new URL(gateway.proxyUrl);
    for (const origin of [lab.plain, lab.mtls]) {
      const { host } = new URL(origin.url);
      const socket = new WebSocket(`ws://${host}/`, {
        createConnection: () => net.connect(Number(port), "127.0.0.1"),
        headers: { "proxy-authorization": `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` },
        finishRequest: (request) => {
          request.path = `${origin.url}/`;
          request.end();
        },
      });
      await once(socket, "open");
      socket.send("hello");
      expect(((await once(socket, "message")) as [Buffer])[0].toString()).toBe("hello");
      expect(gateway.snapshot().connections).toMatchObject([{ kind: "upgrade", target: host }]);
      socket.close();
      await once(socket, "close");
    }
    expect(lab.log.of("mtls.lab.test", "request")).toMatchObject([{ peer: "alice" }]);
    await expect.poll(() => gateway.snapshot().connections).toEqual([]);
  });

  test("passes on what both sides say at once with it", async () => {
    const origin = await listenAs(
      "early-bytes",
      rawServer((socket, text) => {
        if (text.startsWith("GET"))
          socket.write("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-A: 1\r\n\r\nserver first;");
        if (text.endsWith("client first")) socket.end(" and client first");
      }),
    );
    const answer = await speak(
      `GET ${origin}/ HTTP/1.1\r\nHost: ${new URL(origin).host}\r\n${upgrade.join("\r\n")}\r\n\r\nclient first`,
    );
    expect(answer).toBe(
      "HTTP/1.1 101 Go\r\nX-A: 1\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nserver first; and client first",
    );
  });

  test("that the server declines is answered as the server does, and that fails as any request", async () => {
    const origin = await listenAs(
      "declining",
      http.createServer((_request, response: ServerResponse) => response.writeHead(426).end("no")),
    );
    const head = (url: string) =>
      `GET ${url}/ HTTP/1.1\r\nHost: ${new URL(url).host}\r\n${upgrade.join("\r\n")}\r\n\r\n`;
    expect(await speak(head(origin))).toMatch(/^HTTP\/1\.1 426 [^]*Connection: close[^]*no/);
    expect(await speak(head("http://closed.inside.test:1"))).toMatch(/^HTTP\/1\.1 502 [^]*\[TCP_REFUSED\]/);
    await expect.poll(() => direct.snapshot().connections).toEqual([]);
  });

  test("to HTTP/2 is a wish that is left out", async () => {
    const origin = await listenAs(
      "old",
      http.createServer((request, response) => response.end(JSON.stringify(request.headers))),
    );
    const answer = await speak(
      `GET ${origin}/ HTTP/1.1\r\nHost: ${new URL(origin).host}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).not.toMatch(/h2c|settings/i);
  });
});
