import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readAll } from "../../../src/doctor/readers/index.js";
import { childVariables } from "../../../src/run/index.js";

interface Case {
  readonly noProxy: string;
  readonly url: string;
  readonly direct: boolean;
}

const file = new URL("../../conformance/no-proxy.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { readonly cases: readonly Case[] };
const proxy = "http://proxy.test:3128";

/** How many of the modelled tools go the way that sallyport goes, and who does not: `tool: NO_PROXY -> URL`. */
function compare(variablesFor: (noProxy: string) => Record<string, string>): {
  all: number;
  right: number;
  wrong: Set<string>;
} {
  let all = 0;
  let right = 0;
  const wrong = new Set<string>();
  for (const { noProxy, url, direct } of cases.filter((one) => URL.canParse(one.url))) {
    const own = direct ? undefined : { protocol: "http", host: "proxy.test", port: 3128 };
    for (const { id, agrees } of readAll(new URL(url), variablesFor(noProxy), own)) {
      all++;
      if (agrees) right++;
      else wrong.add(`${id}: ${noProxy} -> ${url}`);
    }
  }
  return { all, right, wrong };
}

const asWritten = (noProxy: string): Record<string, string> => {
  const names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"];
  const agent = { GLOBAL_AGENT_HTTP_PROXY: proxy, GLOBAL_AGENT_HTTPS_PROXY: proxy, GLOBAL_AGENT_NO_PROXY: noProxy };
  return { ...Object.fromEntries(names.map((name) => [name, proxy])), no_proxy: noProxy, NO_PROXY: noProxy, ...agent };
};

const forChildren = (noProxy: string): Record<string, string> => {
  const entries = noProxy.split(/[\s,]+/).filter((entry) => entry !== "");
  const made = childVariables({ proxy: { https: proxy, http: proxy }, noProxy: entries });
  return Object.fromEntries(made.map(({ name, value }) => [name, value]));
};

describe("NO_PROXY as children get it", () => {
  const before = compare(asWritten);
  const after = compare(forChildren);

  it("is read as sallyport reads it in 94 of 100 cases, where the value as written is in 78", () => {
    expect([before, after].map(({ right, all }) => Math.round((100 * right) / all))).toEqual([78, 94]);
  });

  it("makes nobody's reading worse, but for the domain itself where sub-domains alone are meant", () => {
    const worse = [...after.wrong].filter((one) => !before.wrong.has(one));
    expect(worse.filter((one) => !/\*\.(?:example|wildcard\.io)\b/.test(one))).toEqual([]);
  });

  it("keeps what Node 22's http takes for a sub-domain at the proxy: badexample.com is none of example.com", () => {
    const own = { protocol: "http", host: "proxy.test", port: 3128 };
    const readings = readAll(new URL("http://badexample.com/"), forChildren("example.com"), own);
    expect(readings.filter(({ agrees }) => !agrees)).toEqual([]);
  });

  it("keeps a child's own servers on loopback away from the proxy, in every tool", () => {
    for (const url of [
      "http://localhost:8124/",
      "http://127.0.0.1:8124/",
      "http://[::1]:8124/",
      "http://169.254.169.254/",
    ])
      expect(readAll(new URL(url), forChildren(""), undefined).filter(({ agrees }) => !agrees)).toEqual([]);
  });
});
