import { afterAll, describe, expect, test } from "vitest";
import { createNetwork, type Network } from "../../src/clients/index.js";
import type { ProxyPathInput } from "../../src/policy/index.js";
import { standardLab } from "../support/standard-lab.js";
import { clients } from "./support/clients.js";

/** Two proxies, one behind the other: that of the office next to this machine, and the partner's, which it leads to. */
const lab = await standardLab();
const outer = await lab.proxy({ name: "outer", login: { username: "alice", password: "planted-outer" } });
const inner = {
  http: await lab.proxy({ name: "inner-http", login: { username: "bob", password: "planted-inner" } }),
  https: await lab.proxy({
    name: "inner-https",
    protocol: "https",
    login: { username: "bob", password: "planted-inner" },
  }),
  socks: await lab.proxy({
    name: "inner-socks",
    protocol: "socks",
    login: { username: "bob", password: "planted-inner" },
  }),
};

const opened: Network[] = [];
afterAll(async () => {
  for (const network of opened) await network.destroy();
});

/** What a proxy was sent, each once. */
function passwordsAt(name: string): readonly string[] {
  const sent = lab.log.of(name, "connect").flatMap(({ authorization }) => authorization ?? []);
  const plain = sent.map((text) => text.replace(/^Basic (.*)$/, (_, value: string) => atob(value)));
  return [...new Set(plain.map((text) => text.split(":")[1] ?? ""))];
}

async function through(proxy: ProxyPathInput): Promise<Network> {
  const network = await createNetwork({
    source: { variables: { NODE_EXTRA_CA_CERTS: lab.files.bundle, NO_PROXY: "<-loopback>" } },
    lookup: lab.lookup,
    stores: ["bundled"],
    routes: [{ hosts: ".lab.test", proxy }],
  });
  opened.push(network);
  return network;
}

describe.each(Object.entries(inner))("through an http proxy and then one that speaks %s", (_protocol, second) => {
  const names = ["network.fetch", "undici.request", "node:http and node:https"] as const;

  test.each(names)("%s reaches the server, and each proxy sees its own login and next hop alone", async (name) => {
    const network = await through([outer.urlWithLogin, second.urlWithLogin]);
    const echo = await clients[name]?.(network, `${lab.api.url}/echo?by=chain`);
    expect(echo).toMatchObject({ origin: "api.lab.test" });
    expect(echo?.headers).not.toHaveProperty("proxy-authorization");
    const next = lab.log.of("outer", "connect");
    expect(next.map(({ target }) => target)).toContain(`localhost:${second.port}`);
    expect(next.map(({ target }) => target).join()).not.toContain("api.lab.test");
    expect(lab.log.of(second.name, "connect").map(({ target }) => target)).toContain(new URL(lab.api.url).host);
    expect(passwordsAt("outer")).toEqual(["planted-outer"]);
    expect(passwordsAt(second.name)).toEqual(["planted-inner"]);
  });

  test("plain http goes by the same proxies", async () => {
    const network = await through([outer.urlWithLogin, second.urlWithLogin]);
    const response = await network.fetch(`${lab.plain.url}/echo`);
    expect(response.status).toBe(200);
    expect(lab.log.of("outer", "connect").map(({ target }) => target)).toContain(`localhost:${second.port}`);
  });
});

test("a second proxy that refuses is the one that is named", async () => {
  const wrong = inner.http.url.replace("http://", "http://bob:wrong@");
  const network = await through([outer.urlWithLogin, wrong]);
  const failed: unknown = await network.fetch(`${lab.api.url}/`).catch((error: unknown) => error);
  expect(failed).toMatchObject({ cause: { code: "PROXY_AUTH_REJECTED" } });
  expect(String((failed as Error).cause)).toContain(`localhost:${inner.http.port}`);
});

test("the route names both, and shows no login", async () => {
  const network = await through([outer.urlWithLogin, inner.https.urlWithLogin]);
  const { hops, reason } = await network.route(`${lab.api.url}/`);
  expect(hops.map(({ port }) => port)).toEqual([outer.port, inner.https.port]);
  expect(reason).toContain('the rule for ".lab.test"');
  expect(JSON.stringify(hops)).not.toContain("planted");
});
