import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createNetwork, type Network } from "../../src/index.js";
import { gatewayAt, basicFor, RawClient } from "../../src/gateway/testing/clients.js";
import { preload, program } from "./preload/support/program.js";

/** What a proxy saw: the request line's target, and the Host field. */
interface Seen {
  readonly target: string;
  readonly host: string | undefined;
}

const seen: Seen[] = [];
let proxy: http.Server;
let proxyUrl: string;

/** Answers what it is asked to fetch by itself, and opens no tunnel: it is what it was asked that counts. */
beforeAll(async () => {
  const note = ({ url = "", headers }: IncomingMessage): void => void seen.push({ target: url, host: headers.host });
  proxy = http.createServer((request, response) => {
    note(request);
    request.resume();
    response.end("from the proxy");
  });
  proxy.on("connect", (request: IncomingMessage, socket: Socket) => {
    note(request);
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
afterAll(() => {
  proxy.closeAllConnections();
  proxy.close();
});
beforeEach(() => void seen.splice(0));

const opened: Network[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function openNetwork(): Promise<Network> {
  const made = await createNetwork({
    source: { variables: { HOME: "/nonexistent", http_proxy: proxyUrl, https_proxy: proxyUrl } },
    stores: ["bundled"],
  });
  opened.push(made);
  return made;
}

/** URLs as programs write them, and the one spelling in which a proxy is to see their authority. */
const urls = [
  ["http://[2001:db8::1]:8080/x", "[2001:db8::1]:8080"],
  ["http://[2001:db8::1]/x", "[2001:db8::1]"],
  ["http://[2001:db8::1]:80/x", "[2001:db8::1]"],
  ["http://[2001:DB8:0:0::0:1]:8080/x", "[2001:db8::1]:8080"],
  ["http://[::ffff:192.0.2.1]:8080/x", "192.0.2.1:8080"],
  ["http://192.0.2.1:8080/x", "192.0.2.1:8080"],
  ["http://ORIGIN.test.:8080/x", "origin.test:8080"],
] as const;

describe.each(urls)("a request for %s", (url, authority) => {
  const expected = { target: `http://${authority}/x`, host: authority };

  test("by fetch and the dispatcher reaches a proxy in one spelling", async () => {
    const network = await openNetwork();
    expect(await (await network.fetch(url)).text()).toBe("from the proxy");
    expect(seen).toEqual([expected]);
  });

  test("by the agent reaches a proxy in one spelling, whichever way the host was given", async () => {
    const network = await openNetwork();
    const { hostname, port } = new URL(url);
    const bare = hostname.replace(/^\[|\]$/g, "");
    for (const options of [url, { host: hostname, port, path: "/x" }, { host: bare, port, path: "/x" }]) {
      const request =
        typeof options === "string"
          ? http.get(options, { agent: network.agents.http })
          : http.get({ ...options, agent: network.agents.http });
      const [response] = (await once(request, "response")) as [IncomingMessage];
      response.resume();
      await once(response, "end");
    }
    expect(seen).toEqual([expected, expected, expected]);
  });

  test("through the gateway reaches the proxy behind it in one spelling", async () => {
    await using gateway = await gatewayAt(undefined, {
      source: { variables: { HOME: "/nonexistent", http_proxy: proxyUrl } },
    });
    await using client = await RawClient.to(gateway);
    const host = new URL(url).host;
    client.send(`GET ${url} HTTP/1.1\r\nHost: ${host}\r\n${basicFor(gateway.token)}Connection: close\r\n\r\n`);
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 200 /);
    expect(seen).toEqual([expected]);
  });

  test.each(["node:http", "fetch"])("by %s under the preload reaches a proxy in one spelling", async (client) => {
    const script =
      client === "fetch"
        ? `fetch(${JSON.stringify(url)}).then((r) => r.text()).then(console.log)`
        : `require("http").get(${JSON.stringify(url)}, (r) => r.pipe(process.stdout))`;
    const { stdout, stderr } = await program("-e", [script], {
      flags: ["--require", preload],
      variables: { http_proxy: proxyUrl },
    });
    expect([stdout.trim(), stderr]).toEqual(["from the proxy", ""]);
    expect(seen).toEqual([expected]);
  });
});

describe("a tunnel to an IPv6 literal is asked for with brackets, and with its port", () => {
  const tunnels = [
    ["https://[2001:DB8::1]/", "[2001:db8::1]:443"],
    ["https://[2001:db8::1]:8443/", "[2001:db8::1]:8443"],
  ] as const;

  test.each(tunnels)("by fetch to %s", async (url, authority) => {
    const network = await openNetwork();
    await expect(network.fetch(url)).rejects.toMatchObject({ cause: { code: "PROXY_FORBIDDEN" } });
    expect(seen).toEqual([{ target: authority, host: authority }]);
  });

  test.each(tunnels)("by the agent to %s", async (url, authority) => {
    const network = await openNetwork();
    const request = https.get(url, { agent: network.agents.https });
    await once(request, "error");
    expect(seen).toEqual([{ target: authority, host: authority }]);
  });

  test.each(tunnels)("through the gateway to %s", async (_url, authority) => {
    await using gateway = await gatewayAt(undefined, {
      source: { variables: { HOME: "/nonexistent", https_proxy: proxyUrl } },
    });
    await using client = await RawClient.to(gateway);
    client.send(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${basicFor(gateway.token)}\r\n`);
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 502 .*PROXY_FORBIDDEN/);
    expect(seen).toEqual([{ target: authority, host: authority }]);
  });
});

describe("the zone of an address says which interface of this machine, and nobody else is told of it", () => {
  const target = { target: "http://[2001:db8::1]:8080/x", host: "[2001:db8::1]:8080" };

  test("in a request by the agent through a proxy", async () => {
    const network = await openNetwork();
    const request = http.get({ host: "2001:db8::1%lo", port: 8080, path: "/x", agent: network.agents.http });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    response.resume();
    expect(seen).toEqual([target]);
  });

  test("under the preload", async () => {
    const script = `require("http").get({ host: "2001:db8::1%lo", port: 8080, path: "/x" }, (r) => r.pipe(process.stdout))`;
    const { stdout, stderr } = await program("-e", [script], {
      flags: ["--require", preload],
      variables: { http_proxy: proxyUrl },
    });
    expect([stdout.trim(), stderr]).toEqual(["from the proxy", ""]);
    expect(seen).toEqual([target]);
  });

  const loopback = Object.entries(networkInterfaces()).find(([, addresses]) =>
    addresses?.some(({ address }) => address === "::1"),
  )?.[0];

  test.skipIf(loopback === undefined)("and a direct connection goes by it", async () => {
    const server = http.createServer((_request, response) => response.end("direct"));
    server.listen(0, "::1");
    await once(server, "listening");
    const network = await openNetwork();
    const request = http.get({
      host: `::1%${loopback}`,
      port: (server.address() as AddressInfo).port,
      agent: network.agents.http,
    });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect((await response.toArray()).join("")).toBe("direct");
    server.close();
    expect(seen).toEqual([]);
  });
});
