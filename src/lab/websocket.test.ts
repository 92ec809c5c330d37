import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { WebSocket, type RawData } from "ws";
import { dial, readBytes, readHead } from "./testing/clients.js";
import { ownLab } from "./testing/own-lab.js";

const { lab, ca } = await ownLab();
const origin = await lab.origin();
const plain = await lab.origin({ tls: false });

async function open(protocols: string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(`wss://localhost:${origin.port}/ws?x=1`, protocols, {
    ca,
    headers: { authorization: "Bearer t" },
  });
  await once(socket, "open");
  return socket;
}

async function roundTrip(
  socket: WebSocket,
  message: string | Buffer,
  options = {},
): Promise<{ data: Buffer; binary: boolean }> {
  socket.send(message, options);
  const [data, binary] = (await once(socket, "message")) as [RawData, boolean];
  return { data: data as Buffer, binary };
}

describe("the WebSocket echo, by ws", () => {
  it("sends text and octets back, each as what it is", async () => {
    const socket = await open();
    expect(await roundTrip(socket, "grüße")).toEqual({ data: Buffer.from("grüße"), binary: false });
    expect(await roundTrip(socket, Buffer.of(0, 255))).toEqual({ data: Buffer.of(0, 255), binary: true });
    expect(await roundTrip(socket, "")).toEqual({ data: Buffer.alloc(0), binary: false });
    socket.terminate();
  });

  it.each([125, 126, 65_535, 65_536, 1_000_000])("sends a message of %i octets back", async (size) => {
    const socket = await open();
    expect((await roundTrip(socket, Buffer.alloc(size, "ab"))).data.equals(Buffer.alloc(size, "ab"))).toBe(true);
    socket.terminate();
  });

  it("answers a ping in the middle of a message, and puts the message together", async () => {
    const socket = await open();
    const echoed = once(socket, "message");
    const ponged = once(socket, "pong");
    socket.send("one ", { fin: false });
    socket.ping("are you there");
    socket.send("two", { fin: true });
    expect(String((await ponged)[0])).toBe("are you there");
    expect(String((await echoed)[0])).toBe("one two");
    socket.terminate();
  });

  it("closes with the code that it is given", async () => {
    const socket = await open();
    socket.close(4001, "done");
    expect((await once(socket, "close"))[0]).toBe(4001);
  });

  it("takes the first subprotocol, and logs the upgrade as a request", async () => {
    const socket = await open(["mcp", "other"]);
    expect(socket.protocol).toBe("mcp");
    expect(lab.log.of(origin.name, "request").at(-1)).toMatchObject({
      url: "/ws?x=1",
      headers: { authorization: "Bearer t", upgrade: "websocket" },
    });
    socket.terminate();
  });
});

describe("the WebSocket echo, by hand", () => {
  async function upgrade(headers: readonly string[]): Promise<{ socket: Socket; head: string }> {
    const socket = await dial(plain.port);
    socket.write(
      ["GET /ws HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade", ...headers, "\r\n"].join(
        "\r\n",
      ),
    );
    return { socket, head: await readHead(socket) };
  }
  const good = ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"];

  it("computes the accept value of RFC 6455's own example", async () => {
    const { socket, head } = await upgrade(good);
    expect(head).toContain("HTTP/1.1 101 ");
    expect(head).toContain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    socket.destroy();
  });

  it("refuses an upgrade without a key, and another version", async () => {
    expect((await upgrade([])).head).toMatch(/^HTTP\/1\.1 400 /);
    expect((await upgrade(["Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 8"])).head).toMatch(
      /^HTTP\/1\.1 426 [^]*Sec-WebSocket-Version: 13/,
    );
  });

  it.each([
    ["an unmasked frame", [0x81, 0x01, 0x61], 1002],
    ["a reserved bit", [0xc1, 0x80, 0, 0, 0, 0], 1002],
    ["an unknown opcode", [0x83, 0x80, 0, 0, 0, 0], 1002],
    ["a continuation of nothing", [0x80, 0x80, 0, 0, 0, 0], 1002],
    ["a fragmented ping", [0x09, 0x80, 0, 0, 0, 0], 1002],
    ["a second message within the first", [0x01, 0x80, 0, 0, 0, 0, 0x81, 0x80, 0, 0, 0, 0], 1002],
    ["text that is not UTF-8", [0x81, 0x81, 0, 0, 0, 0, 0xff], 1007],
    ["a message beyond all measure", [0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0], 1009],
  ])("closes on %s", async (_what, frames, code) => {
    const { socket } = await upgrade(good);
    socket.write(Buffer.from(frames));
    const closing = await readBytes(socket, 4);
    expect([closing[0], closing[1], closing.readUInt16BE(2)]).toEqual([0x88, 2, code]);
    socket.destroy();
  });
});
