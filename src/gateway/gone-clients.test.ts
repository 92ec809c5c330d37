import { once } from "node:events";
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import tls, { type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startLab, type Lab } from "../lab/index.js";
import type { Gateway } from "./types.js";
import { basicFor, upstream, gatewayAt, RawClient, tunnelTo, until, type Upstream } from "./testing/clients.js";

/** Far longer than a test may take: a close that waits for its end fails the test. */
const drainTimeout = 600_000;
const live = (gateway: Gateway): number => gateway.snapshot().connections.length;

const leaving: readonly [string, (socket: Socket) => void][] = [
  ["closes its connection", (socket) => void socket.end().destroySoon()],
  ["resets its connection", (socket) => void socket.resetAndDestroy()],
];

describe.each(leaving)("a client who %s", (_how, leave) => {
  /** It goes once so much of what it has asked for is under way, all of which is over then. */
  async function expectGivenUp(
    gateway: Awaited<ReturnType<typeof gatewayAt>>,
    client: RawClient,
    count: number,
  ): Promise<void> {
    await until(() => live(gateway) === count);
    leave(client.socket);
    await until(() => live(gateway) === 0);
    await gateway.close({ drainTimeout });
    expect(gateway.events.filter(({ kind }) => kind === "closed")).toHaveLength(1);
  }

  it("while ten requests of it wait for their answers, ends all ten", async () => {
    const dropped = new Set<http.ServerResponse>();
    let asked = 0;
    const origin = http.createServer((_request, response) => {
      asked++;
      response.once("close", () => void dropped.add(response));
    });
    origin.listen(0, "127.0.0.1");
    await once(origin, "listening");
    const target = `127.0.0.1:${(origin.address() as AddressInfo).port}`;
    for (const by of ["the gateway", "a reverse proxy"] as const) {
      const gateway = await gatewayAt(undefined, { origins: { api: `http://${target}` } });
      const [reverse = gateway] = gateway.origins;
      const client = await RawClient.to(by === "a reverse proxy" ? reverse : gateway);
      const head =
        by === "a reverse proxy"
          ? `GET / HTTP/1.1\r\nHost: ${new URL(reverse.url).host}\r\n\r\n`
          : `GET http://${target}/ HTTP/1.1\r\nHost: ${target}\r\n${basicFor(gateway.token)}\r\n`;
      asked = 0;
      dropped.clear();
      client.send(head.repeat(10));
      await until(() => asked === 10);
      expect(live(gateway)).toBe(10);
      leave(client.socket);
      await until(() => live(gateway) === 0 && dropped.size === 10);
      await gateway.close({ drainTimeout });
    }
    origin.close();
  });

  it("while names are looked up for its requests, gives up all of them", async () => {
    const gateway = await gatewayAt(undefined, { lookup: () => undefined });
    const client = await RawClient.to(gateway);
    client.send(`GET http://slow.example/ HTTP/1.1\r\nHost: slow.example\r\n${basicFor(gateway.token)}\r\n`.repeat(10));
    await expectGivenUp(gateway, client, 10);
  });

  it("while its tunnel is dialled, gives up the dial", async () => {
    const gateway = await gatewayAt(undefined, { lookup: () => undefined });
    const client = await RawClient.to(gateway);
    client.send(`CONNECT slow.example:443 HTTP/1.1\r\nHost: slow.example:443\r\n${basicFor(gateway.token)}\r\n`);
    await expectGivenUp(gateway, client, 1);
  });
});

describe("a client who resets its connection while nobody reads on", () => {
  it("in the middle of an upload that the server does not take, ends the upload", async () => {
    await using far = await upstream((socket) => void socket.pause());
    const gateway = await gatewayAt(undefined);
    const client = await RawClient.to(gateway);
    const length = 50_000_000;
    client.send(
      `POST http://${far.target}/ HTTP/1.1\r\nHost: ${far.target}\r\n${basicFor(gateway.token)}Content-Length: ${length}\r\n\r\n`,
    );
    await stalled(client.socket);
    client.socket.resetAndDestroy();
    await until(() => live(gateway) === 0);
    await gateway.close({ drainTimeout });
    expect(gateway.events.filter(({ kind }) => kind === "closed")).toHaveLength(1);
  });

  it.each(["plain", "opened"])("ends a tunnel (%s)", async (which) => {
    const origin = which === "intercepted" ? deafTls : await upstream((socket) => void socket.pause());
    const gateway = await gatewayAt(lab, which === "intercepted" ? { intercept: ["localhost"] } : {});
    const target = which === "intercepted" ? `localhost:${origin.port}` : origin.target;
    const client = await tunnelTo(gateway, target);
    await stalled(which === "intercepted" ? await secured(client.socket, gateway) : client.socket);
    expect(live(gateway)).toBe(1);
    client.socket.resetAndDestroy();
    await until(() => live(gateway) === 0);
    await gateway.close({ drainTimeout });
    expect(gateway.events.filter(({ kind }) => kind === "closed")).toHaveLength(1);
    if (which === "plain") await origin[Symbol.asyncDispose]();
  });
});

