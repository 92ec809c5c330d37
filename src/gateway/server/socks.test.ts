import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gateway } from "../types.js";
import { upstream, gatewayAt, portOf, RawClient, until, type Upstream } from "../testing/clients.js";

let far: Upstream;
let gateway: Gateway;
beforeAll(async () => {
  far = await upstream((socket) => void socket.pipe(socket));
  gateway = await gatewayAt(undefined, {
    headTimeout: 1000,
    lookup: (name, _options, callback) => {
      if (name === "far.example") callback(null, [{ address: "127.0.0.1", family: 4 }]);
      else callback(Object.assign(new Error("not found"), { code: "ENOTFOUND" }), []);
    },
  });
});
afterAll(async () => {
  await gateway.destroy();
  await far[Symbol.asyncDispose]();
});

const hex = async (bytes: Promise<string>): Promise<string> => Buffer.from(await bytes, "latin1").toString("hex");
const port = (number: number): number[] => [number >> 8, number & 0xff];
const name = (text: string): number[] => [3, text.length, ...Buffer.from(text, "latin1")];
const request = (address: readonly number[], to: number, command = 1): Buffer =>
  Buffer.from([5, command, 0, ...address, ...port(to)]);
const login = (password: string): Buffer =>
  Buffer.concat([Buffer.from([1, 1, 120, password.length]), Buffer.from(password)]);

/** Greets, logs in, and is asked for the request. */
async function loggedIn(): Promise<RawClient> {
  const client = await RawClient.to(gateway);
  expect(await hex(client.send(Buffer.from([5, 1, 2])).bytes(2))).toBe("0502");
  expect(await hex(client.send(login(gateway.token ?? "")).bytes(2))).toBe("0100");
  return client;
}

describe("SOCKS 5", () => {
  it.each([
    ["an IPv4 address", [1, 127, 0, 0, 1]],
    ["an IPv4 address as IPv6", [4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1]],
    ["a name", name("far.example")],
    ["an address as a name", name("127.0.0.1")],
    ["an address of IPv6 as a name", name("::ffff:127.0.0.1")],
    ["the same in brackets", name("[::ffff:127.0.0.1]")],
  ])("opens a tunnel to %s", async (_what, address) => {
    await using client = await loggedIn();
    expect(await hex(client.send(request(address, far.port)).bytes(10))).toBe("05000001000000000000");
    expect(await client.send("through").bytes(7)).toBe("through");
    expect(gateway.snapshot().connections.at(-1)).toMatchObject({ kind: "socks5" });
  });

  it("takes all that a client sends at once, the tunnel's first bytes included", async () => {
    await using client = await RawClient.to(gateway);
    const all = [
      Buffer.from([5, 2, 0, 2]),
      login(gateway.token ?? ""),
      request([1, 127, 0, 0, 1], far.port),
      Buffer.from("early"),
    ];
    client.send(Buffer.concat(all));
    expect(await hex(client.bytes(2 + 2 + 10))).toBe("0502010005000001000000000000");
    expect(await client.bytes(5)).toBe("early");
  });

  it("is spoken byte by byte as well", async () => {
    await using client = await RawClient.to(gateway);
    client.socket.setNoDelay(true);
    for (const byte of Buffer.concat([
      Buffer.from([5, 1, 2]),
      login(gateway.token ?? ""),
      request(name("far.example"), far.port),
    ])) {
      await new Promise((resolve) => client.socket.write(Buffer.from([byte]), resolve));
    }
    expect(await hex(client.bytes(2 + 2 + 10))).toBe("0502010005000001000000000000");
  });

  it("without a login is refused where a token is wanted", async () => {
    await using client = await RawClient.to(gateway);
    client.send(Buffer.from([5, 1, 0]));
    expect(Buffer.from(await client.rest(), "latin1").toString("hex")).toBe("05ff");
  });

  it("with a wrong token is refused", async () => {
    await using client = await RawClient.to(gateway);
    client.send(Buffer.concat([Buffer.from([5, 1, 2]), login("wrong")]));
    expect(Buffer.from(await client.rest(), "latin1").toString("hex")).toBe("05020101");
    expect(gateway.snapshot().refusals).toMatchObject({ 407: expect.any(Number) });
  });

  it.each([
    ["a name that does not resolve: host unreachable", name("nowhere.example"), 443, "04"],
    ["a port that refuses: connection refused", [1, 127, 0, 0, 1], 1, "05"],
    ["a link-local address: not allowed", [1, 169, 254, 169, 254], 80, "02"],
    ["a name that can be none: host unreachable", name("a b"), 443, "04"],
    ["an empty name: host unreachable", name(""), 443, "04"],
    ["port 0: host unreachable", [1, 127, 0, 0, 1], 0, "04"],
    ["an address of a kind that there is not", [9], 443, "08"],
  ])("answers %s", async (_what, address, to, reply) => {
    await using client = await loggedIn();
    client.send(request(address, to));
    expect(Buffer.from(await client.rest(), "latin1").toString("hex")).toBe(`05${reply}0001000000000000`);
  });

  it("does not proxy to the gateway itself", async () => {
    await using client = await loggedIn();
    client.send(request(name("localhost"), portOf(gateway)));
    expect(Buffer.from(await client.rest(), "latin1").toString("hex")).toBe("05020001000000000000");
  });

  it.each([
    ["BIND", 2],
    ["UDP ASSOCIATE", 3],
  ])("answers %s: command not supported", async (_name, command) => {
    await using client = await loggedIn();
    client.send(request([1, 127, 0, 0, 1], far.port, command));
    expect(Buffer.from(await client.rest(), "latin1").toString("hex")).toBe("05070001000000000000");
  });

  it("needs no login where no token is wanted, and takes one that comes", async () => {
    await using open = await gatewayAt(undefined, { token: false });
    await using plain = await RawClient.to(open);
    plain.send(Buffer.concat([Buffer.from([5, 2, 0, 2]), request([1, 127, 0, 0, 1], far.port)]));
    expect(await hex(plain.bytes(2 + 10))).toBe("050005000001000000000000");
    await using polite = await RawClient.to(open);
    polite.send(Buffer.concat([Buffer.from([5, 1, 2]), login("whatever"), request([1, 127, 0, 0, 1], far.port)]));
    expect(await hex(polite.bytes(2 + 2 + 10))).toBe("0502010005000001000000000000");
  });

  it("is ended when its handshake does not come to an end", async () => {
    await using client = await RawClient.to(gateway);
    client.send(Buffer.from([5, 1]));
    expect(await client.rest()).toBe("");
  });

  it("a client who goes away in the handshake leaves nothing behind", async () => {
    const client = await RawClient.to(gateway);
    await client.send(Buffer.from([5, 1, 2])).bytes(2);
    client.socket.resetAndDestroy();
    await until(() => gateway.snapshot().connections.length === 0);
    await using next = await loggedIn();
    expect(await hex(next.send(request([1, 127, 0, 0, 1], far.port)).bytes(2))).toBe("0500");
  });

  it("SOCKS 4 is refused in its own words", async () => {
    await using client = await RawClient.to(gateway);
    client.send(Buffer.from([4, 1, ...port(far.port), 127, 0, 0, 1, 0]));
    expect(Buffer.from(await client.rest(), "latin1").toString("hex")).toBe("005b000000000000");
  });
});
