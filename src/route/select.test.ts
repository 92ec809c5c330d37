import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { isConnectError } from "../base/errors.js";
import { resolvePolicy, type PolicyOptions, parseHostPattern } from "../policy/index.js";
import { configFile, managedFile, managedPath, snapshotOf, userPath } from "../policy/testing/snapshot.js";
import { matchHost, selectRoute, type Route } from "./index.js";

const route = (variables: Record<string, string>, url: string | URL, options?: PolicyOptions): Route =>
  selectRoute(resolvePolicy(snapshotOf(variables), options), url);

describe("the reason names the setting that decided", () => {
  const proxies = { https_proxy: "http://proxy:3128", http_proxy: "http://plain:3128" };
  it.each([
    ["https://api.example.com/", "https_proxy"],
    ["http://api.example.com/", "http_proxy"],
    ["wss://api.example.com/", "https_proxy"],
    ["ws://api.example.com/", "http_proxy"],
    // What a translator would make of it is not this machine, and nothing goes direct by it.
    ["http://[2002:7f00:1::1]/", "http_proxy"],
    ["http://[64:ff9b::a9fe:a9fe]/", "http_proxy"],
    ["http://localhost.example/", "http_proxy"],
  ])("%s: through the proxy, since %s is set", (url, variable) => {
    expect(route(proxies, url)).toMatchObject({ kind: "proxy", reason: `${variable} is set` });
  });

  it.each([
    ["http://localhost:8080/", "localhost"],
    ["http://app.localhost:8080/", "app.localhost"],
    ["http://127.0.0.1:8080/", "127.0.0.1"],
    ["http://2130706433/", "127.0.0.1"],
    ["http://[::1]:8080/", "::1"],
    ["http://169.254.169.254/latest", "169.254.169.254"],
    ["http://[fe80::1%25eth0]/", "fe80::1"],
  ])("%s: direct, since %s always is", (url, host) => {
    expect(route(proxies, url)).toMatchObject({ kind: "direct", reason: `${host} is always direct` });
  });

  it.each([
    [
      { HTTP_PROXY: "http://p" },
      "https://api.example.com/",
      "proxy",
      "HTTP_PROXY is set, and nothing is set for https",
    ],
    [{ HTTP_PROXY: "http://p" }, "http://api.example.com/", "proxy", "HTTP_PROXY is set"],
    [{ ALL_PROXY: "http://p" }, "https://api.example.com/", "proxy", "ALL_PROXY is set"],
    [{}, "https://api.example.com/", "direct", "no proxy is set"],
    [{ HTTPS_PROXY: "http://p" }, "http://api.example.com/", "direct", "no proxy is set"],
    [
      { ...proxies, NO_PROXY: "a, .Corp.Example" },
      "https://x.corp.example/",
      "direct",
      'NO_PROXY entry ".Corp.Example" matches',
    ],
    [{ ...proxies, NO_PROXY: "<-loopback>" }, "http://localhost:8080/", "proxy", "http_proxy is set"],
    [{ ...proxies, NO_PROXY: "<-loopback>" }, "http://127.0.0.1:8080/", "proxy", "http_proxy is set"],
    [
      { ...proxies, NO_PROXY: "<-loopback>,localhost" },
      "http://localhost:8080/",
      "direct",
      'NO_PROXY entry "localhost" matches',
    ],
  ])("%j, %s: %s, since %s", (variables, url, kind, reason) => {
    expect(route(variables as Record<string, string>, url)).toMatchObject({ kind, reason });
  });

  it("also where that is an option or a file", () => {
    expect(route({ https_proxy: "http://p" }, "https://a/", { proxy: "direct" })).toMatchObject({
      kind: "direct",
      reason: "the option proxy says direct",
    });
    const policy = resolvePolicy(snapshotOf({}, { configFiles: [configFile({ httpProxy: "http://p" })] }));
    expect(selectRoute(policy, "https://a/").reason).toBe(
      `/httpProxy in ${userPath} is set, and nothing is set for https`,
    );
  });
});

it("a route holds the origin with its port, the hops, and the source of the decision", () => {
  const { login, ...proxy } = { protocol: "https", host: "proxy.example", port: 443, login: "u" };
  const found = route({ HTTPS_PROXY: "https://u:p@proxy.example" }, "wss://API.example.com./path");
  expect(found).toMatchObject({
    origin: "https://api.example.com:443",
    kind: "proxy",
    source: { kind: "variable", name: "HTTPS_PROXY" },
    hops: [{ ...proxy, login: { username: login } }],
  });
  expect(route({}, new URL("http://[2001:DB8::1]:8080/"))).toEqual({
    origin: "http://[2001:db8::1]:8080",
    kind: "direct",
    hops: [],
    reason: "no proxy is set",
    source: { kind: "default" },
  });
});

