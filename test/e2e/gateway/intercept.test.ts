import { execFile } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import https from "node:https";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import tls, { type TLSSocket } from "node:tls";
import { inspect, promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { readFileSync } from "node:fs";
import type { LabEcho, LabProxy } from "../../../src/lab/index.js";
import { connectThrough, gatewayAt, get, hostOf, jsonOf, secureThrough, textOf, type TestGateway } from "./support.js";
import { standardLab } from "../../support/standard-lab.js";

const run = promisify(execFile);

const lab = await standardLab();

async function echoOf(socket: TLSSocket, path = "/echo"): Promise<LabEcho> {
  socket.write(get(path));
  return jsonOf(await textOf(socket)) as unknown as LabEcho;
}

/** node:https over a tunnel: one request on a connection of its own. */
async function viaNode(gateway: TestGateway, url: string, options: https.RequestOptions = {}, body?: Buffer) {
  const socket = await secureThrough(gateway, hostOf(url));
  const request = https.request(url, { ...options, createConnection: () => socket });
  request.end(body);
  const [response] = (await once(request, "response")) as [import("node:http").IncomingMessage];
  return { status: response.statusCode, body: await textOf(response) };
}

const ways: Readonly<Record<string, () => LabProxy>> = {
  "a proxy with a login": () => lab.basic,
  "a TLS proxy": () => lab.overTls,
  "a SOCKS proxy": () => lab.socks,
  "TLS proxy, login and inspection together": () => lab.strict,
};

describe.each(Object.entries(ways))("through %s", (_name, proxy) => {
  test("an intercepted host gets the client certificate that the program does not have", async () => {
    await using gateway = await gatewayAt(lab, proxy(), { intercept: ["mtls.lab.test"] });
    const echo = await echoOf(await secureThrough(gateway, hostOf(lab.mtls.url)));
    expect(echo).toMatchObject({ origin: "mtls.lab.test", peer: "alice" });
    expect(lab.log.of("mtls.lab.test", "tls")).toMatchObject([{ peer: "alice", servername: "mtls.lab.test" }]);
  });
});

test("a host that is not intercepted passes through untouched: the program's own ClientHello arrives, and the server's own certificate", async () => {
  await using gateway = await gatewayAt(lab, lab.basic, { intercept: ["mtls.lab.test"] });
  const ca = readFileSync(lab.files.rootCa);
  const socket = await secureThrough(gateway, hostOf(lab.api.url), {
    ca,
    ALPNProtocols: ["http/1.1"],
    maxVersion: "TLSv1.2",
  });
  expect(socket.getPeerCertificate(true).issuerCertificate.subject.CN).toMatch(/Intermediate/i);
  expect(await echoOf(socket)).toMatchObject({ origin: "api.lab.test", peer: null, tls: { alpn: "http/1.1" } });
  expect(lab.log.of("api.lab.test", "tls")).toMatchObject([
    { version: "TLSv1.2", alpn: "http/1.1", servername: "api.lab.test" },
  ]);
});

test("a side that closes its half still gets the other's, in both directions", async () => {
  const { root } = lab.authorities;
  const { cert, key } = await root.issue({ commonName: "half", hosts: ["half.inside.test"], usage: "server" });
  let heard = "";
  const server = tls.createServer({ cert, key, allowHalfOpen: true }, (socket) => {
    socket.end("server first;");
    socket.on("data", (chunk: Buffer) => (heard += chunk.toString()));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  await using gateway = await gatewayAt(lab, undefined, { intercept: ["half.inside.test"] });
  const { port } = server.address() as AddressInfo;
  const raw = await connectThrough(gateway, `half.inside.test:${port}`);
  raw.allowHalfOpen = true;
  const socket = tls.connect({ socket: raw, servername: "half.inside.test", ca: gateway.authority ?? "" });
  let said = "";
  socket.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await once(socket, "end");
  expect(said).toBe("server first;");
  socket.end("client last");
  await expect.poll(() => heard).toBe("client last");
  server.close();
});

test("what an intercepted host shows is the gateway's certificate for it, and a program that does not trust the gateway is told apart", async () => {
  await using gateway = await gatewayAt(lab, lab.basic, { intercept: ["mtls.lab.test"] });
  const socket = await secureThrough(gateway, hostOf(lab.mtls.url));
  const shown = socket.getPeerCertificate();
  expect(shown).toMatchObject({ subjectaltname: "DNS:mtls.lab.test", issuer: { O: "sallyport" } });
  // Good for a month, and for clocks that are slow.
  const [from, to] = [Date.parse(shown.valid_from) - Date.now(), Date.parse(shown.valid_to) - Date.now()];
  expect([Math.round(from / 3_600_000), Math.round(to / 86_400_000)]).toEqual([-1, 30]);
  socket.destroy();
  const command = ["-sS", "--cacert", lab.files.rootCa, "--proxy", gateway.proxyUrl, lab.mtls.url];
  await expect(run("curl", command, { env: {} })).rejects.toMatchObject({ code: 60 });
  await expect.poll(() => gateway.snapshot().faults.map(({ code }) => code)).toEqual(["TLS_UNTRUSTED_ISSUER"]);
  await expect.poll(() => gateway.snapshot().connections).toEqual([]);
});

describe("what is spoken inside is what the program and the server agree on", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await gatewayAt(lab, lab.basic, { intercept: ["mtls.lab.test"] });
  });
  afterAll(() => gateway.close());

  test.each([
    [["h2", "http/1.1"], "h2"],
    [["http/1.1"], "http/1.1"],
    [["http/1.1", "h2"], "h2"],
    [undefined, false],
  ] as const)("%s becomes %s on both sides", async (ALPNProtocols, agreed) => {
    const socket = await secureThrough(
      gateway,
      hostOf(lab.mtls.url),
      ALPNProtocols === undefined ? {} : { ALPNProtocols: [...ALPNProtocols] },
    );
    expect(socket.alpnProtocol).toBe(agreed);
    expect(await lab.log.waitFor((event) => event.kind === "tls" && event.by === "mtls.lab.test")).toMatchObject({
      alpn: agreed,
    });
    socket.destroy();
  });

  test("HTTP/2, many streams on one connection", async () => {
    const socket = await secureThrough(gateway, hostOf(lab.mtls.url), { ALPNProtocols: ["h2"] });
    const session = http2.connect(lab.mtls.url, { createConnection: () => socket });
    const ask = async (): Promise<LabEcho> => {
      const stream = session.request({ ":path": "/echo", ":method": "POST" });
      stream.end(Buffer.alloc(100_000, "x"));
      return JSON.parse(await textOf(stream)) as LabEcho;
    };
    const echoes = await Promise.all(Array.from({ length: 20 }, ask));
    session.close();
    expect(
      echoes.every(
        ({ httpVersion, peer, body }) => httpVersion === "2.0" && peer === "alice" && body.length === 100_000,
      ),
    ).toBe(true);
    expect(new Set(echoes.map(({ connection }) => connection)).size).toBe(1);
  });

  test("WebSocket", async () => {
    const inner = await secureThrough(gateway, hostOf(lab.mtls.url));
    const socket = new WebSocket(lab.mtls.url.replace("https:", "wss:"), { createConnection: () => inner });
    await once(socket, "open");
    socket.send("hello");
    const [data] = (await once(socket, "message")) as [Buffer];
    expect(data.toString()).toBe("hello");
    socket.close();
    await once(socket, "close");
    expect(lab.log.of("mtls.lab.test", "request")).toMatchObject([{ peer: "alice" }]);
  });

  test("events, each as it comes", async () => {
    const socket = await secureThrough(gateway, hostOf(lab.mtls.url));
    // The second event comes after ten minutes: it is the first one that must not wait for it.
    socket.write(get("/sse?count=2&interval=600000"));
    let seen = "";
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      seen += chunk.toString();
      if (seen.includes('"tick":1')) break;
    }
    expect(seen).not.toContain('"tick":2');
    socket.destroy();
    // The server learns of it.
    await lab.log.waitFor((event) => event.by === "mtls.lab.test" && event.kind === "close");
  });

  test("uploads and downloads of many megabytes, to the last byte", async () => {
    const body = Buffer.alloc(8_000_000, "sallyport");
    const up = await viaNode(gateway, `${lab.mtls.url}/echo`, { method: "POST" }, body);
    const { createHash } = await import("node:crypto");
    expect((JSON.parse(up.body) as LabEcho).body).toEqual({
      length: body.length,
      sha256: createHash("sha256").update(body).digest("hex"),
    });
    const down = await viaNode(gateway, `${lab.mtls.url}/bytes?n=8000000`);
    expect(down.body.length).toBe(8_000_000);
  });

  test("sessions are resumed on both sides, so that new connections are cheap", async () => {
    const first = await secureThrough(gateway, hostOf(lab.mtls.url));
    const ticket = once(first, "session") as Promise<[Buffer]>;
    await echoOf(first);
    const [session] = await ticket;
    const second = await secureThrough(gateway, hostOf(lab.mtls.url), { session });
    expect(second.isSessionReused()).toBe(true);
    await echoOf(second);
    expect(lab.log.of("mtls.lab.test", "tls").at(-1)).toMatchObject({ resumed: true, peer: "alice" });
  });
});

