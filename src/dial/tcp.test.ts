import net from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Address } from "../base/system.js";
import { tcpFault } from "./faults-network.js";
import { connectTcp, interleave } from "./tcp.js";
import type { Endpoint } from "./endpoint.js";

const servers: net.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const v4 = (address: string): Address => ({ address, family: 4 });
const v6 = (address: string): Address => ({ address, family: 6 });

async function listen(host: string, port = 0): Promise<number> {
  const server = net.createServer((socket) => socket.end());
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

const target = (port: number): Endpoint => ({ hop: "target", host: "name.lab.test", port });

test("families take turns, beginning with the resolver's first", () => {
  const order = interleave([v6("::1"), v6("::2"), v6("::3"), v4("127.0.0.1")]);
  expect(order.map(({ address }) => address)).toEqual(["::1", "127.0.0.1", "::2", "::3"]);
});

test("an address that refuses is followed by the next at once", async () => {
  const port = await listen("127.0.0.1");
  const { socket } = await connectTcp([v6("::1"), v4("127.0.0.1")], target(port), 5000, undefined);
  expect(socket.remoteAddress).toBe("127.0.0.1");
  socket.destroy();
});

test("a refusal by every address names the hop and keeps each error as its cause", async () => {
  const port = await listen("127.0.0.1");
  servers.splice(0).forEach((server) => server.close());
  const error: unknown = await connectTcp(
    [v4("127.0.0.1"), v4("127.0.0.2")],
    { hop: "proxy", host: "proxy.lab.test", port },
    5000,
    undefined,
  ).catch((e: unknown) => e);
  expect(error).toMatchObject({
    code: "TCP_REFUSED",
    stage: "tcp",
    hop: "proxy",
    message: `the proxy proxy.lab.test:${port} refused the connection`,
  });
  expect((error as Error).cause).toBeInstanceOf(AggregateError);
});

test("an abort before the start and during the wait gives the caller's own reason", async () => {
  const reason = new Error("enough");
  await expect(connectTcp([v4("127.0.0.1")], target(1), 5000, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test("the errors of the system are told apart", () => {
  const fault = (code: string): string => tcpFault([Object.assign(new Error(code), { code })], target(1)).code;
  expect(["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"].map(fault)).toEqual([
    "TCP_REFUSED",
    "TCP_RESET",
    "TCP_TIMEOUT",
    "TCP_UNREACHABLE",
    "TCP_UNREACHABLE",
  ]);
});

test("of several addresses, one that resets the connection says more than one where nobody listens", () => {
  const errors = ["ECONNREFUSED", "ECONNRESET"].map((code) => Object.assign(new Error(code), { code }));
  for (const order of [errors, errors.toReversed()]) expect(tcpFault(order, target(1)).code).toBe("TCP_RESET");
});
