import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { labVariables } from "../../../src/lab/index.js";
import { fixture, preload, program } from "./support/program.js";
import { standardLab } from "../../support/standard-lab.js";

const lab = await standardLab();

const start = (how: string, options: { flags?: readonly string[]; variables?: Record<string, string> } = {}) =>
  program(fixture("starters.cjs"), [how, lab.mtls.url], {
    ...options,
    variables: { ...labVariables(lab, lab.strict), ...options.variables },
  });

test.each([
  "a thread",
  "a thread without execArgv",
  "a thread with an environment of its own",
  "a thread of frozen options",
  "a thread among frozen objects",
  "fork",
  "fork without execArgv",
  "spawn",
  "spawn with an environment of its own",
  "exec in a shell",
  "a child of a child",
])("%s gets out as its program does", async (how) => {
  const ended = await start(how);
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  expect(JSON.parse(ended.stdout)).toMatchObject({ answer: { peer: "alice" } });
  expect(lab.log.of(lab.mtls.name, "request")).toHaveLength(1);
});

describe("where another preload has taken Node's class for threads before", () => {
  const flags = ["--require", fixture("taking.cjs"), "--require", preload];

  test.each(["a thread", "a thread without execArgv", "a thread with an environment of its own"])(
    "%s gets out as its program does",
    async (how) => {
      expect(JSON.parse((await start(how, { flags })).stdout)).toMatchObject({ answer: { peer: "alice" } });
    },
  );

  test.each(["a thread of frozen options", "a thread among frozen objects"])(
    "%s is refused, which says what to do, and asks for nothing",
    async (how) => {
      const ended = await start(how, { flags });
      expect(ended.stderr).toContain("CONFIG_INVALID");
      expect(ended.stderr).toContain("let sallyport/register be the first that is loaded into this program");
      expect(ended.stdout).toBe("");
      expect(lab.log.events).toEqual([]);
    },
  );
});

test("children of a program that was started by --import are covered", async () => {
  expect(JSON.parse((await start("spawn", { flags: ["--import", preload] })).stdout)).toMatchObject({
    answer: { peer: "alice" },
  });
});

test("a program that takes the proxy from its child is obeyed", async () => {
  const { stdout } = await start("a program that decides on the proxy");
  expect(stdout).toContain("DNS_NOT_FOUND");
  expect(lab.log.events).toEqual([]);
});

test("a command that prints a password is none of the program's children: it asks for no password, and so not for itself", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sallyport-inheritance-"));
  try {
    const [config, log] = ["config.json", "log"].map((name) => join(folder, name)) as [string, string];
    const { url } = lab.basic;
    const password = { command: [process.execPath, fixture("secret-command.mjs"), lab.plain.url] };
    await writeFile(config, JSON.stringify({ proxy: { url, username: lab.login.username, password } }), {
      mode: 0o600,
    });
    const { NODE_EXTRA_CA_CERTS = "" } = labVariables(lab);
    const variables = { NODE_EXTRA_CA_CERTS, SALLYPORT_CONFIG: config, LOG: log, PASSWORD: lab.login.password };
    const ended = await program(fixture("clients.mjs"), ["fetch", lab.api.url], {
      variables: { ...variables, NODE_OPTIONS: `--require "${preload}"` },
    });
    expect(JSON.parse(ended.stdout)).toMatchObject({ answer: { origin: "api.lab.test" } });
    expect(await readFile(log, "utf8")).toBe("asked\n");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("NODE_OPTIONS keeps what it says, and names the preload once", async () => {
  const existing = '--stack-trace-limit=33 --title="a b"';
  const { stdout } = await start("what NODE_OPTIONS says", { variables: { NODE_OPTIONS: existing } });
  expect(JSON.parse(stdout)).toEqual({ options: `--require "${preload}" ${existing}`, limit: 33 });
});