describe("real programs", () => {
  let gateway: TestGateway;
  let ca: string;
  beforeAll(async () => {
    gateway = await gatewayAt(lab, lab.basic, { intercept: ["mtls.lab.test"] });
    ca = join(lab.directory, "gateway-ca.pem");
    await writeFile(ca, gateway.authority ?? "");
  });
  afterAll(() => gateway.close());

  test.each([["--http1.1"], ["--http2"]])("curl %s", async (version) => {
    const command = ["-sS", version, "--cacert", ca, "--proxy", gateway.proxyUrl, "-d", "body", `${lab.mtls.url}/echo`];
    const { stdout } = await run("curl", command, { env: {} });
    expect(JSON.parse(stdout)).toMatchObject({ peer: "alice", body: { length: 4 } });
  });

  test("openssl s_client", async () => {
    const { port, password } = new URL(gateway.proxyUrl);
    const target = hostOf(lab.mtls.url);
    const command = `printf 'GET /echo HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | openssl s_client -quiet -verify_return_error -CAfile ${ca} -proxy 127.0.0.1:${port} -proxy_user sallyport -proxy_pass pass:${password} -servername mtls.lab.test -verify_hostname mtls.lab.test -connect ${target} -ign_eof`;
    const { stdout } = await run("sh", ["-c", command], { env: { PATH: process.env["PATH"] } });
    expect(jsonOf(stdout)).toMatchObject({ peer: "alice" });
  });

  test("curl to a host that is not intercepted, with the lab's own authority alone", async () => {
    const command = ["-sS", "--cacert", lab.files.rootCa, "--proxy", gateway.proxyUrl, `${lab.api.url}/echo`];
    const { stdout } = await run("curl", command, { env: {} });
    expect(JSON.parse(stdout)).toMatchObject({ origin: "api.lab.test", peer: null });
  });
});

