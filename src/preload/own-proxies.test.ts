import { expect, test } from "vitest";
import { percentEncoded } from "../base/percent.js";
import { NamedProxies } from "./own-proxies.js";

const named = new NamedProxies({
  HTTPS_PROXY: "http://alice:p%40ss@Proxy.Test:8080",
  all_proxy: "socks5h://[::1]",
  NO_PROXY: "a.test",
});

test.each([
  ["as a URL (https-proxy-agent 7, hpagent)", { proxy: new URL("http://alice:p%40ss@proxy.test:8080/") }],
  ["as text", { proxy: "http://alice:p%40ss@proxy.test:8080" }],
  ["as options (https-proxy-agent 5)", { proxy: { host: "proxy.test", port: 8080, auth: "alice:p@ss" } }],
  ["as options (tunnel)", { proxyOptions: { host: "proxy.test", port: "8080", proxyAuth: "alice:p@ss" } }],
  ["without the login, which it puts into a header", { proxy: { hostname: "PROXY.test", port: 8080 } }],
  ["by its usual port", { proxy: new URL("socks5://[::1]:1080") }],
])("an agent that keeps the variables' proxy %s is known", (_how, agent) => {
  expect(named.isOf(agent)).toBe(true);
});

test.each([
  ["on another port", { proxy: new URL("http://alice@proxy.test:8081/") }],
  ["of another name", { proxy: new URL("http://alice@other.test:8080/") }],
  ["as another user", { proxy: new URL("http://bob:x@proxy.test:8080/") }],
  ["that is not a proxy at all", { proxy: true }],
  ["that keeps none", {}],
])("an agent with a proxy %s has its own", (_how, agent) => {
  expect(named.isOf(agent)).toBe(false);
});

test.each(["a!b'c", "DOMAIN\\alice", "ü"])("a user is compared as it is meant: %s", (user) => {
  const known = new NamedProxies({ HTTPS_PROXY: proxyUrlOf(user) });
  expect(known.isOf({ proxy: { host: "proxy.test", port: 8080, auth: `${user}:x` } })).toBe(true);
  expect(known.isOf({ proxy: `http://${encodeURIComponent(user)}:x@proxy.test:8080` })).toBe(true);
});

const proxyUrlOf = (user: string): string => `http://${percentEncoded(user)}:x@proxy.test:8080`;

test("a peer is compared in one spelling", () => {
  expect(named.isAt({ host: "PROXY.test", port: 8080 })).toBe(true);
  expect(named.isAt({ host: "::1", port: 1080 })).toBe(true);
  expect(named.isAt({ host: "[::1]", port: 1080 })).toBe(true);
  expect(named.isAt({ host: "proxy.test", port: 80 })).toBe(false);
  expect(named.isAt({ host: "a.test", port: 80 })).toBe(false);
});

test("Node's agents are known by the variables that they were given", () => {
  expect(named.hasAllOf({ https_proxy: "http://alice:p%40ss@proxy.test:8080", no_proxy: "b.test" })).toBe(true);
  expect(named.hasAllOf({})).toBe(true);
  expect(named.hasAllOf({ HTTP_PROXY: "http://other.test" })).toBe(false);
});
