import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createSystem } from "../env/index.js";
import { isThere } from "./is-there.js";

test("a proxy is there when a connection is taken at one of its addresses, on which nothing is sent", async () => {
  const got: string[] = [];
  const server = createServer((socket) => {
    socket.on("data", (bytes) => got.push(String(bytes)));
    socket.on("close", () => got.push("closed"));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const addresses = [
    { address: "::1", family: 6 as const },
    { address: "127.0.0.1", family: 4 as const },
  ];
  const system = createSystem({ lookup: (host) => Promise.resolve(host === "proxy.example" ? addresses : []) });
  expect(await isThere(system, { host: "127.0.0.1", port })).toBe(true);
  expect(await isThere(system, { host: "proxy.example", port })).toBe(true);
  await expect.poll(() => got).toEqual(["closed", "closed"]);
  server.close();
  await once(server, "close");
  expect(await isThere(system, { host: "proxy.example", port })).toBe(false);
  expect(await isThere(system, { host: "nowhere.example", port })).toBe(false);
});
