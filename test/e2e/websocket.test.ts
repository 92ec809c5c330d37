import { describe, expect, test } from "vitest";
import WebSocket from "ws";
import type { Network } from "../../src/clients/index.js";
import type { LabProxy } from "../../src/lab/index.js";
import { agentFor } from "./support/clients.js";
import { namesAsked, networkAt } from "./support/office.js";
import { standardLab } from "../support/standard-lab.js";

const lab = await standardLab();

/** Sends one message and gives what comes back. */
type Say = (network: Network, url: string, text: string) => Promise<string>;

const sayers: Readonly<Record<string, Say>> = {
  "ws with an agent": (network, url, text) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url, { agent: agentFor(network, url) });
      socket.on("error", reject);
      socket.on("open", () => socket.send(text));
      socket.on("message", (data: Buffer) => {
        socket.close();
        socket.on("close", () => resolve(data.toString()));
      });
    }),
  "network.WebSocket": (network, url, text) =>
    new Promise((resolve, reject) => {
      const socket = new network.WebSocket(url);
      socket.addEventListener("error", ({ error }) => reject(error));
      socket.addEventListener("open", () => socket.send(text));
      socket.addEventListener("message", ({ data }) => {
        socket.close();
        socket.addEventListener("close", () => resolve(String(data)));
      });
    }),
};

const proxies: Readonly<Record<string, () => LabProxy>> = {
  "a proxy with a Basic login": () => lab.basic,
  "a SOCKS5 proxy": () => lab.socks,
  "TLS, login and inspection together": () => lab.strict,
};

describe.each(Object.entries(proxies))("through %s", (_name, proxy) => {
  test.each(Object.entries(sayers))("%s talks to an origin that wants a client certificate", async (_client, say) => {
    await using network = await networkAt(lab, proxy());
    expect(await say(network, lab.mtls.url.replace("https:", "wss:"), "hello")).toBe("hello");
    expect(lab.log.of(lab.mtls.name, "request").map(({ peer }) => peer)).toEqual(["alice"]);
    expect(namesAsked(lab).filter((name) => name !== "localhost")).toEqual([]);
  });

  test.each(Object.entries(sayers))(
    "%s goes through a tunnel even for ws:, as RFC 6455 has it",
    async (_client, say) => {
      await using network = await networkAt(lab, proxy());
      expect(await say(network, lab.plain.url.replace("http:", "ws:"), "hello")).toBe("hello");
      expect(lab.log.of(proxy().name, "connect").map(({ target }) => target)).toEqual([
        `plain.lab.test:${lab.plain.port}`,
      ]);
      expect(lab.log.of(lab.plain.name, "request")[0]?.headers).not.toHaveProperty("proxy-authorization");
    },
  );
});

test("a request for plain http never finds itself in a WebSocket's tunnel, nor the other way around", async () => {
  await using network = await networkAt(lab, lab.basic);
  const { get } = await import("node:http");
  const ask = () =>
    new Promise<void>((resolve, reject) => {
      get(lab.plain.url, { agent: network.agents.http }, (response) => response.resume().on("end", resolve)).on(
        "error",
        reject,
      );
    });
  await ask();
  expect(await sayers["ws with an agent"]?.(network, lab.plain.url.replace("http:", "ws:"), "hello")).toBe("hello");
  await ask();
  expect(lab.log.of(lab.basic.name, "connect")).toHaveLength(1);
  expect(lab.log.of(lab.basic.name, "request")).toHaveLength(2);
});
