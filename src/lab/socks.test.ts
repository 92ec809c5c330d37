import { describe, expect, it } from "vitest";
import { dial, echoOf, readAll, readBytes, sendOn, startTls } from "./testing/clients.js";
import type { LabProxy, ProxyFault } from "./types.js";
import { ownLab } from "./testing/own-lab.js";

const { lab, ca } = await ownLab();
const api = await lab.origin({ name: "api.lab.test" });
const six = await lab.origin({ name: "six.lab.test", address: "::1" });
const open = await lab.proxy({ protocol: "socks", name: "open" });
const closed = await lab.proxy({ protocol: "socks", name: "closed", login: { username: "alice", password: "p:w" } });

const port = (value: number): number[] => [value >> 8, value & 0xff];
const domain = (name: string): number[] => [3, name.length, ...Buffer.from(name)];
const V4 = [1, 127, 0, 0, 1];
const V6 = [4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const text = (value: string): number[] => [value.length, ...Buffer.from(value)];

/** A SOCKS5 request after a greeting without login: the reply, and the socket after it. */
async function request5(proxy: LabProxy, address: number[], toPort: number, command = 1) {
  const socket = await dial(proxy.port);
  socket.write(Buffer.of(5, 1, 0));
  expect([...(await readBytes(socket, 2))]).toEqual([5, 0]);
  socket.write(Buffer.from([5, command, 0, ...address, ...port(toPort)]));
  const head = await readBytes(socket, 4);
  await readBytes(socket, head[3] === 4 ? 18 : 6);
  return { socket, code: head[1] };
}

describe("SOCKS5", () => {
  it("takes a name, which it resolves itself", async () => {
    const { socket, code } = await request5(open, domain("api.lab.test"), 443);
    expect(code).toBe(0);
    expect(echoOf(await sendOn(await startTls(socket, { ca, servername: "api.lab.test" }), api.url)).origin).toBe(
      "api.lab.test",
    );
    expect(lab.log.of("open", "resolve").at(-1)).toMatchObject({ name: "api.lab.test", ok: true });
    expect(lab.log.of("open", "connect").at(-1)).toMatchObject({
      target: "api.lab.test:443",
      status: 0,
      authorization: undefined,
    });
  });

  it("takes IPv4 and IPv6 addresses, and resolves nothing for them", async () => {
    const before = lab.log.of("open", "resolve").length;
    for (const [address, origin, target] of [
      [V4, api, `127.0.0.1:${api.port}`],
      [V6, six, `[::1]:${six.port}`],
    ] as const) {
      const { socket, code } = await request5(open, address, origin.port);
      expect(code).toBe(0);
      expect(echoOf(await sendOn(await startTls(socket, { ca, servername: origin.name }), origin.url)).origin).toBe(
        origin.name,
      );
      expect(lab.log.of("open", "connect").at(-1)?.target).toBe(target);
    }
    expect(lab.log.of("open", "resolve")).toHaveLength(before);
  });

  it.each([
    ["an unknown name", domain("nosuch.lab.test"), 443, 1, 4],
    ["a port that nobody listens on", domain("api.lab.test"), 80, 1, 5],
    ["an address elsewhere", [1, 192, 0, 2, 1], 443, 1, 2],
    ["BIND", V4, 443, 2, 7],
    ["UDP ASSOCIATE", V4, 443, 3, 7],
  ] as const)("refuses %s", async (_what, address, toPort, command, code) => {
    const reply = await request5(open, [...address], toPort, command);
    expect(reply.code).toBe(code);
    await readAll(reply.socket);
    expect(lab.log.of("open", "connect").at(-1)?.status).toBe(code);
  });

  it("refuses an unknown kind of address", async () => {
    const socket = await dial(open.port);
    socket.write(Buffer.of(5, 1, 0, 5, 1, 0, 9, 1, 1));
    expect([...(await readBytes(socket, 4))]).toEqual([5, 0, 5, 8]);
  });

  it("takes the right login, in one go with the request as well", async () => {
    const socket = await dial(closed.port);
    socket.write(
      Buffer.from([5, 2, 0, 2, 1, ...text("alice"), ...text("p:w"), 5, 1, 0, ...domain("api.lab.test"), ...port(443)]),
    );
    expect([...(await readBytes(socket, 14))].slice(0, 6)).toEqual([5, 2, 1, 0, 5, 0]);
    expect(echoOf(await sendOn(await startTls(socket, { ca, servername: "api.lab.test" }), api.url)).origin).toBe(
      "api.lab.test",
    );
    expect(lab.log.of("closed", "connect").at(-1)).toMatchObject({ authorization: "alice:p:w", status: 0 });
  });

  it("refuses a wrong login", async () => {
    const socket = await dial(closed.port);
    socket.write(Buffer.from([5, 1, 2, 1, ...text("alice"), ...text("wrong")]));
    expect((await readAll(socket)).text).toBe("\x05\x02\x01\x01");
    expect(lab.log.of("closed", "connect").at(-1)).toMatchObject({
      target: "",
      authorization: "alice:wrong",
      status: 255,
    });
  });

  it("refuses those who offer no login", async () => {
    const socket = await dial(closed.port);
    socket.write(Buffer.of(5, 1, 0));
    expect((await readAll(socket)).text).toBe("\x05\xff");
  });

  it("hangs up on what is not SOCKS", async () => {
    const socket = await dial(open.port);
    socket.write("CONNECT api.lab.test:443 HTTP/1.1\r\n\r\n");
    expect((await readAll(socket)).text).toBe("");
    expect(lab.log.of("open", "connect").at(-1)?.target).not.toContain("HTTP");
  });
});

describe("SOCKS4", () => {
  async function request4(proxy: LabProxy, octets: number[]) {
    const socket = await dial(proxy.port);
    socket.write(Buffer.from([4, ...octets]));
    return { socket, reply: [...(await readBytes(socket, 8))].slice(0, 2) };
  }
  const user = [...Buffer.from("bob"), 0];

  it("takes an address", async () => {
    const { socket, reply } = await request4(open, [1, ...port(api.port), 127, 0, 0, 1, ...user]);
    expect(reply).toEqual([0, 90]);
    expect(echoOf(await sendOn(await startTls(socket, { ca, servername: "api.lab.test" }), api.url)).origin).toBe(
      "api.lab.test",
    );
    expect(lab.log.of("open", "connect").at(-1)).toMatchObject({
      target: `127.0.0.1:${api.port}`,
      authorization: "bob:",
      status: 90,
    });
  });

  it("takes a name in the manner of 4a", async () => {
    const { socket, reply } = await request4(open, [1, ...port(443), 0, 0, 0, 1, 0, ...Buffer.from("api.lab.test"), 0]);
    expect(reply).toEqual([0, 90]);
    expect(echoOf(await sendOn(await startTls(socket, { ca, servername: "api.lab.test" }), api.url)).origin).toBe(
      "api.lab.test",
    );
  });

  it("refuses an unknown name, BIND, and everybody where a login is needed", async () => {
    expect(
      (await request4(open, [1, ...port(443), 0, 0, 0, 1, 0, ...Buffer.from("nosuch.lab.test"), 0])).reply,
    ).toEqual([0, 91]);
    expect((await request4(open, [2, ...port(443), 127, 0, 0, 1, 0])).reply).toEqual([0, 91]);
    expect((await request4(closed, [1, ...port(api.port), 127, 0, 0, 1, ...user])).reply).toEqual([0, 93]);
  });
});

describe("a SOCKS proxy's fault", () => {
  const broken = (fault: ProxyFault): Promise<LabProxy> => lab.proxy({ protocol: "socks", fault });
  const greeted = async (proxy: LabProxy) => {
    const socket = await dial(proxy.port);
    socket.write(Buffer.of(5, 1, 0));
    return socket;
  };

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("socks-reply %i comes whatever is asked", async (code) => {
    const proxy = await broken({ kind: "socks-reply", code });
    expect((await request5(proxy, domain("api.lab.test"), 443)).code).toBe(code);
    expect(lab.log.of(proxy.name, "connect")).toMatchObject([{ target: "api.lab.test:443", status: code }]);
  });

  it("status has no HTTP to be spoken, and is a general failure", async () => {
    expect((await request5(await broken({ kind: "status", status: 503 }), domain("api.lab.test"), 443)).code).toBe(1);
  });

  it("auth takes no method at all", async () => {
    expect((await readAll(await greeted(await broken({ kind: "auth", schemes: [] })))).text).toBe("\x05\xff");
  });

  it("silent and dead answer nothing", async () => {
    for (const kind of ["silent", "dead"] as const) {
      const socket = await greeted(await broken({ kind }));
      socket.end();
      expect(await readAll(socket)).toEqual({ text: "", reset: false });
    }
  });

  it("close and reset end the connection at the greeting", async () => {
    expect((await readAll(await greeted(await broken({ kind: "close" })))).text).toBe("");
    expect(await readAll(await greeted(await broken({ kind: "reset" })))).toEqual({ text: "", reset: true });
  });

  it("not-http, half-head and huge-head speak no SOCKS", async () => {
    for (const [kind, first] of [
      ["not-http", "SSH"],
      ["half-head", "HTT"],
      ["huge-head", "HTT"],
    ] as const) {
      const socket = await greeted(await broken({ kind }));
      expect((await readBytes(socket, 3)).toString()).toBe(first);
      socket.destroy();
    }
  });
});
