import { once } from "node:events";
import type { Socket } from "node:net";
import tls from "node:tls";
import { describe, expect, it } from "vitest";
import { startLab } from "../lab/index.js";
import type { Gateway } from "./types.js";
import { basicFor, upstream, gatewayAt, RawClient, tunnelTo, until, type Upstream } from "./testing/clients.js";
import { DeafClient } from "./testing/deaf-client.js";

const get = (far: Upstream, gateway: Gateway, fields = ""): string =>
  `GET http://${far.target}/ HTTP/1.1\r\nHost: ${far.target}\r\n${basicFor(gateway.token)}${fields}\r\n`;

const unauthorized = "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n";

/** A upstream that does something once it has read the head of a request. */
const answering = (serve: (socket: Socket) => void): Promise<Upstream> =>
  upstream((socket) => {
    let text = "";
    socket.on("data", function onData(chunk: Buffer) {
      text += chunk.toString("latin1");
      if (!text.includes("\r\n\r\n")) return;
      socket.off("data", onData).resume();
      serve(socket);
    });
  });

/** Resolves once a number stays the same for a while. */
async function standstill(value: () => number): Promise<void> {
  for (let same = 0, last = value(); same < 20; last = value()) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    same = value() === last ? same + 1 : 0;
  }
}

/** Far longer than a test may take: a drain that waits for its end fails the test. */
const drainTimeout = 600_000;

describe("a drain does not wait for a client who", () => {
  it("was told 407 and has not come back", async () => {
    const gateway = await gatewayAt(undefined);
    await using client = await RawClient.to(gateway);
    expect(await client.send(unauthorized).answer()).toMatch(/^HTTP\/1\.1 407 /);
    await gateway.close({ drainTimeout });
    expect(await client.rest()).toBe("");
  });

  it("has sent half a head", async () => {
    const gateway = await gatewayAt(undefined);
    await using client = await RawClient.to(gateway);
    expect(await client.send(unauthorized).answer()).toMatch(/^HTTP\/1\.1 407 /);
    client.send("GET http://a.exa");
    await gateway.close({ drainTimeout });
    expect(await client.rest()).toBe("");
  });

  it("has opened a connection to a reverse proxy ahead of time", async () => {
    const gateway = await gatewayAt(undefined, { origins: { api: "https://api.example" } });
    const [reverse] = gateway.origins;
    await using client = await RawClient.to(reverse ?? gateway);
    await gateway.close({ drainTimeout });
    expect(await client.rest()).toBe("");
  });
});

describe("a client who sends the next request before the answer to the last", () => {
  it("gets no answer of the gateway's own into the middle of another", async () => {
    await using far = await answering((socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"));
    await using gateway = await gatewayAt(undefined);
    await using client = await RawClient.to(gateway);
    client.send(get(far, gateway));
    let text = "";
    while (!text.endsWith("half")) text += await client.bytes(1);
    client.send(`CONNECT ${far.target} HTTP/1.1\r\nHost: ${far.target}\r\n${basicFor(gateway.token)}\r\n`);
    expect(await client.rest()).toBe("");
    expect(far.sockets).toHaveLength(1);
  });

  it("does not open more connections than one client has use for", async () => {
    await using far = await upstream((socket) => socket.resume());
    await using gateway = await gatewayAt(undefined);
    await using client = await RawClient.to(gateway);
    client.send(get(far, gateway).repeat(300));
    await until(() => (gateway.snapshot().refusals["503"] ?? 0) > 0);
    expect(gateway.snapshot().totals.connections.forward).toBe(64);
    expect(gateway.events.find(({ kind }) => kind === "refused")).toMatchObject({
      reason: "more than 64 requests of one connection wait for their answers",
    });
    await gateway.destroy();
  });
});

describe("interim answers of a upstream", () => {
  it("are all passed on, and wait at the upstream while the client does not read", async () => {
    const count = 2000;
    const hint = `HTTP/1.1 103 Early Hints\r\nLink: </${"x".repeat(8000)}>; rel=preload\r\n\r\n`;
    await using far = await answering((socket) => {
      socket.write(hint.repeat(count));
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    await using gateway = await gatewayAt(undefined);
    await using client = await DeafClient.to(gateway);
    client.socket.write(get(far, gateway, "Connection: close\r\n"));
    const sent = await far.connection();
    await until(() => client.queued() > 0);
    await standstill(() => sent.writableLength);
    expect(client.queued()).toBeLessThan(200_000);
    expect(sent.writableLength).toBeGreaterThan(0);
    let received = "";
    client.socket.on("data", (chunk: Buffer) => (received += chunk.toString("latin1"))).resume();
    await once(client.socket, "end");
    expect(received.match(/^HTTP\/1\.1 103 /gm)).toHaveLength(count);
    expect(received).toMatch(/HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/);
  });

  it("tell a client only once to send its body", async () => {
    await using far = await answering((socket) =>
      socket.write(`${"HTTP/1.1 100 Continue\r\n\r\n".repeat(20)}HTTP/1.1 204 No Content\r\n\r\n`),
    );
    await using gateway = await gatewayAt(undefined);
    await using client = await RawClient.to(gateway);
    const { token } = gateway;
    client.send(
      `POST http://${far.target}/ HTTP/1.1\r\nHost: ${far.target}\r\n${basicFor(token)}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`,
    );
    expect(await client.answer()).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 204 /);
  });
});

describe("a client who asks for another protocol, and gets an ordinary answer", () => {
  const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  const beginning = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n";

  it.each([
    ["closes its connection", (socket: Socket) => void socket.end().destroySoon()],
    ["resets its connection", (socket: Socket) => void socket.resetAndDestroy()],
  ])("and then %s ends the upstream's as well, though nothing more comes of it", async (_how, leave) => {
    await using far = await answering((socket) => socket.write(beginning));
    await using gateway = await gatewayAt(undefined);
    const client = await RawClient.to(gateway);
    expect(await client.send(get(far, gateway, upgrade)).answer()).toMatch(/^HTTP\/1\.1 200 /);
    const socket = await far.connection();
    leave(client.socket);
    await until(() => gateway.snapshot().connections.length === 0);
    await until(() => socket.readableEnded || socket.destroyed);
  });
});

describe("a client of an intercepted host that cannot be reached", () => {
  it("is let go when its request's head does not come to an end, however often it sends a byte", async () => {
    await using lab = await startLab();
    await using gateway = await gatewayAt(lab, { intercept: ["localhost"], headTimeout: 400 });
    const { socket } = await tunnelTo(gateway, "localhost:1");
    socket.removeAllListeners("data");
    const { authority: ca = "" } = gateway;
    const secure = tls.connect({ socket, ca, servername: "localhost", ALPNProtocols: ["http/1.1"] });
    secure.on("error", () => undefined).resume();
    await once(secure, "secureConnect");
    secure.write("GET / HTTP/1.1\r\nX: ");
    const drip = setInterval(() => void secure.write("x"), 100);
    await new Promise((resolve) => secure.once("close", resolve));
    clearInterval(drip);
    await until(() => gateway.snapshot().connections.length === 0);
    expect(gateway.snapshot().faults).toMatchObject([{ code: "TCP_REFUSED", count: 1 }]);
  });
});