describe("route rules", () => {
  const routes = [
    { hosts: ["intern.corp.example:8443"], proxy: "http://special:1" },
    { hosts: ".corp.example 10.0.0.0/8", proxy: "direct" },
    { hosts: "*", proxy: "http://other:1" },
  ];
  const variables = { https_proxy: "http://proxy:1", NO_PROXY: "intern.corp.example" };
  it.each([
    [
      "https://intern.corp.example:8443/",
      "special",
      'the rule for "intern.corp.example:8443" (the option routes[0]) matches',
    ],
    ["https://intern.corp.example/", undefined, 'the rule for ".corp.example" (the option routes[1]) matches'],
    ["https://10.2.3.4/", undefined, 'the rule for "10.0.0.0/8" (the option routes[1]) matches'],
    ["https://elsewhere.example/", "other", 'the rule for "*" (the option routes[2]) matches'],
    ["https://localhost/", undefined, "localhost is always direct"],
  ])("%s through %s", (url, host, reason) => {
    const found = route(variables, url, { routes });
    expect(found.hops.map((hop) => hop.host)).toEqual(host === undefined ? [] : [host]);
    expect(found.reason).toBe(reason);
  });

  it("reach loopback where they name it", () => {
    expect(route({}, "http://127.0.0.1:9/", { routes: [{ hosts: "127.0.0.0/8", proxy: "http://p" }] }).kind).toBe(
      "proxy",
    );
    expect(
      route({ no_proxy: "<-loopback>" }, "http://127.0.0.1:9/", { routes: [{ hosts: "*", proxy: "http://p" }] }).kind,
    ).toBe("proxy");
  });
});

describe("nothing falls back to direct", () => {
  it.each([
    [{ https_proxy: "htp://proxy" }, "PROXY_SCHEME_UNSUPPORTED", "https_proxy has the scheme htp://"],
    [{ https_proxy: "http://proxy:99999" }, "PROXY_URL_INVALID", "https_proxy has port 99999"],
    [{ http_proxy: "http://proxy:99999" }, "PROXY_URL_INVALID", "http_proxy has port 99999"],
    [
      { SALLYPORT_PAC_URL: "http://u:hunter2@wpad/proxy.pac" },
      "CONFIG_INVALID",
      "SALLYPORT_PAC_URL names a PAC file (http://***@wpad/proxy.pac)",
    ],
    [{ SALLYPORT_PAC_URL: "proxy.pac" }, "PROXY_URL_INVALID", "SALLYPORT_PAC_URL is not a valid URL of a PAC file"],
  ])("%j throws %s", (variables, code, message) => {
    expect(() => route(variables as Record<string, string>, "https://api.example/")).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error,
    );
  });

  it("while hosts that need no proxy are still reached", () => {
    expect(route({ https_proxy: "htp://proxy", no_proxy: "a.example" }, "https://a.example/").kind).toBe("direct");
    expect(route({ https_proxy: "htp://proxy" }, "https://localhost/").kind).toBe("direct");
    expect(route({ http_proxy: "htp://proxy", https_proxy: "http://p" }, "https://b.example/").kind).toBe("proxy");
  });
});

describe("a config file that cannot be used", () => {
  const resolve = (content: unknown, variables: Record<string, string> = {}) =>
    resolvePolicy(snapshotOf(variables, { configFiles: [configFile(content)] }));

  it.each([
    ["has a typing error", resolve({ prxy: "x" })],
    ["is no JSON, though variables name a proxy", resolve("{", { https_proxy: "http://p" })],
    ["has a rule for hosts that cannot be read", resolve({ routes: [{ hosts: "*a", proxy: "direct" }] })],
    ["has a proxy whose password is not to be had", resolve({ proxy: { url: "p", password: { variable: "X" } } })],
  ])("since it %s lets nothing go direct that it may have sent through a proxy", (_problem, policy) => {
    expect(() => selectRoute(policy, "https://api.example/")).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }) as Error,
    );
    expect(selectRoute(policy, "http://localhost:8080/").kind).toBe("direct");
  });

  it("goes before all options if it is the administrator's", () => {
    const policy = resolvePolicy(snapshotOf({}, { configFiles: [managedFile("{")] }), { proxy: "direct" });
    expect(() => selectRoute(policy, "https://api.example/")).toThrow(managedPath);
  });
});

it("no route and no fault of one shows a secret", () => {
  const secret = "S3cr3tPassw0rd";
  const policy = resolvePolicy(snapshotOf({ SALLYPORT_PAC_URL: `http://u:${secret}@wpad/p?t=${secret}` }), {
    httpProxy: `http://${secret}:${secret}@proxy`,
  });
  const thrown = ["https://host/", `https://u:${secret}@:99999/`, `${secret}@host:x`].map((url) => {
    try {
      return selectRoute(policy, url);
    } catch (error) {
      return error;
    }
  });
  expect(thrown.every(isConnectError)).toBe(true);
  const shown = [selectRoute(policy, "http://host/"), ...thrown].map(
    (value) => inspect(value, { depth: 9 }) + JSON.stringify(value),
  );
  expect(shown.join()).not.toContain(secret);
});

it.each([
  "",
  "api.example.com",
  "ftp://host/",
  "https://",
  "https://host:99999/",
  "file:///etc/passwd",
  "http://[1000::%25.example.com",
])("%j is no target", (url) => {
  expect(() => route({}, url)).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID", hop: "local", stage: "route" }) as Error,
  );
});

it("host patterns of identities match like entries of NO_PROXY", () => {
  const patterns = ["*.corp.example", "10.0.0.0/8:8443"].flatMap((text) => {
    const pattern = parseHostPattern(text);
    return "problem" in pattern ? [] : [pattern];
  });
  expect(matchHost(patterns, "A.corp.example", 443)).toBe(true);
  expect(matchHost(patterns, "corp.example", 443)).toBe(false);
  expect(matchHost(patterns, "10.1.1.1", 8443)).toBe(true);
  expect(matchHost(patterns, "10.1.1.1", 443)).toBe(false);
  expect(matchHost([], "10.1.1.1", 443)).toBe(false);
});
