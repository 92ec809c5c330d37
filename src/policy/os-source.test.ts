import { describe, expect, test } from "vitest";
import { Secret } from "../base/secret.js";
import { readEnvironment, type OsProxySettings } from "../env/index.js";
import { resolvePolicy } from "./resolve.js";
import type { PolicyOptions } from "./settings.js";
import type { Policy } from "./types.js";

const from = "GNOME's settings";
const manual: OsProxySettings = {
  from,
  https: { protocol: "http", address: "secure.corp.example:8443" },
  http: {
    protocol: "http",
    address: "web.corp.example:8080",
    login: { username: "alice", password: new Secret("s3cret") },
  },
  exceptions: ["*.corp.example", "10.0.0.0/8"],
  simpleNames: true,
};

interface Resolved {
  readonly policy: Policy;
  readonly asked: number;
}

function resolve(
  settings: OsProxySettings | undefined,
  {
    variables = {},
    config,
    options = {},
  }: { variables?: Record<string, string>; config?: object; options?: PolicyOptions } = {},
): Resolved {
  let asked = 0;
  const snapshot = readEnvironment({
    variables,
    platform: "linux",
    home: "/home/alice",
    cwd: "/",
    readFile: (path) => {
      if (config !== undefined && path === "/home/alice/.config/sallyport/config.json")
        return { text: JSON.stringify(config), mode: 0o600 };
      throw Object.assign(new Error("absent"), { code: "ENOENT" });
    },
    osProxy: () => {
      asked += 1;
      return settings;
    },
  });
  const policy = resolvePolicy(snapshot, options);
  resolvePolicy(snapshot, options);
  return { policy, asked };
}

const source = { kind: "system", name: from };

test("the operating system's proxies count where nothing else names one, with their exceptions, and are read once", () => {
  const { policy, asked } = resolve(manual);
  expect(policy.proxy.https).toMatchObject({ value: { server: { host: "secure.corp.example", port: 8443 } }, source });
  expect(policy.proxy.http).toMatchObject({ value: { server: { login: { username: "alice" } } }, source });
  expect(policy.noProxy.value.entries.map(({ text }) => text)).toEqual(["*.corp.example", "10.0.0.0/8", "<local>"]);
  expect(policy.faults).toEqual([]);
  expect(policy.settings).toContainEqual({ name: "httpsProxy", value: "http://secure.corp.example:8443", source });
  expect(JSON.stringify(policy.settings)).not.toContain("s3cret");
  expect(asked).toBe(1);
});

describe("they are not even read", () => {
  test.each([
    { what: "a variable names a proxy for one scheme", variables: { HTTP_PROXY: "http://other.example:1" } },
    { what: "a variable names a PAC file", variables: { SALLYPORT_PAC_URL: "http://other.example/p.pac" } },
    { what: "a config file says direct", config: { proxy: "direct" } },
    { what: "an option names a proxy", options: { proxy: "http://other.example:1" } },
    { what: "SALLYPORT_OS_PROXY=off", variables: { SALLYPORT_OS_PROXY: "off" } },
    { what: "a config file switches them off", config: { osProxy: false } },
    { what: "an option switches them off", options: { osProxy: false } },
  ])("where $what", ({ what: _what, ...settings }) => {
    const { policy, asked } = resolve(manual, settings);
    expect(asked).toBe(0);
    expect(policy.settings.filter((report) => report.source.kind === "system")).toEqual([]);
    expect(policy.noProxy.value.entries).toEqual([]);
  });
});

test("NO_PROXY takes the place of their exceptions, as of any source behind it", () => {
  const { policy } = resolve(manual, { variables: { NO_PROXY: "only.example" } });
  expect(policy.noProxy.value.entries.map(({ text }) => text)).toEqual(["only.example"]);
});

test("a scheme that they name no proxy for is direct: https does not take the proxy for http", () => {
  const { policy } = resolve({ from, http: { protocol: "http", address: "web.corp.example:8080" }, exceptions: [] });
  expect(policy.proxy.https?.value).toEqual({ kind: "direct" });
});

test("their PAC file goes direct where it cannot be had, unless a setting says otherwise", () => {
  const settings: OsProxySettings = { from, pac: "http://wpad.corp.example/proxy.pac", exceptions: [] };
  const { policy } = resolve(settings);
  expect(policy.proxy.https).toMatchObject({ value: { kind: "pac", url: settings.pac }, source });
  expect(policy.pacFallback).toEqual({ value: "direct", source });
  const strict = resolve(settings, { variables: { SALLYPORT_PAC_FALLBACK: "fail" } });
  expect(strict.policy.pacFallback.value).toBe("fail");
});

test("a scheme before an address counts", () => {
  const { policy } = resolve({
    from,
    https: { protocol: "http", address: "https://secure.corp.example" },
    exceptions: [],
  });
  expect(policy.proxy.https).toMatchObject({ value: { server: { protocol: "https", port: 443 } } });
});

describe("what cannot be used is told by whose it is", () => {
  test("a proxy", () => {
    const { policy } = resolve({ from, https: { protocol: "http", address: "bad host:99999" }, exceptions: [] });
    expect(policy.proxy.https?.value).toMatchObject({ kind: "invalid", fault: { code: "PROXY_URL_INVALID" } });
    expect(policy.warnings.map(({ message }) => message).join()).toContain(`the proxy in ${from}`);
  });

  test("an exception that has no counterpart", () => {
    const { policy } = resolve({ ...manual, exceptions: ["fo*o.example"] });
    expect(policy.warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^the exceptions in GNOME's settings: the entry "fo\*o.example"/),
    ]);
  });

  test.each([
    { settings: { detects: true as const }, says: /WPAD.*SALLYPORT_PAC_URL=wpad/ },
    {
      settings: { problem: { kind: "command", command: "gsettings", code: "ENOENT" } as const },
      says: /gsettings failed with ENOENT/,
    },
    { settings: { problem: { kind: "only-for-some" } as const }, says: /KDE for the listed hosts alone/ },
  ])("in explain: $says", ({ settings, says }) => {
    const { policy } = resolve({ from, exceptions: [], ...settings });
    expect(policy.settings).toContainEqual({ name: "osProxy", value: expect.stringMatching(says), source });
    expect(policy.proxy).toEqual({});
  });
});

test("what is neither on nor off is a fault that names the variable", () => {
  const { policy } = resolve(manual, { variables: { SALLYPORT_OS_PROXY: "perhaps" } });
  expect(policy.faults.map(({ message }) => message)).toEqual(["SALLYPORT_OS_PROXY is not a valid switch"]);
});
