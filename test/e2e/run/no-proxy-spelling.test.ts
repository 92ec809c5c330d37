import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readAll } from "../../../src/tools/models/index.js";
import { childVariables } from "../../../src/tools/index.js";
import { readNoProxy, unspeakable } from "../../../src/tools/no-proxy-spelling.js";

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

const entriesOf = (noProxy: string): string[] => noProxy.split(/[\s,]+/).filter((entry) => entry !== "");

const forChildren = (noProxy: string): Record<string, string> => {
  const made = childVariables({ proxy: { https: proxy, http: proxy }, noProxy: entriesOf(noProxy) });
  return Object.fromEntries(made.map(({ name, value }) => [name, value]));
};

/**
 * They know IPv6 addresses in brackets alone, which would end every Python program on httpx. All but urllib run on Node, where the preload
 * goes by the policy itself.
 */
const wantsBrackets = /^(?:undici6|undici7|proxy-from-env|python-urllib): .* -> \w+:\/\/\[/;

/** Java reads no variable, so that as written it goes direct whatever they say, which is right by accident; its own options know no ports. */
const readsNothing = /^java: /;

/** Then `run` has its gateway decide, and no reader's NO_PROXY. */
const goesByGateway = (text: string): boolean => {
  const [, noProxy = ""] = /^[\w.-]+: (.*) -> /s.exec(text) ?? [];
  return unspeakable(readNoProxy(["<-loopback>", ...entriesOf(noProxy)])).length > 0;
};

describe("NO_PROXY as children get it", () => {
  const before = compare(asWritten);
  const after = compare(forChildren);

  it("is read as sallyport reads it in 88 of 100 cases, where the value as written is in 77", () => {
    expect([before, after].map(({ right, all }) => Math.round((100 * right) / all))).toEqual([77, 88]);
  });

  it("makes nobody's reading worse, but for the domain itself where sub-domains alone are meant, and for IPv6 that breaks others", () => {
    const worse = [...after.wrong].filter((one) => !before.wrong.has(one));
    const explained = (one: string): boolean =>
      /\*\.(?:example|wildcard\.io)\b/.test(one) ||
      wantsBrackets.test(one) ||
      goesByGateway(one) ||
      readsNothing.test(one);
    expect(worse.filter((one) => !explained(one))).toEqual([]);
  });

  it("keeps what Node 22's http takes for a sub-domain at the proxy: badexample.com is none of example.com", () => {
    const own = { protocol: "http", host: "proxy.test", port: 3128 };
    const readings = readAll(new URL("http://badexample.com/"), forChildren("example.com"), own);
    expect(readings.filter(({ agrees }) => !agrees)).toEqual([]);
  });

  it("keeps a child's own servers on loopback away from the proxy, in every tool that takes IPv6 without brackets", () => {
    const astray = (url: string): string[] =>
      readAll(new URL(url), forChildren(""), undefined)
        .filter(({ agrees }) => !agrees)
        .map(({ id }) => id);
    for (const url of ["http://localhost:8124/", "http://127.0.0.1:8124/", "http://169.254.169.254/"])
      expect(astray(url)).toEqual([]);
    expect(astray("http://[::1]:8124/").filter((id) => !wantsBrackets.test(`${id}:  -> http://[`))).toEqual([]);
  });
});
