import { describe, expect, test } from "vitest";
import { labVariables, type LabEcho } from "../../../src/lab/index.js";
import { fixture, preload, program } from "./support/program.js";
import { standardLab } from "../../support/standard-lab.js";

const lab = await standardLab();

interface Told {
  readonly place: string;
  readonly code?: string;
  readonly answer?: LabEcho;
  /** Of the preload, loaded by then. */
  readonly parts: readonly string[];
}

async function connect(
  places: readonly string[],
  variables = labVariables(lab, lab.basic),
  flags: readonly string[] = [],
): Promise<readonly Told[]> {
  const options = { variables, known: [], flags: ["--require", preload, ...flags] };
  const { stdout } = await program(fixture("sockets-by-hand.mjs"), places, options);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Told);
}

test("what a program connects to by hand goes to the proxy at the ports of the web, and its own way at any other", async () => {
  const own = [22, 25, 3306, 5432, 6379, 8081].map((port) => `nobody.test:${port}`);
  const web = [80, 8080, 443, 8443].map((port) => `nobody.test:${port}`);
  const told = await connect([...own, ...web]);
  expect(told.map(({ code }) => code === "ENOTFOUND")).toEqual([...own.map(() => true), ...web.map(() => false)]);
  expect(lab.log.of("basic", "connect").map(({ target }) => target)).toEqual(web);
});

test("nothing more of the preload is loaded for what goes its own way", async () => {
  const [database, closed, web] = await connect(["nobody.test:5432", "127.0.0.1:5432", "nobody.test:443"]);
  expect([database?.parts, closed?.parts]).toEqual([["register"], ["register"]]);
  expect(web?.parts).toContain("hooks");
});

describe.each(["basic", "overTls", "socks"] as const)("through a proxy of each kind (%s)", (kind) => {
  /** One program connects to a place twice; `asked`: what the proxy was asked for. */
  async function connectTwice(place: string): Promise<{ told: readonly Told[]; asked: readonly string[] }> {
    const told = await connect([place, place], labVariables(lab, lab[kind]));
    return { told, asked: lab.log.of(lab[kind].name, "connect").map(({ target }) => target) };
  }

  test("HTTP by hand is answered", async () => {
    const { told, asked } = await connectTwice("plain.lab.test:80");
    const answered = ["plain.lab.test", undefined];
    expect(told.map(({ answer, code }) => [answer?.origin, code])).toEqual([answered, answered]);
    expect(asked).toEqual(["plain.lab.test:80", "plain.lab.test:80"]);
  });

  test("TLS on a connection by hand shows the policy's certificate, the first time and later", async () => {
    const { told, asked } = await connectTwice("tls:mtls.lab.test:443");
    const shown = ["alice", undefined];
    expect(told.map(({ answer, code }) => [answer?.peer, code])).toEqual([shown, shown]);
    expect(asked).toEqual(["mtls.lab.test:443", "mtls.lab.test:443"]);
  });
});

test("TLS on a connection by hand is verified by the policy's authorities", async () => {
  const told = await connect(["tls:api.lab.test:443"], labVariables(lab, lab.basic, { trust: false }));
  expect(told[0]?.code).toMatch(/CERT|SIGNATURE|ISSUER/);
  expect(lab.log.of("api.lab.test", "request")).toEqual([]);
});

test("a proxy that makes no tunnel and takes no request is told to the program", async () => {
  lab.basic.fault = { kind: "status", status: 502 };
  try {
    const told = await connect(["plain.lab.test:80", "tls:api.lab.test:443"]);
    expect(told.map(({ code }) => code)).toEqual(["PROXY_BAD_GATEWAY", "PROXY_BAD_GATEWAY"]);
  } finally {
    lab.basic.fault = undefined;
  }
});

test("with settings that cannot be used it fails with their fault, and goes nowhere", async () => {
  const variables = { ...labVariables(lab, lab.basic), HTTPS_PROXY: "no url at all:", HTTP_PROXY: "no url at all:" };
  const told = await connect(["plain.lab.test:80", "tls:api.lab.test:443"], variables);
  expect(told.map(({ code }) => code)).toEqual(["PROXY_URL_INVALID", "PROXY_URL_INVALID"]);
});

test.each([
  ["froze Error", "Error"],
  ["has stacks in a form of its own", "stacks"],
])("who connects by hand is told from others in a program that %s", async (_what, FREEZE) => {
  const flags = ["--require", fixture("freezing.cjs")];
  const told = await connect(
    ["nobody.test:5432", "plain.lab.test:80"],
    { ...labVariables(lab, lab.basic), FREEZE },
    flags,
  );
  expect(told.map(({ code, answer }) => code ?? answer?.origin)).toEqual(["ENOTFOUND", "plain.lab.test"]);
});
