import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { labVariables, startLab, type Lab } from "../../src/lab/index.js";
import { openNetwork } from "./support/network.js";
import { startClients, type Place } from "./support/mcp/scenarios.js";
import {
  conformanceSuite,
  olderSuiteVersion,
  required,
  runSuite,
  suiteVersion,
  type Verdict,
} from "./support/mcp/suite.js";
import { startTerminator, type Terminator } from "./support/mcp/terminator.js";

const currentSuite = conformanceSuite(suiteVersion);
const olderSuite = conformanceSuite(olderSuiteVersion);
const { PATH = "" } = process.env;

/** The scenarios in which a client does right only if it goes no further: the server, or who pretends to be it, is not to be believed. */
const mustFail = [
  "auth/scope-retry-limit",
  "auth/resource-mismatch",
  "auth/iss-supported-missing",
  "auth/iss-wrong-issuer",
  "auth/iss-unexpected",
  "auth/iss-normalized",
  "auth/metadata-issuer-mismatch",
];

interface Ran {
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly failures: ReadonlyMap<string, string | undefined>;
}

async function ran(suite: typeof olderSuite, choice: readonly string[], around: Place): Promise<Ran> {
  if ("missing" in suite) return { verdicts: new Map(), failures: new Map() };
  await using clients = await startClients(around);
  return { verdicts: await runSuite(suite, choice, clients.port), failures: clients.failures };
}

/** One required scenario for each test; the suite runs them all at once. */
function scenarios(revision: string, count: number, around: () => Promise<Place>): void {
  const names = "missing" in currentSuite ? [] : required(currentSuite, revision);
  let all: Ran;
  beforeAll(async () => (all = await ran(currentSuite, ["--requirements", revision], await around())), 400_000);

  test(`there are ${count} of them`, () => expect(names).toHaveLength(count));

  test.each(names)("%s", (name) => expectClean(name, all));
}

function expectClean(name: string, { verdicts, failures }: Ran): void {
  const failure = failures.get(name);
  expect(verdicts.get(name)?.problems, failure).toEqual([]);
  expect(verdicts.get(name)?.passed, failure).toBeGreaterThan(0);
  expect(failure !== undefined, failure).toBe(mustFail.includes(name));
}

/** What the suite's servers redirect to is on this machine. */
async function follow(url: string, ask: (url: string) => Promise<{ readonly headers: Headers }>): Promise<void> {
  const location = (await ask(url)).headers.get("location");
  if (location !== null) await (await fetch(location)).text();
}

const straight: Place = {
  variables: { PATH },
  urlOf: (url) => url,
  visit: (url) => follow(url, (at) => fetch(at, { redirect: "manual" })),
};

describe.skipIf("missing" in currentSuite)(`the official conformance suite ${suiteVersion}, through the bridge`, () => {
  describe.each([
    ["2025-11-25", 18],
    ["2026-07-28", 32],
  ])("what %s requires of clients", (revision, count) => {
    scenarios(revision, count, async () => straight);
  });
});

/** Of the older suite's, what is not to pass. */
const exceptions: Readonly<Record<string, string>> = {
  // The metadata's issuer is not the server's URL, which the newer suite has put right: to believe it would be an error (RFC 8414, 3.3).
  "auth/2025-03-26-oauth-metadata-backcompat": "is the metadata of another authorization server",
  // Enterprise-managed authorization is an extension that the bridge has no part in.
  "auth/cross-app-access-complete-flow": "unsupported_grant_type",
};

describe.skipIf("missing" in olderSuite)(`the older suite ${olderSuiteVersion}, through the bridge`, () => {
  test("all its scenarios for clients are clean but two", { timeout: 400_000 }, async () => {
    const all = await ran(olderSuite, ["--suite", "all"], straight);
    expect(all.verdicts.size).toBe(26);
    for (const name of all.verdicts.keys()) if (!Object.hasOwn(exceptions, name)) expectClean(name, all);
    for (const [name, reason] of Object.entries(exceptions)) expect(all.failures.get(name)).toContain(reason);
  });
});

describe.skipIf("missing" in currentSuite)(
  "the same behind a proxy with a login, and a server that asks for a client certificate",
  () => {
    let [lab, terminator]: [Lab?, Terminator?] = [];
    let office: Promise<Place> | undefined;
    async function open(): Promise<Place> {
      lab = await startLab();
      terminator = await startTerminator(lab);
      const login = { username: "jane", password: "p@ss:w%rd" };
      const proxy = await lab.proxy({ name: "proxy", login, inspect: { exempt: [".localhost"] } });
      const variables = labVariables(lab, proxy, { noProxy: "<-loopback>,127.0.0.1" });
      const network = await openNetwork(variables);
      return {
        variables: { PATH, ...variables },
        urlOf: terminator.outside,
        visit: (url) => follow(url, (at) => network.fetch(at, { redirect: "manual" })),
      };
    }
    afterAll(async () => {
      await terminator?.[Symbol.asyncDispose]();
      await lab?.close();
    });

    describe.each([
      ["2025-11-25", 18],
      ["2026-07-28", 32],
    ])("what %s requires of clients", (revision, count) => {
      scenarios(revision, count, () => (office ??= open()));
    });

    test("every request came through the proxy, and with the certificate", () => {
      expect(new Set(terminator?.peers)).toEqual(new Set(["alice"]));
      expect(terminator?.peers.length).toBeGreaterThan(300);
      const hosts = lab?.log.of("proxy", "connect").map((event) => JSON.stringify(event)) ?? [];
      expect(hosts.length).toBeGreaterThan(50);
    });
  },
);
