import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { labVariables } from "../../../src/lab/index.js";
import { ask, fixture, preload, program } from "./support/program.js";
import { standardLab } from "../../support/standard-lab.js";
import { closedPort } from "../../support/closed-port.js";

const lab = await standardLab();
const folder = await mkdtemp(join(tmpdir(), "sallyport-preload-"));
afterAll(() => rm(folder, { recursive: true }));

/** One of each way by which a connection is asked for. */
const anyUrl = [
  "fetch",
  "node:http",
  "an agent of its own",
  "an agent that overrides createConnection",
  "a check of its own",
  "ws",
  "undici.request",
  "undici with an Agent of its own",
];
const secureOnly = ["node:http2", "node:tls with ALPN", "axios"];

describe("where a setting is unusable", () => {
  // The origins' names are known here, and would be reached without any proxy.
  const known = [lab.api.name, lab.plain.name];
  const settings = () => ({
    ...labVariables(lab, lab.basic),
    HTTPS_PROXY: "gopher://proxy.test",
    HTTP_PROXY: "gopher://proxy.test",
  });

  test.each([...anyUrl, ...secureOnly])("%s fails with it and goes nowhere", async (client) => {
    const urls = [lab.api.url, ...(anyUrl.includes(client) ? [lab.plain.url] : [])];
    const told = await ask(client, urls, { variables: settings(), known });
    for (const { error } of told) expect(JSON.stringify(error)).toContain("gopher");
    expect(told).toHaveLength(urls.length);
    expect(lab.log.events).toEqual([]);
  });

  test("a WebSocket, which may not say why, fails and goes nowhere", async () => {
    const [told] = await ask("undici.WebSocket", [lab.api.url], { variables: settings(), known });
    expect(told?.error).toBeDefined();
    expect(lab.log.events).toEqual([]);
  });
});

test("a program that makes no request runs, whatever the settings are", async () => {
  const ended = await program(fixture("no-request.cjs"), [], { variables: { HTTPS_PROXY: "gopher://proxy.test" } });
  expect(ended).toEqual({ status: 0, stdout: "nothing was loaded\n", stderr: "" });
});

test.each(["fetch", "node:http", "undici with an Agent of its own"])(
  "a fault on the way is the cause of what %s fails with",
  async (client) => {
    lab.basic.fault = { kind: "status", status: 403, reason: "Forbidden" };
    try {
      const [told] = await ask(client, [lab.api.url], { variables: labVariables(lab, lab.basic) });
      expect(told?.error?.map(({ code }) => code)).toContain("PROXY_FORBIDDEN");
    } finally {
      lab.basic.fault = undefined;
    }
  },
);

test("what `run` has set is undone for who dials by itself, but for what was set again", async () => {
  const variables = labVariables(lab, lab.basic);
  const gateway = "http://localhost:9";
  const file = join(folder, "run.json");
  const set = { HTTPS_PROXY: gateway, HTTP_PROXY: gateway, NODE_EXTRA_CA_CERTS: "/nonexistent.pem" };
  const { CLAUDE_CODE_CLIENT_CERT: cert, ...rest } = variables;
  await writeFile(
    file,
    JSON.stringify({
      set,
      restore: {
        HTTPS_PROXY: variables["HTTPS_PROXY"],
        HTTP_PROXY: "http://localhost:8",
        NODE_EXTRA_CA_CERTS: variables["NODE_EXTRA_CA_CERTS"],
        CLAUDE_CODE_CLIENT_CERT: cert,
      },
    }),
  );
  const changed = { ...rest, ...set, HTTP_PROXY: lab.overTls.urlWithLogin, SALLYPORT_RUN: file, NODE_NO_WARNINGS: "1" };
  const told = await program(fixture("clients.mjs"), ["fetch", lab.mtls.url, lab.plain.url], { variables: changed });
  expect(told.stdout.split("\n").map((line) => line.slice(0, 10))).toEqual(['{"answer":', '{"answer":', ""]);
  expect(lab.log.of(lab.mtls.name, "request").map(({ peer }) => peer)).toEqual(["alice"]);
  expect(lab.log.of(lab.basic.name, "connect")).toHaveLength(1);
  expect(lab.log.of(lab.overTls.name, "request")).toHaveLength(1);
});

test.each(["gone.json", "broken.json"])(
  "without the file that SALLYPORT_RUN names (%s), nothing gets out",
  async (name) => {
    await writeFile(join(folder, "broken.json"), '{"set": {}}');
    const variables = { ...labVariables(lab, lab.basic), SALLYPORT_RUN: join(folder, name) };
    const told = await ask("fetch", [lab.mtls.url, lab.api.directUrl], { variables });
    for (const { error } of told) expect(error?.at(-1)).toMatchObject({ code: "CONFIG_INVALID", name: "ConnectError" });
    expect(lab.log.events).toEqual([]);
  },
);

test("in a Node whose fetch is not known, fetch is refused and said to be", async () => {
  const flags = ["--require", fixture("unknown-node.cjs"), "--require", preload];
  const ended = await program(fixture("clients.mjs"), ["fetch", lab.api.directUrl], {
    flags,
    variables: labVariables(lab, lab.basic),
  });
  expect(ended.stdout).toContain("is not known to sallyport/register");
  expect(ended.stderr).toContain("SallyportWarning: the fetch of Node");
  expect(lab.log.events).toEqual([]);
});

describe("what a program knew of errors before stays as it was", () => {
  test.each(["fetch", "node:http", "an agent of its own", "undici.request"])(
    "%s is told of a refused connection by Node's own code, and of our fault as its cause",
    async (client) => {
      const [told] = await ask(client, [`http://${lab.plain.name}:${await closedPort()}/`], {
        known: [lab.plain.name],
      });
      const codes = told?.error?.map(({ code }) => code) ?? [];
      expect(codes).toContain("ECONNREFUSED");
      expect(codes.indexOf("TCP_REFUSED")).toBeGreaterThan(codes.indexOf("ECONNREFUSED"));
    },
  );

  test("a name that does not exist is ENOTFOUND, or EAI_AGAIN where nobody answers", async () => {
    const [told] = await ask("node:http", ["http://no-such-name.invalid/"]);
    expect(["ENOTFOUND", "EAI_AGAIN"]).toContain(told?.error?.[0]?.code);
  });

  test("a fault that only a proxy can cause keeps our name for it", async () => {
    const [told] = await ask("node:http", [lab.api.url], {
      variables: { ...labVariables(lab, lab.basic), HTTPS_PROXY: lab.basic.url, HTTP_PROXY: lab.basic.url },
    });
    expect(told?.error?.[0]?.code).toBe("PROXY_AUTH_REQUIRED");
  });
});
