import { describe, expect, test } from "vitest";
import { labVariables } from "../../../src/lab/index.js";
import { fixture, preload, program } from "./support/program.js";
import { standardLab } from "../../support/standard-lab.js";

const lab = await standardLab();

const known = [lab.plain.name, lab.api.name];

/** What a program's AsyncLocalStorage held when it was told of each event. */
async function contexts(client: string, url: string, flags: readonly string[]): Promise<readonly string[]> {
  const variables = labVariables(lab, undefined, { clientCertificate: false });
  const { status, stdout, stderr } = await program(fixture("contexts.mjs"), [client, url], { variables, flags, known });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout) as readonly string[];
}

const anyUrl = [
  "the global agent",
  "no agent",
  "an agent that keeps connections",
  "an agent with few connections",
  "an agent with one connection, not kept",
  "an agent that overrides createConnection",
  "an agent with a queue of its own",
  "agentkeepalive",
  "agent-base 7",
  "fetch",
  "undici.request",
  "ws",
];
const secureOnly = ["node:http2", "node:tls with ALPN"];

describe("a program's own AsyncLocalStorage holds in each callback what it holds without the preload", () => {
  test.each([...anyUrl, ...secureOnly])("%s", async (client) => {
    for (const { url } of [lab.plain, lab.api].slice(secureOnly.includes(client) ? 1 : 0)) {
      const [without, beneath] = await Promise.all([
        contexts(client, url, []),
        contexts(client, url, ["--require", preload]),
      ]);
      expect(without).not.toEqual([]);
      expect(beneath).toEqual(without);
    }
  });
});
