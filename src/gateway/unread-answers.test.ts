import { describe, expect, it } from "vitest";
import type { Gateway } from "./types.js";
import { basicFor, upstream, gatewayAt, portOf, RawClient, until } from "./testing/clients.js";
import { DeafClient } from "./testing/deaf-client.js";

const connect = (fields = ""): string => `CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n${fields}\r\n`;
const wrong = basicFor("not the token of this gateway");

const own = (path: string, { url }: { readonly url: string }, fields = ""): string =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${portOf({ url })}\r\n${fields}\r\n`;

/** The gateway's own answers, by status: what it refused, and how often. */
const refusals = (gateway: Gateway): number =>
  Object.values(gateway.snapshot().refusals).reduce((sum, count) => sum + count, 0);

/** More than the kernel takes on loopback, so that what is not read by the gateway stays with the sender. */
const many = 200_000;

describe("a client who asks on and on, and reads no answer,", () => {
  it.each([
    ["with CONNECT and no token", () => connect(), 5],
    ["with CONNECT and a wrong token", () => connect(wrong), 5],
    ["for a server, without the token", () => "GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", 5],
    ["for the status page, without the token", (gateway: Gateway) => own("/", gateway, "Accept: text/html\r\n"), 65],
    ["for a page that there is not", (gateway: Gateway) => own("/nothing", gateway), 65],
    ["for what needs no token", (gateway: Gateway) => own("/favicon.svg", gateway), 1],
    ["in a way that is malformed", (gateway: Gateway) => own("ftp://a.example/", gateway), 1],
  ])("%s, is let go after a few", async (_how, text, most) => {
    let queued = 0;
    const onEvent = (): void => void (queued = Math.max(queued, client?.queued() ?? 0));
    await using gateway = await gatewayAt(undefined, { headTimeout: 500, onEvent });
    const client: DeafClient = await DeafClient.to(gateway);
    void client.flood(text(gateway), many);
    await until(() => client.dropped() || refusals(gateway) > 200);
    expect(refusals(gateway)).toBe(most);
    expect(queued).toBeLessThan(65_536);
  });

  it("of a reverse proxy, is let go after a few, and opens no more connections than one client has use for", async () => {
    await using far = await upstream((socket) => socket.resume());
    await using gateway = await gatewayAt(undefined, { origins: { api: `http://${far.target}` } });
    const [reverse] = gateway.origins;
    await using client = await DeafClient.to(reverse ?? gateway);
    client.socket.write(own("/", reverse ?? gateway).repeat(300));
    await until(() => refusals(gateway) > 0 || far.sockets.length > 64);
    expect(gateway.snapshot().totals.connections.origin).toBe(64);
    await using stranger = await DeafClient.to(reverse ?? gateway);
    void stranger.flood("GET / HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n", many);
    await until(() => stranger.dropped() || refusals(gateway) > 200);
    expect(gateway.snapshot().refusals).toEqual({ 421: 1, 503: 1 });
    await gateway.destroy();
  });
});

describe("a client who does not read the gateway's own answers", () => {
  it("is let go in the time that a head has, though it asks for nothing more", async () => {
    await using gateway = await gatewayAt(undefined, { headTimeout: 300 });
    await using client = await DeafClient.to(gateway);
    const page = own("/", gateway, `Authorization: Bearer ${gateway.token}\r\n`);
    // What fits into the kernel's buffers is as good as read.
    for (let before = 0; client.queued() === 0 && !client.dropped(); before = client.answered()) {
      client.socket.write(page);
      await until(() => client.answered() > before);
    }
    await until(() => client.dropped());
    expect(gateway.snapshot().refusals).toEqual({});
  });
});

describe("a client who was told 407", () => {
  it("may try a few times on one connection, and is served there once the login is right", async () => {
    await using far = await upstream((socket) => void socket.pipe(socket));
    await using gateway = await gatewayAt(undefined);
    await using client = await RawClient.to(gateway);
    for (let time = 0; time < 4; time++) {
      expect(await client.send(connect(wrong)).answer()).not.toMatch(/^connection: close\r$/m);
    }
    const target = `CONNECT ${far.target} HTTP/1.1\r\nHost: ${far.target}\r\n`;
    expect(await client.send(`${target}${basicFor(gateway.token)}\r\n`).answer()).toMatch(/^HTTP\/1\.1 200 /);
    expect(await client.send("x").bytes(1)).toBe("x");
  });

  it("is told with the last of them that the connection ends", async () => {
    await using gateway = await gatewayAt(undefined);
    await using client = await RawClient.to(gateway);
    for (let time = 0; time < 4; time++) await client.send(connect()).answer();
    expect(await client.send(connect()).answer()).toMatch(/^HTTP\/1\.1 407 [^]*^connection: close\r$/m);
    expect(await client.end()).toBe("end");
  });
});
