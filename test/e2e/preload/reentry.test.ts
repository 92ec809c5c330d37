import { describe, expect, test } from "vitest";
import { labVariables, type LabOrigin } from "../../../src/lab/index.js";
import { ask, fixture, preload } from "./support/program.js";
import { standardLab } from "../../support/standard-lab.js";

/** Programs whose connections come by node:net or node:tls, as the dialer's own do. */
const clients = [
  "an agent that overrides createConnection",
  "an agent that overrides createSocket",
  "an agent with a queue of its own",
  "a request that connects by itself",
  "agentkeepalive",
  "agent-base 7",
  "agent-base 7 that hands on to another agent",
  "openai 4",
  "groq-sdk",
  "undici with an Agent of its own",
  "ws",
];

/** Of every spelling of this machine, without TLS and with it. */
const lab = await standardLab();
const v6 = await Promise.all([lab.origin({ tls: false, address: "::1" }), lab.origin({ address: "::1" })]);
const at = (host: string, [plain, secure]: readonly LabOrigin[]) => [
  `http://${host}:${plain?.port}/`,
  `https://${host}:${secure?.port}/`,
];
const v4 = [lab.plain, lab.api];
const urls: readonly string[] = [...at("127.0.0.1", v4), ...at("localhost", v4), ...at("[::1]", v6)];

test("a tool that puts its own functions around node:net's and node:tls's does not bring the dialer back", async () => {
  const flags = ["--require", preload, "--require", fixture("wrapping.cjs"), "--require", fixture("bounded.cjs")];
  const told = await ask("agentkeepalive", [...urls, ...urls], {
    variables: labVariables(lab, undefined, { noProxy: "<-loopback>" }),
    flags,
  });
  expect(told.map(({ error }) => error)).toEqual(Array.from({ length: 12 }, () => undefined));
});

const ways = [
  ["without a proxy", false, "<-loopback>"],
  ["by NO_PROXY", true, "<-loopback>, 127.0.0.1, [::1], localhost"],
  ["through a proxy", true, "<-loopback>"],
] as const;

describe.each(ways)("what the dialer opens is none of the program's: %s", (way, proxied, noProxy) => {
  test.each(clients)("%s has its answer, and so has one after it", async (client) => {
    const variables = labVariables(lab, proxied ? lab.basic : undefined, noProxy === undefined ? {} : { noProxy });
    const flags = ["--require", preload, "--require", fixture("bounded.cjs")];
    const told = await ask(client, [...urls, ...urls], { variables, flags });
    expect(told.map(({ error }) => error)).toEqual(Array.from({ length: 12 }, () => undefined));
    expect(lab.log.of(lab.basic.name).length > 0).toBe(way === "through a proxy");
  });
});
