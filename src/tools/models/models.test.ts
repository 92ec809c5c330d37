import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readAll, proxyModels, readTarget } from "./index.js";

interface Probe {
  readonly name: string;
  readonly noProxy: string;
  readonly url: string;
  readonly observed: Readonly<Record<string, boolean>>;
}

const recorded = JSON.parse(
  readFileSync(new URL("../../../test/conformance/no-proxy-peers.json", import.meta.url), "utf8"),
) as {
  readonly probes: readonly Probe[];
};

/** The recording's names of our models. Where two of its columns are the same program, both must hold. */
const columns: Readonly<Record<string, readonly string[]>> = {
  curl: ["curl"],
  git: ["curl"],
  java: ["java_nonProxyHosts"],
  go: ["go"],
  "python-requests": ["python_requests"],
  "python-urllib": ["python_urllib"],
  bun: ["bun_fetch"],
  deno: ["deno_fetch"],
  "node22-http": ["node22_http"],
  "node24-http": ["node24_http", "node26_http"],
  undici6: ["undici6", "node22_fetch"],
  undici7: ["undici7", "node24_fetch"],
  undici8: ["undici8"],
  axios: ["axios"],
  "proxy-from-env": ["proxyFromEnv"],
  vscode: ["vscodeProxyAgent"],
  "global-agent": ["globalAgent"],
};

describe("models of other tools", () => {
  it("has a recorded column for every model", () => {
    expect(proxyModels.map((model) => model.id).toSorted()).toEqual(Object.keys(columns).toSorted());
    expect(recorded.probes.length).toBe(38);
  });

  for (const model of proxyModels) {
    it(`reads NO_PROXY in all recorded probes as ${model.tool} did`, () => {
      const wrong: string[] = [];
      for (const column of columns[model.id] ?? []) {
        for (const probe of recorded.probes) {
          const direct = model.bypasses(probe.noProxy === "none" ? "" : probe.noProxy, readTarget(new URL(probe.url)));
          if (direct !== probe.observed[column])
            wrong.push(`${column}: ${probe.name}: ${probe.noProxy} ${probe.url} gave ${direct}`);
        }
      }
      expect(wrong).toEqual([]);
    });
  }
});

describe("the globs of global-agent", () => {
  const model = proxyModels.find(({ id }) => id === "global-agent");
  const bypasses = (entry: string, host: string) => model?.bypasses(entry, readTarget(new URL(`https://${host}/`)));

  it.each([
    ["a*c.test", "abc.test", true],
    ["a*c.test", "ac.test", true],
    ["A*C.test", "abc.test", true],
    ["a*a.test", "a.test", false],
    ["a*b*c.test", "axbxc.test", true],
    ["a*b*c.test", "axcxb.test", false],
    ["*.test", "a.test", true],
    ["a.*", "a.test", true],
    ["a.test", "b.a.test", false],
    ["*", "a.test", true],
  ])("%s and %s: %s", (entry, host, expected) => {
    expect(bypasses(entry, host)).toBe(expected);
  });

  it("cost no more with many stars in one", () => {
    expect(bypasses(`${"*a".repeat(30)}b`, `${"a".repeat(60)}.test`)).toBe(false);
  });
});

describe("readAll", () => {
  const url = new URL("https://api.example.com/");
  const own = { protocol: "http", host: "proxy.corp", port: 3128 };
  const by = (id: string, variables: Record<string, string>, target = url) => {
    const reading = readAll(target, variables, own).find((one) => one.id === id);
    if (reading === undefined) throw new Error(`no model ${id}`);
    return reading;
  };

  it("names the variable that each tool takes its proxy from", () => {
    expect(by("curl", { HTTPS_PROXY: "http://proxy.corp:3128" })).toMatchObject({
      outcome: "proxy",
      proxy: "http://proxy.corp:3128",
      reason: "it takes HTTPS_PROXY",
      agrees: true,
    });
  });

  it("lets Go prefer upper case where curl prefers lower", () => {
    const variables = { HTTPS_PROXY: "http://upper:1", https_proxy: "http://lower:2" };
    expect(by("go", variables).proxy).toBe("http://upper:1");
    expect(by("curl", variables).proxy).toBe("http://lower:2");
  });

  it("does not let curl read HTTP_PROXY in upper case", () => {
    expect(by("curl", { HTTP_PROXY: "http://proxy.corp:3128" }, new URL("http://example.com/"))).toMatchObject({
      outcome: "direct",
      agrees: false,
    });
  });

  it("says that Node's http.request goes past a SOCKS proxy, and that Bun fails", () => {
    const variables = { https_proxy: "socks5://proxy.corp" };
    expect(by("node24-http", variables)).toMatchObject({ outcome: "direct", proxy: null });
    expect(by("bun", variables)).toMatchObject({ outcome: "error", proxy: null });
  });

  it("lets Java read the properties of JAVA_TOOL_OPTIONS alone", () => {
    const options =
      "-Xmx1g -Dhttps.proxyHost=proxy.corp '-Dhttps.proxyPort=3128' \"-Dhttp.nonProxyHosts=a.corp|*.example.org\"";
    expect(by("java", { HTTPS_PROXY: "http://proxy.corp:3128" })).toMatchObject({
      outcome: "direct",
      reason: "it sees no proxy in https.proxyHost in JAVA_TOOL_OPTIONS",
      agrees: false,
    });
    const variables = { JAVA_TOOL_OPTIONS: options };
    expect(by("java", variables)).toMatchObject({ outcome: "proxy", proxy: "http://proxy.corp:3128", agrees: true });
    expect(by("java", variables, new URL("https://www.example.org/"))).toMatchObject({
      outcome: "direct",
      reason: "it takes http.nonProxyHosts in JAVA_TOOL_OPTIONS to cover this host",
    });
    expect(by("java", variables, new URL("http://api.example.com/")).outcome).toBe("direct");
    expect(by("java", { JAVA_TOOL_OPTIONS: "-Dhttps.proxyHost=p" }, new URL("https://127.0.0.1/")).outcome).toBe(
      "direct",
    );
  });

  it("shows no login", () => {
    const readings = readAll(
      url,
      { https_proxy: "http://alice:tulip%2Fseven@proxy.corp:3128", HTTPS_PROXY: "http://alice:tulip" },
      own,
    );
    expect(JSON.stringify(readings)).not.toMatch(/tulip|alice/);
  });
});
