import { describe, expect, test } from "vitest";
import { labVariables, type LabProxy } from "../../../src/lab/index.js";
import { basicAuthorization } from "../support/office.js";
import { ask, fixture, preload, preloadModule, program, type ProgramOptions } from "./support/program.js";
import { standardLab } from "../../support/standard-lab.js";

const lab = await standardLab();

const [major = 0] = process.versions.node.split(".").map(Number);

/** What undici brings in a given major: each speaks to the default dispatcher, or makes an agent of its own. */
const ofUndici = (name: string): string[] =>
  [
    ".request",
    ".fetch",
    " with an Agent of its own",
    " with a POST by its own Agent",
    ".setGlobalDispatcher",
    " and the built-in fetch",
    ".WebSocket",
  ].map((what) => `${name}${what}`);

const anyUrl = [
  "fetch",
  "fetch with a POST",
  ...(major >= 22 ? ["WebSocket"] : []),
  "node:http",
  "node:http as a property",
  "node:http with a POST",
  "an agent of its own",
  "agent: false",
  "an agent that overrides createConnection",
  "an agent that overrides createSocket",
  "an agent with a queue of its own",
  "a request that connects by itself",
  "a check of its own",
  "axios",
  "axios as a module",
  "got",
  "ky",
  "node-fetch",
  "ws",
  "agentkeepalive",
  "agent-base 7",
  "agent-base 7 that hands on to another agent",
  "openai 4",
  "groq-sdk",
  ...ofUndici("undici6"),
  ...ofUndici("undici"),
  ...(major >= 22 ? ofUndici("undici8") : []),
];
const secureOnly = [
  "node:http2 on a connection of its own",
  "an agent that connects first and speaks TLS then",
  "node:http2",
  "node:tls with ALPN",
  "got with http2",
  "undici with allowH2",
];

/** Asks the origin that demands a certificate (whose name nobody but proxies knows), and looks at what both ends saw. */
async function expectCovered(client: string, proxy: LabProxy, urls: readonly string[], options: ProgramOptions = {}) {
  const variables = { ...labVariables(lab, proxy), ...options.variables };
  const told = await ask(client, urls, { ...options, variables });
  expect(told.filter(({ error }) => error !== undefined)).toEqual([]);

  const peers = lab.log.of(lab.mtls.name, "request").map(({ peer }) => peer);
  expect(peers.length).toBeGreaterThan(0);
  expect(new Set(peers)).toEqual(new Set(["alice"]));
  const target = `${lab.mtls.name}:${lab.mtls.port}`;
  expect(lab.log.of(proxy.name, "connect").map((event) => event.target)).toContain(target);
  // Nobody came to the origins but the proxy, and its login went no further.
  const accepted = [lab.mtls, lab.plain].flatMap(({ name }) => lab.log.of(name, "accept"));
  const passed = lab.log.of(proxy.name).filter(({ kind }) => kind === "connect" || kind === "request");
  expect(accepted.length).toBeLessThanOrEqual(passed.length);
  const headers = [lab.mtls, lab.plain]
    .flatMap(({ name }) => lab.log.of(name, "request"))
    .map((event) => event.headers);
  expect(headers.filter((each) => "proxy-authorization" in each)).toEqual([]);
}

describe("behind a TLS proxy with a login that inspects, with a client certificate", () => {
  test.each(anyUrl)("%s gets out", async (client) => {
    await expectCovered(client, lab.strict, [lab.mtls.url, lab.plain.url]);
    const logins = lab.log.of(lab.strict.name, "connect").map(({ authorization }) => authorization);
    expect(new Set(logins)).toEqual(new Set([basicAuthorization(lab.login)]));
  });

  test.each(secureOnly)("%s gets out", (client) => expectCovered(client, lab.strict, [lab.mtls.url]));
});

const kinds = [
  "fetch",
  "node:http",
  "an agent that overrides createConnection",
  "ws",
  "undici with an Agent of its own",
];

describe.each(["basic", "overTls", "inspector", "socks"] as const)("behind the proxy %s", (name) => {
  test.each(kinds)("%s gets out", (client) =>
    expectCovered(client, lab[name], [lab.mtls.url, lab.plain.url, lab.api.url]),
  );
  test("node:http2 gets out", () => expectCovered("node:http2", lab[name], [lab.mtls.url]));
});

test("HTTP/2 without TLS goes through the proxy, which must not read it", async () => {
  const variables = labVariables(lab, lab.basic);
  // The origin speaks HTTP/1.1 alone: that it was asked, and by whom, is what counts.
  await ask("node:http2 without TLS", [lab.plain.url], { variables });
  const target = `${lab.plain.name}:${lab.plain.port}`;
  expect(lab.log.of(lab.basic.name, "connect").map((event) => event.target)).toEqual([target]);
});

test.each(["fetch", "node:http", "node:http2"])("%s is covered by --import as well", (client) =>
  expectCovered(client, lab.basic, [lab.mtls.url], { flags: ["--import", preloadModule] }),
);

