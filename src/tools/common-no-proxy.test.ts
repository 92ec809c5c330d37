import { describe, expect, it } from "vitest";
import { parseNoProxy } from "../policy/index.js";
import { commonNoProxy } from "./common-no-proxy.js";
import { proxyModels, readAll } from "./models/index.js";

const proxy = "http://proxy.test:3128";
const through = { protocol: "http", host: "proxy.test", port: 3128 };
const names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"];
const set = (noProxy: string): Record<string, string> => ({
  ...Object.fromEntries(names.map((name) => [name, proxy])),
  NO_PROXY: noProxy,
  no_proxy: noProxy,
});
const readers = proxyModels.filter(({ variables }) => variables.noProxy.includes("NO_PROXY")).map(({ id }) => id);

const common = (noProxy: string, url: string, direct: boolean) => {
  const rules = parseNoProxy(noProxy.split(","), "NO_PROXY").rules;
  const found = commonNoProxy(new URL(url), rules, set(noProxy), direct ? undefined : through);
  if (found === undefined) throw new Error("no value");
  return found;
};

/** What people write, and where a URL goes by it here. */
const cases: readonly (readonly [noProxy: string, url: string, direct: boolean])[] = [
  ["example.com", "https://example.com/", true],
  ["example.com", "https://api.example.com/", true],
  ["example.com", "https://badexample.com/", false],
  ["example.com", "http://api.example.com:8080/", true],
  [".example.com", "https://example.com/", true],
  [".example.com", "https://api.example.com/", true],
  ["*.example.com", "https://api.example.com/", true],
  ["Example.COM", "https://api.example.com/", true],
  ["a.test, example.com", "https://example.com/", true],
  ["intern", "http://intern/", true],
  ["intern", "http://wiki.intern/", true],
  ["192.0.2.7", "http://192.0.2.7/", true],
  ["192.0.2.7", "http://192.0.2.70/", false],
  ["10.0.0.0/8", "https://10.1.2.3/", true],
  ["10.0.0.0/8", "https://10.1.2.3:8443/", true],
  ["10.0.0.0/8", "https://11.1.2.3/", false],
  ["10.1.0.0-10.1.0.9", "https://10.1.0.9/", true],
  ["10.1.0.0-10.1.0.9", "https://10.1.0.10/", false],
  ["*", "https://example.com/", true],
  ["example.com,*", "https://other.example/", true],
  ["example.com:8080", "http://example.com/", false],
  ["example.com", "http://localhost:3000/", true],
  ["example.com", "http://127.9.9.9/", true],
];

describe("the one NO_PROXY value that explain tells", () => {
  it.each(cases)("is read alike by all models that read it: %s, for %s", (noProxy, url, direct) => {
    const { value, apart } = common(noProxy, url, direct);
    expect(apart).toEqual([]);
    const readings = readAll(new URL(url), set(value), direct ? undefined : through);
    expect(readings.filter(({ id, agrees }) => readers.includes(id) && !agrees)).toEqual([]);
    expect(readings.length).toBeGreaterThan(readers.length);
  });

  it("says whom it brings back", () => {
    expect(common("10.0.0.0/8", "https://10.1.2.3/", true).helps).toContain("python-urllib");
    expect(common("*.example.com", "https://api.example.com/", true).helps).toContain("curl");
    expect(common("example.com", "https://example.com/", true).helps).toEqual([]);
  });

  it("says who cannot be brought back: curl, git and Deno know no ports, and all that want an IPv6 address in brackets", () => {
    expect(common("example.com:8080", "http://example.com:8080/", true).apart).toEqual(["curl", "git", "deno"]);
    expect(common("2001:db8::1", "http://[2001:db8::1]/", true).apart).toContain("undici7");
  });

  it("leaves out what would break a reader, and says so", () => {
    expect(common("example.com,2001:db8::/32,10.0.0.0/8:80", "https://example.com/", true)).toMatchObject({
      value: expect.not.stringContaining("2001") as string,
      leftOut: ["2001:db8::/32", "10.0.0.0/8:80"],
    });
  });

  it("is none where no setting exempts anything", () => {
    const { rules } = parseNoProxy([], "NO_PROXY");
    expect(commonNoProxy(new URL("https://example.com/"), rules, set(""), through)).toBeUndefined();
  });
});
