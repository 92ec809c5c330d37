import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { createNetwork } from "../../../src/clients/index.js";
import { runBridge } from "../../../src/mcp/index.js";
import { initialize, welcome, type Rpc } from "./support/bridged.js";

const megabytes = (count: number): string => "x".repeat(count << 20);

it("a server that does not read slows its client down, as a pipe would, and loses nothing once it does", async () => {
  let read: () => void = () => undefined;
  const isReading = new Promise<void>((resolve) => (read = resolve));
  const server = createServer((request: IncomingMessage, response) => {
    void (async () => {
      if (Number(request.headers["content-length"]) > 1 << 20) await isReading;
      const { id } = JSON.parse(await text(request)) as Rpc;
      if (id === undefined) return response.writeHead(202).end();
      const result = id === 1 ? welcome : {};
      return response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ jsonrpc: "2.0", id, result }));
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const network = await createNetwork({ source: { variables: {} } });

  const [received, count]: [Rpc[], number] = [[], 12];
  let taken = 0;
  let isTaken: () => void = () => undefined;
  const all = new Promise<string>((resolve) => (isTaken = () => resolve("all of it")));
  async function* client(): AsyncGenerator<Buffer> {
    const line = (message: object): Buffer => Buffer.from(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
    yield line(initialize);
    while (received.length === 0) await after(5);
    const params = { name: "keep", arguments: { text: megabytes(8) } };
    for (; taken < count; taken++) yield line({ id: 2 + taken, method: "tools/call", params });
    isTaken();
    while (received.length <= count) await after(5);
  }
  const done = runBridge({
    network,
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`),
    input: client(),
    output: {
      write: (chunk) => {
        for (const line of chunk.split("\n")) if (line !== "") received.push(JSON.parse(line) as Rpc);
        return Promise.resolve();
      },
    },
  });
  expect(await Promise.race([all, after(1500, "held back")])).toBe("held back");
  expect(taken).toBeLessThan(6);
  read();
  await done;
  expect(received.filter(({ result }) => result !== undefined)).toHaveLength(count + 1);
  await network.destroy();
  server.close();
}, 60_000);
