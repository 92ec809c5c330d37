import { once } from "node:events";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import {
  basic,
  dial,
  echoOf,
  firstOfStream,
  readAll,
  requestTunnel,
  send,
  sendOn,
  startTls,
  textOf,
} from "./testing/clients.js";
import type { LabProxy } from "./types.js";
import { ownLab } from "./testing/own-lab.js";

const login = { username: "alice", password: "p@ss:w#rd%" };
const right = basic(login.username, login.password);

const { lab, ca } = await ownLab();
const api = await lab.origin({ name: "api.lab.test" });
await lab.origin({ name: "plain.lab.test", tls: false });
const open = await lab.proxy({ name: "open" });

/** Text until the peer ends, without ending ours. */
function received(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    socket.once("end", () => resolve(text));
  });
}

/** A server beside the lab, which lets clients end their side first. */
async function listening(onConnection: (socket: Socket) => void): Promise<{ port: number; close(): void }> {
  const server = createServer({ allowHalfOpen: true }, onConnection);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

describe("CONNECT", () => {
  it("opens a tunnel to an origin that the client cannot resolve, by its name and the port 443", async () => {
    const { socket, status, head } = await requestTunnel(open, "api.lab.test:443");
    expect([status, head]).toEqual([200, "HTTP/1.1 200 Connection established\r\n\r\n"]);
    const echo = echoOf(
      await sendOn(await startTls(socket, { ca, servername: "api.lab.test" }), "https://api.lab.test/x"),
    );
    expect(echo).toMatchObject({ origin: "api.lab.test", url: "/x", tls: { version: "TLSv1.3" } });
    expect(lab.log.of("open", "resolve").at(-1)).toMatchObject({ name: "api.lab.test", ok: true });
    expect(lab.log.of("open", "connect").at(-1)).toMatchObject({
      target: "api.lab.test:443",
      authorization: undefined,
      status: 200,
    });
  });

  it("opens tunnels to real ports, to addresses and to names that lead to an origin", async () => {
    for (const host of [
      "api.lab.test",
      "127.0.0.1",
      "localhost",
      "any.localhost",
      "LOCALHOST.",
      "another-name.lab.test",
    ]) {
      const { socket, status } = await requestTunnel(open, `${host}:${api.port}`);
      expect(`${host} ${status}`).toBe(`${host} 200`);
      socket.destroy();
    }
  });

  it("opens tunnels to ::1", async () => {
    const six = await lab.origin({ address: "::1" });
    for (const target of [`[::1]:${six.port}`, `${six.name}:443`, `localhost:${six.port}`]) {
      const { socket, status } = await requestTunnel(open, target);
      expect(status).toBe(200);
      expect(echoOf(await sendOn(await startTls(socket, { ca, servername: six.name }), six.url)).origin).toBe(six.name);
    }
  });

  it.each([
    ["nosuch.lab.test:443", 502, "cannot resolve nosuch.lab.test"],
    ["www.example.com:443", 502, "cannot resolve www.example.com"],
    ["plain.lab.test:443", 502, "refuses connections"],
    ["192.0.2.1:443", 403, "never leaves the machine"],
    ["[2001:db8::1]:443", 403, "never leaves the machine"],
    ["169.254.169.254:80", 403, "never leaves the machine"],
    ["nonsense", 400, "host:port"],
    ["localhost:99999", 400, "host:port"],
  ])("refuses %s with %i", async (target, status, reason) => {
    const socket = await dial(open.port);
    socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const { text } = await readAll(socket);
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(text).toContain(reason);
    expect(lab.log.of("open", "connect").at(-1)).toMatchObject({ target, status });
  });

  it("asks for a login, and takes it on the same connection", async () => {
    const proxy = await lab.proxy({ login });
    const first = await requestTunnel(proxy, "api.lab.test:443");
    expect(first.status).toBe(407);
    expect(first.head).toContain('Proxy-Authenticate: Basic realm="lab"');
    const second = await requestTunnel(proxy, "api.lab.test:443", {
      on: first.socket,
      authorization: basic("alice", "wrong"),
    });
    expect(second.status).toBe(407);
    const third = await requestTunnel(proxy, "api.lab.test:443", { on: first.socket, authorization: right });
    expect(third.status).toBe(200);
    const echo = echoOf(await sendOn(await startTls(third.socket, { ca, servername: "api.lab.test" }), api.url));
    expect(echo.headers).not.toHaveProperty("proxy-authorization");
    expect(lab.log.of(proxy.name, "accept")).toHaveLength(1);
    expect(lab.log.of(proxy.name, "connect").map(({ status, authorization }) => [status, authorization])).toEqual([
      [407, undefined],
      [407, basic("alice", "wrong")],
      [200, right],
    ]);
  });

  it("passes what the client sends together with the CONNECT", async () => {
    const socket = await dial(open.port);
    socket.write(
      "CONNECT plain.lab.test:80 HTTP/1.1\r\nHost: x\r\n\r\nGET /early HTTP/1.1\r\nHost: plain.lab.test\r\nConnection: close\r\n\r\n",
    );
    expect((await readAll(socket)).text).toContain('"url":"/early"');
  });

  it("passes a half-closed connection on, in both directions", async () => {
    const answersAfterEnd = await listening((socket) => {
      void received(socket).then((text) => socket.end(`got ${text}`));
    });
    const one = await requestTunnel(open, `127.0.0.1:${answersAfterEnd.port}`);
    one.socket.end("all of it");
    expect((await readAll(one.socket)).text).toBe("got all of it");

    let heard: Promise<string> | undefined;
    const speaksFirst = await listening((socket) => {
      heard = received(socket);
      socket.end("that was all");
    });
    const other = await dial(open.port);
    other.allowHalfOpen = true;
    await requestTunnel(open, `127.0.0.1:${speaksFirst.port}`, { on: other });
    expect(await received(other)).toBe("that was all");
    other.end("and now me");
    expect(await heard).toBe("and now me");
    answersAfterEnd.close();
    speaksFirst.close();
  });

  it("ends the connection to the origin when the client has disconnected after its end", async () => {
    let over: Promise<string> | undefined;
    const talkative = await listening((socket) => {
      const talk = setInterval(() => socket.write("more"), 1);
      socket.on("error", () => {});
      over = new Promise<string>((resolve) => socket.once("close", () => resolve("over"))).finally(() =>
        clearInterval(talk),
      );
      socket.resume();
    });
    const { socket } = await requestTunnel(open, `127.0.0.1:${talkative.port}`);
    socket.end();
    await once(socket, "finish");
    socket.resetAndDestroy();
    expect(await over).toBe("over");
    talkative.close();
  });

  it("ends the tunnel when the origin's connection is dropped, and when its own are", async () => {
    const dropping = await lab.origin();
    for (const part of [dropping, open]) {
      const { socket } = await requestTunnel(open, `${dropping.name}:443`);
      await startTls(socket, { ca, servername: dropping.name });
      const ended = readAll(socket);
      part.dropConnections();
      await ended;
      expect(socket.destroyed).toBe(true);
    }
    expect((await requestTunnel(open, `${dropping.name}:443`)).status).toBe(200);
  });
});

describe("absolute form", () => {
  const via = (proxy: LabProxy, url: string, options: Parameters<typeof send>[1] = {}) =>
    send(`http://127.0.0.1:${proxy.port}`, { ...options, path: url });

  it("fetches plain http, and keeps what concerns the hop to itself", async () => {
    const reply = await via(open, "http://plain.lab.test/p?q=1", {
      method: "POST",
      body: "hello",
      headers: {
        "Proxy-Connection": "keep-alive",
        "Proxy-Authorization": right,
        Connection: "x-private",
        "X-Private": "1",
        TE: "trailers",
        "X-Public": "2",
      },
    });
    const echo = echoOf(reply);
    expect(echo).toMatchObject({ origin: "plain.lab.test", method: "POST", url: "/p?q=1", body: { length: 5 } });
    expect(echo.headers).toMatchObject({ host: "plain.lab.test", "x-public": "2", via: "1.1 open" });
    for (const name of ["proxy-connection", "proxy-authorization", "x-private", "te"])
      expect(echo.headers).not.toHaveProperty(name);
    expect(reply.headers.via).toBe("1.1 open");
    expect(lab.log.of("open", "request").at(-1)).toMatchObject({
      url: "http://plain.lab.test/p?q=1",
      inspected: false,
      headers: { "proxy-authorization": right, "x-private": "1" },
    });
  });

  it("passes a body without a length", async () => {
    const agent = new Agent();
    const request = httpRequest({
      host: "127.0.0.1",
      port: open.port,
      method: "PUT",
      path: "http://plain.lab.test/up",
      agent,
    });
    request.write("one");
    request.end("two");
    const [response] = (await once(request, "response")) as [AsyncIterable<unknown>];
    expect(echoOf({ body: await textOf(response) }).body.length).toBe(6);
  });

  it("passes events of a stream as they come", async () => {
    const path = "http://plain.lab.test/sse?count=2&interval=600000";
    const first = await firstOfStream(lab, "plain.lab.test", { host: "127.0.0.1", port: open.port, path });
    expect(first).toContain('"tick":1');
  });

  it("passes the head of an answer before its body comes", async () => {
    const headAlone = await listening((socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nX-Early: yes\r\nContent-Length: 5\r\n\r\n"));
      socket.once("end", () => socket.end());
    });
    const path = `http://127.0.0.1:${headAlone.port}/`;
    const request = httpRequest({ host: "127.0.0.1", port: open.port, path }).end();
    request.on("error", () => {});
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect(response.headers["x-early"]).toBe("yes");
    request.destroy();
    headAlone.close();
  });

  it("asks for a login, and takes it on the same connection", async () => {
    const proxy = await lab.proxy({ login });
    const agent = new Agent({ keepAlive: true });
    const refused = await via(proxy, "http://plain.lab.test/", { agent });
    expect([refused.status, refused.headers["proxy-authenticate"]]).toEqual([407, 'Basic realm="lab"']);
    expect(
      (await via(proxy, "http://plain.lab.test/", { agent, headers: { "Proxy-Authorization": right } })).status,
    ).toBe(200);
    expect(lab.log.of(proxy.name, "accept")).toHaveLength(1);
    agent.destroy();
  });

  it.each([
    ["http://nosuch.lab.test/", 502],
    ["http://192.0.2.1/", 403],
    ["http://api.lab.test/", 502],
    ["https://api.lab.test/", 400],
    ["/echo", 400],
  ])("refuses %s with %i", async (url, status) => {
    expect((await via(open, url)).status).toBe(status);
  });
});