describe("a fault is answered inside the intercepted TLS, in what the program speaks", () => {
  const json = ["Accept: application/json"];

  test("HTTP/1.1, where the dial fails", async () => {
    await using gateway = await gatewayAt(lab, lab.basic, { intercept: ["nowhere.lab.test"] });
    const socket = await secureThrough(gateway, "nowhere.lab.test:1");
    socket.write(get("/", "x", json));
    const answer = await textOf(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
    expect(answer).toMatch(/sallyport-fault: PROXY_BAD_GATEWAY/);
    expect(jsonOf(answer)).toMatchObject({
      ok: false,
      fault: { code: "PROXY_BAD_GATEWAY", remedy: expect.any(String) as string },
    });
    expect(gateway.snapshot().faults).toMatchObject([{ code: "PROXY_BAD_GATEWAY", count: 1 }]);
  });

  test("a login that the proxy refuses says that trying again cannot help", async () => {
    const wrong = new URL(lab.basic.urlWithLogin);
    wrong.password = "wrong";
    await using gateway = await gatewayAt(lab, undefined, { proxy: wrong.href, intercept: ["mtls.lab.test"] });
    const socket = await secureThrough(gateway, hostOf(lab.mtls.url));
    socket.write(get("/"));
    expect(await textOf(socket)).toMatch(/x-should-retry: false\r\n[^]*PROXY_AUTH_REJECTED/);
  });

  test("a WebSocket, and a request that waits for a leave to send", async () => {
    await using gateway = await gatewayAt(lab, lab.basic, { intercept: ["nowhere.lab.test"] });
    const inner = await secureThrough(gateway, "nowhere.lab.test:1");
    const socket = new WebSocket("wss://nowhere.lab.test:1/", { createConnection: () => inner });
    const [error] = (await once(socket, "error")) as [Error];
    expect(error.message).toBe("Unexpected server response: 502");
    const waiting = await secureThrough(gateway, "nowhere.lab.test:1");
    waiting.write("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n");
    expect(await textOf(waiting)).toMatch(/^HTTP\/1\.1 502 /);
  });

  test("HTTP/2 alone", async () => {
    await using gateway = await gatewayAt(lab, lab.basic, { intercept: ["nowhere.lab.test"] });
    const socket = await secureThrough(gateway, "nowhere.lab.test:1", { ALPNProtocols: ["h2"] });
    const session = http2.connect("https://nowhere.lab.test:1", { createConnection: () => socket });
    const ask = async (method: string) => {
      const stream = session.request({ ":method": method, accept: "application/json" });
      stream.end(method === "POST" ? Buffer.alloc(200_000) : undefined);
      const [headers] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
      return { status: headers[":status"], body: await textOf(stream) };
    };
    const [got, posted, head] = await Promise.all([ask("GET"), ask("POST"), ask("HEAD")]);
    expect([got.status, posted.status, head.status, head.body]).toEqual([502, 502, 502, ""]);
    expect(JSON.parse(posted.body)).toMatchObject({ fault: { code: "PROXY_BAD_GATEWAY" } });
    if (!session.closed) await once(session, "close");
  });

  describe("a client certificate that is refused after the handshake", () => {
    let gateway: TestGateway;
    beforeEach(async () => {
      const { cert, key } = lab.files.wrongClient;
      gateway = await gatewayAt(lab, lab.basic, { clientCertificate: false, cert, key, intercept: ["mtls.lab.test"] });
    });
    afterEach(() => gateway.close());
    const counted = () => gateway.snapshot().faults.map(({ code, count }) => `${code} ${count}`);

    test("over HTTP/1.1, in the middle of an upload", async () => {
      const socket = await secureThrough(gateway, hostOf(lab.mtls.url), { ALPNProtocols: ["http/1.1"] });
      socket.write(`POST /v1 HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Length: 300000\r\n\r\n`);
      socket.write(Buffer.alloc(300_000));
      const answer = await textOf(socket);
      expect(answer).toMatch(/^HTTP\/1\.1 502 [^]*x-should-retry: false/);
      expect(jsonOf(answer)).toMatchObject({ fault: { code: "CLIENT_CERT_REJECTED" } });
      expect(counted()).toEqual(["CLIENT_CERT_REJECTED 1"]);
    });

    test("over HTTP/2", async () => {
      const socket = await secureThrough(gateway, hostOf(lab.mtls.url), { ALPNProtocols: ["h2"] });
      const session = http2.connect(lab.mtls.url, { createConnection: () => socket });
      const stream = session.request({ ":path": "/v1", ":method": "POST", accept: "application/json" });
      stream.end("body");
      const [headers] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
      expect(headers).toMatchObject({ ":status": 502, "x-should-retry": "false" });
      expect(JSON.parse(await textOf(stream))).toMatchObject({ fault: { code: "CLIENT_CERT_REJECTED" } });
      session.destroy();
      expect(counted()).toEqual(["CLIENT_CERT_REJECTED 1"]);
    });

    test("by a client that has closed its half", async () => {
      const socket = await secureThrough(gateway, hostOf(lab.mtls.url));
      socket.end(get("/"));
      expect(await textOf(socket)).toMatch(/^HTTP\/1\.1 502 [^]*CLIENT_CERT_REJECTED/);
      expect(counted()).toEqual(["CLIENT_CERT_REJECTED 1"]);
    });
  });

  test.each(["close-before-answer", "reset"] as const)("a server with the fault %s", async (fault) => {
    await using gateway = await gatewayAt(lab, lab.basic, { intercept: ["lab.test"] });
    await using origin = await lab.origin({ name: `${fault}.lab.test`, fault });
    const socket = await secureThrough(gateway, hostOf(origin.url));
    socket.write(get("/", "x", json));
    const answer = jsonOf(await textOf(socket));
    expect(answer).toMatchObject({ fault: { code: fault === "reset" ? "TLS_RESET" : "HTTP_CLOSED" } });
  });

  test("a server that breaks off in the middle of its answer is no clean end", async () => {
    // Not through a proxy, of which the lab's closes where the server resets.
    await using gateway = await gatewayAt(lab, undefined, { intercept: ["inside.test"] });
    await using origin = await lab.origin({ name: "cut.inside.test", fault: "cut-body" });
    const socket = await secureThrough(gateway, hostOf(origin.url));
    socket.write(get("/"));
    await expect(textOf(socket)).rejects.toMatchObject({ code: "ECONNRESET" });
  });
});

test("an address is intercepted as a name is, and no other address with it", async () => {
  await using gateway = await gatewayAt(lab, undefined, { intercept: ["127.0.0.1"] });
  const socket = await secureThrough(gateway, `127.0.0.1:${lab.mtls.port}`, { servername: "", host: "127.0.0.1" });
  expect(socket.getPeerCertificate().subjectaltname).toBe("IP Address:127.0.0.1");
  expect(await echoOf(socket)).toMatchObject({ peer: "alice" });
  const named = secureThrough(gateway, `localhost:${lab.mtls.port}`, { ca: readFileSync(lab.files.rootCa) });
  // Not intercepted: the server itself asks, and the program has no certificate.
  await expect(named.then((untouched) => echoOf(untouched))).rejects.toMatchObject({
    code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
  });
});

test.each(["*", "*:443", "https://api.example.com", "a b"])(
  "the host %j to open is refused at the start",
  async (host) => {
    await expect(gatewayAt(lab, undefined, { intercept: [host] })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  },
);

describe("what is not TLS, or not what it seems", () => {
  test("bytes that are not TLS go to the target as they are", async () => {
    await using gateway = await gatewayAt(lab, lab.basic, { intercept: ["plain.lab.test"] });
    const socket = await connectThrough(gateway, hostOf(lab.plain.url));
    socket.end(get("/echo"));
    expect(jsonOf(await textOf(socket))).toMatchObject({ origin: "plain.lab.test" });
    expect(gateway.snapshot().faults).toEqual([]);
  });

  test("a ClientHello in pieces is put together", async () => {
    await using gateway = await gatewayAt(lab, lab.basic, { intercept: ["mtls.lab.test"] });
    const raw = await connectThrough(gateway, hostOf(lab.mtls.url));
    const { Duplex } = await import("node:stream");
    // What TLS writes goes out in pieces of three bytes.
    const dribbling = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _encoding, done) {
        const send = (at: number): void => {
          if (at >= chunk.length) return done();
          raw.write(chunk.subarray(at, at + 3), () => setImmediate(send, at + 3));
        };
        send(0);
      },
      final: (done) => void raw.end(done),
    });
    raw.setNoDelay(true);
    raw.on("data", (chunk) => dribbling.push(chunk)).on("end", () => dribbling.push(null));
    const socket = tls.connect({ socket: dribbling, servername: "mtls.lab.test", ca: gateway.authority ?? "" });
    await once(socket, "secureConnect");
    expect(await echoOf(socket)).toMatchObject({ peer: "alice" });
  });

  test("a name inside TLS that is not the tunnel's is refused, and its server is not asked", async () => {
    await using gateway = await gatewayAt(lab, lab.basic, { intercept: ["lab.test"] });
    const fronted = secureThrough(gateway, hostOf(lab.mtls.url), { servername: "api.lab.test" });
    await expect(fronted).rejects.toMatchObject({ code: "ERR_SSL_TLSV1_UNRECOGNIZED_NAME" });
    expect(gateway.events).toMatchObject([
      { kind: "refused", status: 421, reason: expect.stringContaining("domain fronting") as string },
    ]);
    expect(lab.log.of("mtls.lab.test")).toEqual([]);
    expect(lab.log.of("basic", "connect")).toEqual([]);
  });

  test("without a name the certificate is for the tunnel's host", async () => {
    await using gateway = await gatewayAt(lab, lab.basic, { intercept: ["mtls.lab.test"] });
    const socket = await secureThrough(gateway, hostOf(lab.mtls.url), {
      servername: "",
      checkServerIdentity: (_host, certificate) => tls.checkServerIdentity("mtls.lab.test", certificate),
    });
    expect(await echoOf(socket)).toMatchObject({ peer: "alice" });
  });

  test("what begins like TLS and is none is told so, in TLS", async () => {
    await using gateway = await gatewayAt(lab, lab.basic, { intercept: ["mtls.lab.test"] });
    const socket = await connectThrough(gateway, hostOf(lab.mtls.url));
    socket.write(Buffer.of(22, 3, 1, 0, 4, 2, 0, 0, 0));
    const [alert] = (await once(socket, "data")) as [Buffer];
    expect([...alert]).toEqual([21, 3, 3, 0, 2, 2, 50]);
    expect(gateway.events).toMatchObject([{ kind: "refused", status: 400 }]);
  });

  test("a tunnel in which nothing comes is closed in time", async () => {
    await using gateway = await gatewayAt(lab, lab.basic, { intercept: ["mtls.lab.test"], headTimeout: 50 });
    const socket = await connectThrough(gateway, hostOf(lab.mtls.url));
    await once(socket.resume(), "close");
    expect(gateway.events).toMatchObject([{ kind: "refused", status: 408 }]);
  });
});

