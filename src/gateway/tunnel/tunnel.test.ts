import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { basicFor, upstream, gatewayAt, RawClient, tunnelTo, until } from "../testing/clients.js";
import { reset } from "./join.js";

/** Promise.withResolvers, which Node 20 lacks. */
function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

const echo = (socket: Socket): void => void socket.pipe(socket);

describe("a tunnel", () => {
  it("carries bytes both ways, and its length in both directions is known at the end", async () => {
    await using far = await upstream(echo);
    await using gateway = await gatewayAt(undefined);
    const client = await tunnelTo(gateway, far.target);
    client.send("hello there");
    expect(await client.bytes(11)).toBe("hello there");
    expect(gateway.snapshot().connections).toMatchObject([{ kind: "connect", target: far.target, up: 11 }]);
    client.socket.end();
    expect(await client.end()).toBe("end");
    await until(() => gateway.snapshot().connections.length === 0);
    const { totals } = gateway.snapshot();
    expect(totals).toMatchObject({ connections: { connect: 1 }, bytesUp: 11 });
    expect(totals.bytesDown).toBe("HTTP/1.1 200 Connection established\r\n\r\n".length + 11);
  });

  it("is not begun before the upstream has answered, and names the stages that led there", async () => {
    await using far = await upstream(echo);
    await using gateway = await gatewayAt(undefined);
    await using _ = await tunnelTo(gateway, far.target);
    const [connection] = gateway.snapshot().connections;
    expect(connection?.stages.map(({ stage, ok }) => [stage, ok])).toEqual([
      ["route", true],
      ["dns", true],
      ["tcp", true],
    ]);
    expect(connection?.route).toMatchObject({ kind: "direct", hops: [] });
  });

  it("keeps the bytes that come right behind the CONNECT", async () => {
    await using far = await upstream(echo);
    await using gateway = await gatewayAt(undefined);
    await using client = await RawClient.to(gateway);
    client.send(
      `CONNECT ${far.target} HTTP/1.1\r\nHost: ${far.target}\r\n${basicFor(gateway.token)}\r\n\x16\x03\x01early`,
    );
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 200 /);
    expect(await client.bytes(8)).toBe("\x16\x03\x01early");
  });

  it("is opened by HTTP/1.0 as well, which has no Host", async () => {
    await using far = await upstream(echo);
    await using gateway = await gatewayAt(undefined);
    await using client = await RawClient.to(gateway);
    client.send(`CONNECT ${far.target} HTTP/1.0\r\n${basicFor(gateway.token)}\r\n`);
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 200 /);
    expect(await client.send("x").bytes(1)).toBe("x");
  });

  it("keeps bytes that come while it dials, and half of a connection that is closed behind them", async () => {
    const held = deferred();
    await using far = await upstream(echo);
    await using gateway = await gatewayAt(undefined, {
      lookup: (_name, _options, callback) => {
        void held.promise.then(() => callback(null, [{ address: "127.0.0.1", family: 4 }]));
      },
    });
    await using client = await RawClient.to(gateway);
    const target = `slow.example:${far.port}`;
    client.send(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${basicFor(gateway.token)}\r\n`);
    await until(() => gateway.snapshot().connections.length === 1);
    client.send("ahead of the answer");
    client.socket.end();
    await until(() => gateway.snapshot().connections[0]?.up === 19);
    held.resolve();
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 200 /);
    expect(await client.rest()).toBe("ahead of the answer");
  });

  it("that the client half closes still brings the answer", async () => {
    await using far = await upstream((socket) => {
      let received = "";
      socket.on("data", (chunk) => (received += chunk.toString()));
      socket.on("end", () => socket.end(`received ${received}`));
    });
    await using gateway = await gatewayAt(undefined);
    await using client = await tunnelTo(gateway, far.target);
    client.socket.end("a question");
    expect(await client.rest()).toBe("received a question");
  });

  it("that the upstream half closes still takes what the client sends", async () => {
    await using far = await upstream((socket) => socket.end("first word"));
    await using gateway = await gatewayAt(undefined);
    await using client = await tunnelTo(gateway, far.target);
    expect(await client.rest()).toBe("first word");
    const socket = await far.connection();
    const received = once(socket, "data");
    client.send("and still");
    expect(String((await received)[0])).toBe("and still");
    client.socket.end();
    await once(socket, "end");
  });

  it("ends in a reset for the client when the upstream dies mid-stream, and not in a clean end", async () => {
    await using far = await upstream((socket) => {
      socket.once("data", () => {
        socket.write("half of an answer", () => socket.resetAndDestroy());
      });
    });
    await using gateway = await gatewayAt(undefined);
    await using client = await tunnelTo(gateway, far.target);
    client.send("x");
    expect(await client.end()).toBe("reset");
    await until(() => gateway.snapshot().faults.length === 1);
    expect(gateway.snapshot().faults).toMatchObject([{ code: "TCP_RESET", count: 1 }]);
  });

  it("resets the upstream when the client resets, so that no server takes half a request for a whole one", async () => {
    await using far = await upstream((socket) => socket.resume());
    await using gateway = await gatewayAt(undefined);
    const client = await tunnelTo(gateway, far.target);
    const socket = await far.connection();
    const failed = once(socket, "error");
    client.socket.resetAndDestroy();
    expect((await failed)[0]).toMatchObject({ code: "ECONNRESET" });
    await until(() => gateway.snapshot().connections.length === 0);
  });

  it("closes a socket whose end is under way, which libuv does not reset: it would be open when the process ends, and hold that up", async () => {
    const server = createServer((peer) => void peer.resume().on("error", () => undefined)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const socket = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
    await once(socket, "connect");
    const open = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
    const before = open();
    socket.end();
    reset(socket);
    // Rejects with what libuv says where it was asked all the same.
    await expect(once(socket, "close")).resolves.toEqual([false]);
    await until(() => open() < before);
    server.close();
  });

  it("lets a reader who stalls stop the writer: only what sockets and buffers hold is read ahead", async () => {
    let written = 0;
    await using far = await upstream((socket) => {
      const chunk = Buffer.alloc(65_536);
      const more = (): void => {
        while (socket.write(chunk, () => (written += chunk.length))) if (written > 256 * 1_048_576) return;
      };
      socket.on("drain", more);
      more();
    });
    await using gateway = await gatewayAt(undefined);
    const client = await tunnelTo(gateway, far.target);
    client.socket.pause();
    let before = -1;
    // It has come to rest when a while has brought nothing more.
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(32 * 1_048_576);
    await client[Symbol.asyncDispose]();
  });

  it("brings 32 megabytes through unchanged", async () => {
    const size = 32 * 1_048_576;
    const piece = Buffer.from(Array.from({ length: 65_536 }, (_, index) => (index * 31) & 0xff));
    const expected = createHash("sha256");
    for (let sent = 0; sent < size; sent += piece.length) expected.update(piece);
    await using far = await upstream((socket) => {
      let sent = 0;
      const more = (): void => {
        while (sent < size) {
          sent += piece.length;
          if (!socket.write(piece)) return;
        }
        socket.end();
      };
      socket.on("drain", more);
      more();
    });
    await using gateway = await gatewayAt(undefined);
    await using client = await tunnelTo(gateway, far.target);
    const received = createHash("sha256");
    let length = 0;
    for await (const chunk of client.taken()) {
      received.update(chunk);
      length += chunk.length;
    }
    expect(length).toBe(size);
    expect(received.digest("hex")).toBe(expected.digest("hex"));
  });
});

describe("a client who goes away while the gateway dials", () => {
  it.each(["close", "reset"] as const)("(%s) ends the dial, and the upstream is never asked", async (how) => {
    const asked = deferred();
    await using far = await upstream(echo);
    await using gateway = await gatewayAt(undefined, {
      // A resolver that never answers.
      lookup: () => asked.resolve(),
    });
    const client = await RawClient.to(gateway);
    const target = `never.example:${far.port}`;
    client.send(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${basicFor(gateway.token)}\r\n`);
    await asked.promise;
    if (how === "close") client.socket.end();
    else client.socket.resetAndDestroy();
    await until(() => gateway.snapshot().connections.length === 0);
    expect(gateway.snapshot().faults).toEqual([]);
    expect(far.sockets).toEqual([]);
    client.socket.destroy();
  });
});
