import { once } from "node:events";
import { readdirSync } from "node:fs";
import net, { type AddressInfo, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGateway, type Gateway } from "../../../src/gateway/index.js";

const connections = 10_000;
const atOnce = 100;

let far: net.Server;
let gateway: Gateway;
beforeAll(async () => {
  far = net.createServer((socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  far.listen(0, "127.0.0.1");
  await once(far, "listening");
  gateway = await startGateway({ source: { variables: { HOME: "/nonexistent" } }, stores: ["bundled"], watch: false });
});
afterAll(async () => {
  await gateway.destroy();
  far.close();
});

const openDescriptors = (): number => readdirSync("/proc/self/fd").length;

/** What a client may do: well, badly, or half. Each resolves once the client's socket is closed. */
const deeds: readonly ((socket: Socket, target: string) => void)[] = [
  (socket, target) => {
    socket.write(connect(target));
    socket.once("data", () => socket.write("hello"));
    socket.on("data", (chunk: Buffer) => {
      if (chunk.toString("latin1").endsWith("hello")) socket.end();
    });
  },
  (socket, target) => {
    socket.write(connect(target));
    socket.once("data", () => socket.resetAndDestroy());
  },
  (socket, target) => {
    // Gone before the answer.
    socket.write(connect(target), () => socket.destroy());
  },
  (socket) => socket.write(connect("127.0.0.1:1")),
  (socket, target) => socket.end(connect(target, "wrong-token-of-sixteen")),
  (socket) => socket.write("nonsense\r\n\r\n"),
  (socket, target) => {
    const token = Buffer.from(gateway.token ?? "");
    const port = Number(target.split(":")[1]);
    socket.write(
      Buffer.concat([
        Buffer.from([5, 1, 2, 1, 0, token.length]),
        token,
        Buffer.from([5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 0xff]),
      ]),
    );
    let received = 0;
    socket.on("data", (chunk: Buffer) => {
      received += chunk.length;
      if (received === 14) socket.end("bye");
    });
  },
  (socket) => socket.destroy(),
];

function connect(target: string, token = gateway.token ?? ""): string {
  const login = Buffer.from(`x:${token}`).toString("base64");
  return `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\nProxy-Authorization: Basic ${login}\r\n\r\n`;
}

test.skipIf(process.platform !== "linux")(
  `${connections} connections of every kind leave no descriptor open, and nothing in the list`,
  async () => {
    const { port } = far.address() as AddressInfo;
    const client = async (number: number): Promise<void> => {
      const socket = net.connect({ host: "127.0.0.1", port: Number(new URL(gateway.url).port) });
      socket.on("error", () => undefined).resume();
      const closed = new Promise((resolve) => socket.once("close", resolve));
      await once(socket, "connect");
      deeds[number % deeds.length]?.(socket, `127.0.0.1:${port}`);
      await closed;
    };
    // What is loaded and opened at the first use stays open.
    await Promise.all(deeds.map((_, number) => client(number)));
    await quiet();
    const before = openDescriptors();
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < connections) await client(next++);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    await quiet();
    expect(openDescriptors()).toBe(before);
    const { totals, refusals, faults } = gateway.snapshot();
    expect(totals.connections.connect + totals.connections.socks5).toBeGreaterThan(connections / 2 - deeds.length);
    expect(refusals["407"]).toBeGreaterThan(connections / 10);
    expect(faults.map(({ code }) => code)).toContain("TCP_REFUSED");
  },
  120_000,
);

/** Until the gateway has nothing under way, and what was closed is closed. */
async function quiet(): Promise<void> {
  let last = -1;
  while (gateway.snapshot().connections.length > 0 || last !== openDescriptors()) {
    last = openDescriptors();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