describe("nothing is left behind", () => {
  test("a client that vanishes while the upstream is dialled takes the dial with it", async () => {
    await using gateway = await gatewayAt(lab, lab.basic, { intercept: ["lab.test"] });
    await using origin = await lab.origin({ name: "silent.lab.test", fault: "silent" });
    const raw = await connectThrough(gateway, hostOf(origin.url));
    const socket = tls.connect({ socket: raw, servername: "silent.lab.test" }).on("error", () => undefined);
    await lab.log.waitFor((event) => event.by === "silent.lab.test" && event.kind === "accept");
    socket.destroy();
    raw.destroy();
    await lab.log.waitFor((event) => event.by === "silent.lab.test" && event.kind === "close");
    await expect.poll(() => gateway.snapshot().connections).toEqual([]);
    expect(gateway.snapshot().faults).toEqual([]);
  });

  test("a connection that is ended from the gateway's side is over on both", async () => {
    const gateway = await gatewayAt(lab, lab.basic, { intercept: ["mtls.lab.test"] });
    const socket = await secureThrough(gateway, hostOf(lab.mtls.url));
    socket.on("error", () => undefined);
    socket.write(get("/sse?count=2&interval=600000"));
    await once(socket, "data");
    const [live] = gateway.snapshot().connections;
    expect(live).toMatchObject({ intercepted: true, identity: "default", kind: "connect", route: { kind: "proxy" } });
    expect(live?.stages.map(({ stage, ok }) => `${stage} ${ok}`)).toEqual(
      ["route", "dns", "tcp", "tunnel", "tls"].map((stage) => `${stage} true`),
    );
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await gateway.destroy();
    await closed;
    await lab.log.waitFor((event) => event.by === "mtls.lab.test" && event.kind === "close");
  });
});

test("the authority's key is in no file, no status and nothing that can be printed", async () => {
  await using gateway = await gatewayAt(lab, lab.basic, { intercept: ["mtls.lab.test"] });
  await echoOf(await secureThrough(gateway, hostOf(lab.mtls.url)));
  await pause(0);
  const printed = inspect(gateway, { depth: 30, showHidden: true, getters: true }) + JSON.stringify(gateway.snapshot());
  expect(printed).toContain("BEGIN CERTIFICATE");
  expect(printed).not.toMatch(/PRIVATE KEY/);
  const files = await readdir(lab.directory);
  const texts = await Promise.all(
    files.filter((file) => file.endsWith(".pem")).map((file) => readFile(join(lab.directory, file), "utf8")),
  );
  expect(texts.some((text) => text.includes("O=sallyport"))).toBe(false);
});
