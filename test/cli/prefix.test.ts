import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { request, type RequestOptions } from "node:https";
import { expect, test } from "vitest";
import { type ConnectError, findConnectError } from "../../src/base/errors.js";
import { createNetwork, gatherContext } from "../../src/clients/index.js";
import { checkBeforeLaunch } from "../../src/run/check.js";
import { planChild } from "../../src/run/index.js";
import { labVariables } from "../../src/lab/index.js";
import { ownFolder } from "../support/own-folder.js";
import { standardLab } from "../support/standard-lab.js";

const lab = await standardLab();
const folder = ownFolder("mytool");
writeFileSync(join(folder, "empty"), "");
writeFileSync(join(folder, "noise.pem"), "no PEM at all");
writeFileSync(join(folder, "config.json"), "{ not JSON");
writeFileSync(join(folder, "typo.json"), JSON.stringify({ prxy: "x", identities: [{ hosts: "a.test" }] }));
mkdirSync(join(folder, "directory"));

const tool = "MYTOOL";

/** Each of our own variables with what is wrong for it; `{}` stands for the folder of files. */
const mistakes = {
  CLIENT_CERT: ["{}/missing.pem", "{}/noise.pem", "{}/directory", "hunter2", "relative.pem", "-----BEGIN"],
  CLIENT_KEY: ["{}/missing.key", "{}/noise.pem", "{}/empty", "~/key.pem", "$HOME/key.pem"],
  CLIENT_KEY_PASSPHRASE: ["wrong"],
  CLIENT_PFX: ["{}/missing.p12", "{}/noise.pem"],
  PROXY_CLIENT_CERT: ["{}/missing.pem", "{}/noise.pem"],
  PROXY_CLIENT_KEY: ["{}/missing.key"],
  PROXY_CLIENT_PFX: ["{}/noise.pem"],
  CA_CERTS: ["{}/missing.pem", "{}/noise.pem", "{}/empty", "{}/directory", '"{}/quoted.pem"'],
  CERT_STORE: ["bundeled"],
  CONFIG: ["{}/missing.json", "{}/config.json", "{}/typo.json", "-----BEGIN CERTIFICATE-----"],
  PAC_URL: ["http://proxy.test/proxy.pac", "nonsense", "socks5://a.test"],
  STRICT: ["maybe"],
} as const;

const told = ({ message, remedy }: ConnectError): string => `${message} | ${remedy}`;

async function configured(variables: Record<string, string>): Promise<string[]> {
  const context = await gatherContext({ prefix: tool, stores: ["bundled"], source: { variables } });
  const { policy, trust, identities } = context;
  const broken = identities.broken.map(({ fault }) => fault);
  return [policy, trust, identities]
    .flatMap(({ faults, warnings }) => [...faults, ...warnings])
    .concat(broken)
    .map(told);
}

test("whatever is wrong with a tool's own variables, no word of ours is named to its users", async () => {
  const { client } = lab.files;
  const pair = { [`${tool}_CLIENT_CERT`]: client.cert, [`${tool}_CLIENT_KEY`]: client.encryptedKey };
  const said: string[] = [];
  for (const [suffix, values] of Object.entries(mistakes)) {
    for (const value of values) {
      const wrong = { [`${tool}_${suffix}`]: value.replaceAll("{}", folder) };
      const here = [...(await configured(wrong)), ...(await configured({ ...pair, ...wrong }))];
      expect(here, `${suffix}=${value}`).not.toEqual([]);
      said.push(...here);
    }
  }
  expect(said.length).toBeGreaterThan(40);
  expect(said.filter((text) => text.includes("SALLYPORT_") || text.includes("CLAUDE_CODE_"))).toEqual([]);
  expect(said.filter((text) => text.includes("MYTOOL_")).length).toBeGreaterThan(20);
});

const ask = (options: RequestOptions): Promise<unknown> =>
  new Promise((resolve) => {
    request(options, (answer) => resolve(answer.resume()))
      .once("error", resolve)
      .end();
  });

test("nor where a connection or a request fails", async () => {
  const { HTTPS_PROXY, https_proxy, NODE_EXTRA_CA_CERTS } = labVariables(lab) as Record<string, string | undefined>;
  const proxy = https_proxy ?? HTTPS_PROXY ?? "";
  const ca = NODE_EXTRA_CA_CERTS ?? lab.files.bundle;
  const failing = [
    { url: `${lab.mtls.url}/`, options: { ca, proxy } },
    { url: `${lab.api.url}/`, options: { proxy } },
    { url: `${lab.api.url}/`, options: { proxy: lab.basic.url, ca } },
    { url: `${lab.api.url}/`, options: { proxy: "http://127.0.0.1:1", ca } },
  ];
  const said: string[] = [];
  for (const { url, options } of failing) {
    const variables = { MYTOOL_STRICT: "0" };
    const context = await gatherContext({ prefix: tool, stores: ["bundled"], source: { variables }, ...options });
    const fault = await checkBeforeLaunch(context, [url]).then(
      () => undefined,
      (error: unknown) => findConnectError(error),
    );
    if (fault !== undefined) said.push(told(fault));
  }
  const bare = await gatherContext({ prefix: tool, stores: ["bundled"], source: { variables: {} } });
  expect(() => planChild(bare, { intercept: ["a.test"] })).toThrow(
    expect.objectContaining({ remedy: expect.stringContaining("MYTOOL_CLIENT_CERT") as string }) as Error,
  );
  await using net = await createNetwork({ prefix: tool, stores: ["bundled"], source: { variables: {} } });
  const { hostname, port } = new URL(lab.api.url);
  for (const own of [{ rejectUnauthorized: false }, { ca: "x" }, { cert: "x" }, { pfx: "x" }, { key: "x" }]) {
    const error = await ask({ hostname, port, agent: net.agents.https, ...own });
    const fault = findConnectError(error);
    expect(fault?.remedy).toContain("MYTOOL_");
    if (fault !== undefined) said.push(told(fault));
  }
  expect(said).toHaveLength(9);
  expect(said.filter((text) => text.includes("SALLYPORT_") || text.includes("CLAUDE_CODE_"))).toEqual([]);
});
