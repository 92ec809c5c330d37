import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { resolvePolicy } from "../../src/policy/index.js";
import { selectRoute } from "../../src/route/index.js";

interface Case {
  readonly noProxy: string;
  readonly url: string;
  readonly direct: boolean;
  readonly source: string;
}

const { cases } = JSON.parse(readFileSync(new URL("no-proxy.json", import.meta.url), "utf8")) as { cases: readonly Case[] };

describe("NO_PROXY, as the tests of other projects pose it", () => {
  it("covers every recorded case", () => {
    expect(cases).toHaveLength(131);
  });

  it.each(cases.map((one, index) => ({ ...one, index })))("$index ($source): NO_PROXY=$noProxy, $url -> direct: $direct", ({ noProxy, url, direct }) => {
    const variables = { https_proxy: "http://proxy.test:3128", http_proxy: "http://proxy.test:3128", no_proxy: noProxy };
    const policy = resolvePolicy({ variables, platform: "linux", cwd: "/", home: "/home/u", configFiles: [] });
    expect(selectRoute(policy, url).kind).toBe(direct ? "direct" : "proxy");
  });
});
