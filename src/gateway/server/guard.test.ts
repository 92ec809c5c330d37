import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gateway } from "../types.js";
import { basicFor, upstream, gatewayAt, portOf, RawClient, until } from "../testing/clients.js";

let gateway: Gateway;
const addresses: Readonly<Record<string, string>> = {
  "home.example": "127.0.0.1",
  "home6.example": "::1",
  "metadata.example": "169.254.169.254",
  "metadata6.example": "fe80::1",
  "translated.example": "64:ff9b::a9fe:a9fe",
  "far.example": "127.0.0.1",
};
beforeAll(async () => {
  gateway = await gatewayAt(undefined, {
    lookup: (name, _options, callback) => {
      const address = addresses[name];
      if (address === undefined) callback(Object.assign(new Error("not found"), { code: "ENOTFOUND" }), []);
      else callback(null, [{ address, family: address.includes(":") ? 6 : 4 }]);
    },
  });
});
afterAll(() => gateway.destroy());

async function connect(to: Gateway, target: string): Promise<string> {
  await using client = await RawClient.to(to);
  return await client.send(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${basicFor(to.token)}\r\n`).answer();
}

describe("the gateway does not proxy to itself", () => {
  it.each([
    "127.0.0.1",
    "localhost",
    "LOCALHOST.",
    "anything.localhost",
    "127.1",
    "0x7f.0.0.1",
    "2130706433",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[0:0:0:0:0:ffff:7f00:1]",
    "127.9.8.7",
    "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::1]",
    "home.example",
    "home6.example",
  ])("as %s", async (host) => {
    const answer = await connect(gateway, `${host}:${portOf(gateway)}`);
    expect(answer).toMatch(/^HTTP\/1\.1 403 .*\[PROXY_LOOP\]/);
    expect(answer).toMatch(/^x-should-retry: false\r$/m);
  });

  it("also for requests in absolute form", async () => {
    for (const host of ["localhost", "home.example"]) {
      const target = `${host}:${portOf(gateway)}`;
      await using client = await RawClient.to(gateway);
      client.send(`GET http://${target}/status.json HTTP/1.1\r\nHost: ${target}\r\n${basicFor(gateway.token)}\r\n`);
      const answer = await client.answer();
      expect(answer).toMatch(/^HTTP\/1\.1 403 /);
      expect(answer).toMatch(/^sallyport-fault: PROXY_LOOP\r$/m);
    }
  });

  it("but reaches another port of the same machine", async () => {
    await using far = await upstream((socket) => void socket.pipe(socket));
    expect(await connect(gateway, `localhost:${far.port}`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await connect(gateway, `far.example:${far.port}`)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("refuses a proxy setting that names itself, before a first connection runs in a circle", async () => {
    const port = await freePort();
    for (const proxy of [`http://127.0.0.1:${port}`, `http://home.example:${port}`]) {
      await using circle = await gatewayAt(undefined, {
        listen: { port },
        proxy,
        lookup: (_name, _options, callback) => callback(null, [{ address: "127.0.0.1", family: 4 }]),
      });
      const answer = await connect(circle, "api.example:443");
      expect(answer).toMatch(/^HTTP\/1\.1 403 .*\[PROXY_LOOP\] the option proxy sends the gateway to itself/);
      expect(circle.snapshot().totals.connections.connect).toBe(1);
      await circle.destroy();
    }
  });

  it("refuses a name that meant another machine when it was asked for, by the address that was reached", async () => {
    let asked = 0;
    await using rebound = await gatewayAt(undefined, {
      lookup: (_name, _options, callback) =>
        callback(null, [{ address: asked++ === 0 ? "192.0.2.1" : "127.0.0.1", family: 4 }]),
    });
    expect(await connect(rebound, `rebind.example:${portOf(rebound)}`)).toMatch(/^HTTP\/1\.1 403 .*\[PROXY_LOOP\]/);
    await until(() => rebound.snapshot().connections.length === 0);
  });
});

describe("link-local targets", () => {
  it.each([
    "169.254.169.254:80",
    "[fe80::1]:80",
    "[::ffff:169.254.169.254]:80",
    "0xa9fea9fe:80",
    "[64:ff9b::169.254.169.254]:80",
    "[64:ff9b:1::a9fe:a9fe]:80",
    "[64:ff9b:1:a9fe:a9:fe00::]:80",
    "[2002:a9fe:a9fe::1]:80",
    "[::169.254.169.254]:80",
    "[::ffff:0:a9fe:a9fe]:80",
    "[2001:0:a9fe:a9fe::1]:80",
    "[2001::5601:5601]:80",
    "[2001:db8::5efe:169.254.169.254]:80",
    "metadata.example:80",
    "translated.example:80",
    "metadata6.example:443",
  ])("(%s) are refused", async (target) => {
    expect(await connect(gateway, target)).toMatch(/^HTTP\/1\.1 403 .*\[PROXY_FORBIDDEN\] .* link-local address/);
  });

  it.each([
    ["the command", "command", {}, "start the gateway with --link-local"],
    ["the library", "library", {}, "start the gateway with the option linkLocal"],
    ["`run`", "run", {}, "ask for the address instead of a name, and heed NO_PROXY"],
    ["`run` that captures", "run", { captures: true }, "run it without capture"],
    ["`run` with such a setting", "run", { noProxy: "<-loopback>" }, "take <-loopback> out of NO_PROXY"],
  ] as const)("whoever started the gateway reads what to do there: %s", async (_whose, starter, options, remedy) => {
    await using started = await gatewayAt(undefined, options, starter);
    expect(await connect(started, "169.254.169.254:80")).toContain(remedy);
  });

  it("are dialled where that was asked for", async () => {
    await using lenient = await gatewayAt(undefined, {
      linkLocal: true,
      // Not to be reached from a test: the dial ends when the client goes.
      lookup: (_name, _options, callback) => callback(Object.assign(new Error("not found"), { code: "ENOTFOUND" }), []),
    });
    expect(await connect(lenient, "metadata.example:80")).toMatch(/^HTTP\/1\.1 502 .*\[DNS_NOT_FOUND\]/);
  });
});

async function freePort(): Promise<number> {
  await using far = await upstream(() => undefined);
  return far.port;
}