describe.each([
  ["before", [preload, fixture("other-preload.cjs")]],
  ["behind", [fixture("other-preload.cjs"), preload]],
])("%s another preload, with which much is loaded", (_where, files) => {
  const flags = files.flatMap((file) => ["--require", file]);
  test.each(["fetch", "node:http", "undici.request", "node:http2", "agentkeepalive"])("%s is covered", (client) =>
    expectCovered(client, lab.basic, [lab.mtls.url], { flags }),
  );
});

test("to be preloaded twice is to be preloaded once", () =>
  expectCovered("fetch", lab.basic, [lab.mtls.url], { flags: ["--require", preload, "--import", preload] }));

test("a PAC file is asked where the built-in objects are frozen, in a thread of its own", async () => {
  const { HTTPS_PROXY: _https, HTTP_PROXY: _http, ...rest } = labVariables(lab, lab.inspector);
  const script = `function FindProxyForURL() { return "PROXY localhost:${lab.inspector.port}" }`;
  const variables = { ...rest, SALLYPORT_PAC_URL: `data:,${encodeURIComponent(script)}` };
  const flags = ["--require", preload, "--frozen-intrinsics", "--no-warnings"];
  const [told] = await ask("fetch", [lab.api.url], { variables, flags });
  expect(told?.error).toBeUndefined();
  expect(lab.log.of("inspector", "connect")).toHaveLength(1);
});

test("a program that installs sallyport itself gets out before, during and after", async () => {
  const variables = labVariables(lab, lab.basic);
  const { stdout, stderr } = await program(fixture("installing.mjs"), [lab.mtls.url], { variables });
  expect({ stdout, stderr }).toEqual({ stdout: '["alice","alice","alice"]\n', stderr: "" });
});

test.each(["nothing first", "this machine first", "all first"])(
  "a program may install sallyport itself and take it away as often as it likes: %s",
  async (order) => {
    const own = `http://127.0.0.1:${lab.plain.port}/`;
    const args = [lab.mtls.url, own, order];
    const { stdout, stderr } = await program(fixture("installing-again.mjs"), args, {
      variables: labVariables(lab, lab.basic),
    });
    expect(stderr).toBe("");
    const { before, ...seen } = JSON.parse(stdout) as Record<string, readonly string[]>;
    const all = ["alice", "nobody", "alice", "nobody"];
    expect(before).toEqual({ "all first": all, "this machine first": ["nobody"] }[order]);
    expect(seen).toEqual(
      Object.fromEntries(
        [
          "installed once",
          "taken away once",
          "installed again",
          "taken away again",
          "installed twice",
          "the second taken away",
          "both taken away",
        ].map((name) => [name, all]),
      ),
    );
    expect(lab.log.of("basic", "connect").filter(({ target }) => target !== new URL(lab.mtls.url).host)).toEqual([]);
  },
);

test.each(["undici6", "undici", ...(major >= 22 ? ["undici8"] : [])])(
  "%s, loaded while sallyport is installed, has a default dispatcher when it is taken away, also without the preload",
  async (name) => {
    const own = `http://127.0.0.1:${lab.plain.port}/`;
    const args = [name, lab.mtls.url, own];
    const variables = labVariables(lab, lab.basic);
    const told = await Promise.all([
      program(fixture("installing-meanwhile.mjs"), args, { variables }),
      program(fixture("installing-meanwhile.mjs"), args, { variables, flags: [] }),
    ]);
    const both = { stdout: '["alice","nobody","nobody"]\n', stderr: "" };
    expect(told.map(({ stdout, stderr }) => ({ stdout, stderr }))).toEqual([both, both]);
  },
);

test.each(["undici6", "undici", ...(major >= 22 ? ["undici8"] : [])])(
  "a default that a program gives %s while sallyport is installed goes with it, and the preload's is back",
  async (name) => {
    const own = `http://127.0.0.1:${lab.plain.port}/`;
    const args = [name, lab.mtls.url, own, lab.mtls.url];
    const variables = labVariables(lab, lab.basic);
    const { stdout, stderr } = await program(fixture("installing-meanwhile.mjs"), args, { variables });
    expect({ stdout, stderr }).toEqual({ stdout: '["alice","nobody","it is gone","alice"]\n', stderr: "" });
  },
);

// Node 22.21 and 24.5 are the first to know it; older ones do not look at it.
test.each(["fetch", "node:http", "an agent of its own", "axios", "undici.request"])(
  "NODE_USE_ENV_PROXY=1 changes nothing for %s",
  (client) =>
    expectCovered(client, lab.strict, [lab.mtls.url, lab.plain.url], {
      // Node 22 warns of its own that this is an experiment.
      variables: { NODE_USE_ENV_PROXY: "1", NODE_NO_WARNINGS: "1" },
    }),
);

test("a host of NO_PROXY is asked for without the proxy", async () => {
  const variables = labVariables(lab, lab.basic, { noProxy: ".lab.test" });
  for (const client of [
    "fetch",
    "node:http",
    "undici with an Agent of its own",
    "an agent that overrides createConnection",
  ]) {
    const [told] = await ask(client, [lab.api.url], { variables });
    expect(told?.error?.map(({ code }) => code)).toContain("DNS_NOT_FOUND");
  }
  expect(lab.log.of(lab.basic.name)).toEqual([]);
});
