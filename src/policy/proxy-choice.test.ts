import { describe, expect, it } from "vitest";
import { resolvePolicy, type PolicyOptions } from "./index.js";
import { formatProxyChoice } from "./proxy-url.js";
import { snapshotOf } from "./testing/snapshot.js";
import type { Policy } from "./types.js";

const a = "http://a:1";
const fromVariables = (variables: Record<string, string>, options?: PolicyOptions): Policy =>
  resolvePolicy(snapshotOf(variables), options);
const proxies = ({ proxy }: Policy) => ({
  https: proxy.https && formatProxyChoice(proxy.https.value),
  http: proxy.http && formatProxyChoice(proxy.http.value),
});
const matching = (pattern: RegExp): string => expect.stringMatching(pattern) as string;

describe("proxy variables", () => {
  const told = ({ faults, warnings }: Policy) => ({
    faults: faults.map(({ message }) => message),
    warnings: warnings.map(({ message }) => message),
  });
  const bad = "http://a:99999";
  const outside = "has port 99999, which is outside 1-65535";

  it.each([
    [
      "behind both others",
      { ALL_PROXY: "socks://127.0.0.1:1080/", HTTPS_PROXY: a, HTTP_PROXY: a },
      ["ALL_PROXY has the scheme socks://, which is not supported; it is not used, since HTTPS_PROXY takes precedence"],
    ],
    [
      "in upper case",
      { http_proxy: a, HTTP_PROXY: bad, https_proxy: a },
      [
        "http_proxy (http://a:1) and HTTP_PROXY ((invalid)) differ; http_proxy counts here, while other programs may use HTTP_PROXY",
        `HTTP_PROXY ${outside}; it is not used, since http_proxy takes precedence`,
      ],
    ],
  ] as const)("that are not used are warnings, and no more: one %s", (_what, variables, warnings) => {
    expect(told(fromVariables(variables))).toEqual({ faults: [], warnings });
  });

  it("may be a list in Windows' form, of which each scheme takes its part", () => {
    const list = "http=a:1;https=b:2";
    for (const name of ["all_proxy", "ALL_PROXY"]) {
      const policy = fromVariables({ [name]: list });
      expect(proxies(policy)).toEqual({ https: "http://b:2", http: "http://a:1" });
      expect(policy.settings).toMatchObject([
        { name: "proxy", value: "http://b:2", source: { name } },
        { name: "proxy", value: "http://a:1", source: { name } },
      ]);
      expect(told(policy)).toMatchObject({ faults: [], warnings: [/for https/, /for http/].map(matching) });
    }
    expect(proxies(fromVariables({ HTTPS_PROXY: list, HTTP_PROXY: list }))).toEqual({
      https: "http://b:2",
      http: "http://a:1",
    });
    const own = fromVariables({ ALL_PROXY: list, HTTPS_PROXY: "http://own:1" });
    expect(proxies(own)).toEqual({ https: "http://own:1", http: "http://a:1" });
    expect(own.settings).toContainEqual({
      name: "proxy",
      value: "http://b:2",
      source: { kind: "variable", name: "ALL_PROXY" },
      overriddenBy: { kind: "variable", name: "HTTPS_PROXY" },
    });
    // Windows would go direct for what is not in the list.
    expect(told(fromVariables({ ALL_PROXY: "http=a:1" })).warnings).toContainEqual(
      "ALL_PROXY is a list in the Windows format, and names no proxy for https; requests to https URLs fail with this error",
    );
  });

  it("that are not used are warnings, and no more: a broken one where a flag says what counts", () => {
    expect(told(fromVariables({ https_proxy: bad }, { proxy: "direct" }))).toEqual({
      faults: [],
      warnings: [`https_proxy ${outside}; it is not used, since the option proxy takes precedence`],
    });
  });

  it.each([
    ["http_proxy", { https_proxy: a, http_proxy: bad }, "http"],
    ["ALL_PROXY", { https_proxy: a, ALL_PROXY: bad }, "http"],
    ["https_proxy", { https_proxy: bad, http_proxy: a }, "https"],
    ["https_proxy", { https_proxy: bad }, "https"],
  ])("that decide for one scheme are faults of that one alone: %s in %o", (name, variables, scheme) => {
    expect(told(fromVariables(variables))).toEqual({
      faults: [],
      warnings: [`${name} ${outside}; requests to ${scheme} URLs fail with this error`],
    });
  });

  it.each([
    [{ https_proxy: bad, http_proxy: bad }, ["https_proxy", "http_proxy"]],
    [{ ALL_PROXY: bad }, ["ALL_PROXY"]],
    [{ HTTP_PROXY: bad }, ["HTTP_PROXY"]],
  ])("stop everything where nothing else would be left: %o", (variables, names) => {
    expect(told(fromVariables(variables))).toEqual({ faults: names.map((name) => `${name} ${outside}`), warnings: [] });
  });

  it("that fail some URLs alone stop everything under strict", () => {
    const policy = fromVariables({ https_proxy: a, http_proxy: bad, SALLYPORT_STRICT: "1" });
    expect(policy.faults).toMatchObject([{ code: "PROXY_URL_INVALID", severity: "error" }]);
  });
});