describe("a close of the gateway does not wait for", () => {
  it("a tunnel to an intercepted host through which nothing has come yet", async () => {
    const gateway = await gatewayAt(lab, { intercept: ["localhost"], headTimeout: drainTimeout });
    await using client = await tunnelTo(gateway, `localhost:${deafTls.port}`);
    await gateway.close({ drainTimeout });
    expect(await client.end()).toBeDefined();
  });

  it("an intercepted connection whose client has closed its half, and whose server says nothing", async () => {
    const gateway = await gatewayAt(lab, { intercept: ["localhost"] });
    await using client = await tunnelTo(gateway, `localhost:${deafTls.port}`);
    const secure = await secured(client.socket, gateway);
    const connected = deafTls.sockets.length;
    secure.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await until(() => live(gateway) === 1 && deafTls.sockets.length >= connected);
    secure.end().destroySoon();
    await gateway.close({ drainTimeout });
    expect(live(gateway)).toBe(0);
    // Nobody was there to be told of a fault.
    expect(gateway.snapshot().faults).toEqual([]);
  });

  it("one whose server had said something before", async () => {
    const gateway = await gatewayAt(lab, { intercept: ["localhost"] });
    await using client = await tunnelTo(gateway, `localhost:${deafTls.port}`);
    const secure = await secured(client.socket, gateway);
    secure.write("greet");
    await once(secure.resume(), "data");
    secure.end().destroySoon();
    await gateway.close({ drainTimeout });
    expect(live(gateway)).toBe(0);
  });

  it("a client who has TLS with an intercepted host that cannot be reached, and asks nothing of it", async () => {
    const gateway = await gatewayAt(lab, { intercept: ["localhost"], headTimeout: drainTimeout });
    await using client = await tunnelTo(gateway, "localhost:1");
    const secure = await secured(client.socket, gateway);
    await until(() => gateway.snapshot().faults.length === 1);
    await gateway.close({ drainTimeout });
    expect(live(gateway)).toBe(0);
    secure.destroy();
  });

  it("a client who has begun to speak SOCKS, and not ended", async () => {
    const gateway = await gatewayAt(undefined, { headTimeout: drainTimeout });
    await using client = await RawClient.to(gateway);
    client.send(Buffer.from([5, 1, 2]));
    expect(Buffer.from(await client.bytes(2), "latin1").toString("hex")).toBe("0502");
    await gateway.close({ drainTimeout });
  });
});

let lab: Lab;
/** A server with a certificate of the lab's that greets who asks for it, and otherwise neither reads nor answers. */
let deafTls: Upstream;
beforeAll(async () => {
  lab = await startLab();
  const { chain: cert, key } = await lab.authorities.intermediate.issue({
    commonName: "localhost",
    hosts: ["localhost"],
    usage: "server",
  });
  deafTls = await upstream((socket) => {
    const secure = new tls.TLSSocket(socket, { isServer: true, cert, key, ALPNProtocols: ["http/1.1"] });
    secure.on("error", () => undefined);
    secure.once("data", (chunk: Buffer) => {
      if (chunk.toString() === "greet") secure.write("hello");
      else secure.pause();
    });
  });
});
afterAll(async () => {
  await deafTls[Symbol.asyncDispose]();
  await lab[Symbol.asyncDispose]();
});

async function secured(socket: Socket, { authority: ca = "" }: Gateway): Promise<TLSSocket> {
  socket.removeAllListeners("data");
  const secure = tls.connect({ socket, ca, servername: "localhost", ALPNProtocols: ["http/1.1"] });
  secure.on("error", () => undefined);
  await once(secure, "secureConnect");
  return secure;
}

/** Sends until nothing more is taken. */
async function stalled(socket: Socket): Promise<void> {
  socket.on("error", () => undefined);
  socket.write(Buffer.alloc(40_000_000));
  for (let same = 0, last = -1; same < 20; last = socket.bytesWritten - socket.writableLength) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    same = socket.bytesWritten - socket.writableLength === last ? same + 1 : 0;
  }
}
