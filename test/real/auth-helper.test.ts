import { spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import type { StandardLab } from "../../src/lab/index.js";
import { builtCli } from "./support/built.js";
import { startBasicSquid } from "./support/basic-squid.js";
import { claudeVersion } from "./support/claude.js";
import { expect, test } from "./support/claude-test.js";
import type { SchemeSquid } from "./support/scheme-squid.js";

const password = "pa55: w0rd/é";

interface Place {
  readonly squid: SchemeSquid;
  readonly home: string;
  readonly proxy: string;
}

/** A squid that wants alice's login, and a home for who goes there. */
async function behindSquid(
  { api }: StandardLab,
  skip: (why: string) => never,
  work: (place: Place) => Promise<void>,
): Promise<void> {
  await using squid = (await startBasicSquid({ username: "alice", password }, [api.name])) ?? skip("squid is missing");
  const home = await mkdtemp(join(tmpdir(), "sallyport-helper-"));
  try {
    await work({ squid, home, proxy: `http://localhost:${squid.port}` });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** A helper that runs this line of a shell, switched on in the user's settings as docs/proxy-logins.md has it. */
async function switchOn(home: string, line: string): Promise<void> {
  const helper = join(home, "helper");
  await writeFile(helper, `#!/bin/sh\n${line}\n`);
  await chmod(helper, 0o755);
  await mkdir(join(home, ".claude"), { recursive: true });
  const settings = { proxyAuthHelper: helper, env: { CLAUDE_CODE_ENABLE_PROXY_AUTH_HELPER: "1" } };
  await writeFile(join(home, ".claude", "settings.json"), JSON.stringify(settings));
}

test(`Claude Code ${claudeVersion} asks sallyport auth-header for its proxy's login, and squid takes it`, async ({
  lab,
  program,
  skip,
}) => {
  await behindSquid(lab, skip, async ({ squid, home, proxy }) => {
    const plain = { HOME: home, PATH: process.env["PATH"] ?? "" };
    const login = [builtCli, "login", "--store", "file", "--user", "alice", proxy];
    const stored = spawnSync(process.execPath, login, { env: plain, input: `${password}\n`, encoding: "utf8" });
    expect([stored.status, stored.stderr]).toEqual([0, ""]);
    await switchOn(home, `exec "${process.execPath}" "${builtCli}" auth-header`);
    expect(await say([program, "-p", "hi"], { ...plain, ...claudeVariables(lab, proxy) })).toEqual(["MOCK-OK\n", ""]);
    await squid.log.waitFor("a tunnel for alice", ({ user, status }) => user === "alice" && status === "200");
  });
});

test("under sallyport run the user's own helper logs in Claude Code, and the check before its start", async ({
  lab,
  program,
  skip,
}) => {
  await behindSquid(lab, skip, async ({ squid, home, proxy }) => {
    const path = [dirname(program), process.env["PATH"]].join(delimiter);
    const variables = { HOME: home, PATH: path, ...claudeVariables(lab, proxy) };
    const run = [process.execPath, builtCli, "run", "--", "claude", "-p", "hi"];
    await switchOn(home, `echo "Basic ${Buffer.from(`alice:${password}`).toString("base64")}"`);
    expect(await say(run, variables)).toEqual(["MOCK-OK\n", expect.stringMatching(/^sallyport: through [^\n]*\n$/)]);
    await squid.log.waitFor("a tunnel", ({ status }) => status === "200");
    const lines = await squid.log.lines();
    expect(new Set(lines.filter(({ status }) => status === "200").map(({ user }) => user))).toEqual(new Set(["alice"]));
  });
});

const claudeVariables = (lab: StandardLab, proxy: string): Readonly<Record<string, string>> => ({
  HTTPS_PROXY: proxy,
  NODE_EXTRA_CA_CERTS: lab.files.bundle,
  ANTHROPIC_BASE_URL: `https://${lab.api.name}:${lab.api.port}`,
  ANTHROPIC_API_KEY: "not-a-real-key",
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  DISABLE_AUTOUPDATER: "1",
});

/** What a program says in its home, on stdout and stderr. */
async function say(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const [program = "", ...args] = argv;
  const child = spawn(program, args, { cwd: env["HOME"], stdio: ["ignore", "pipe", "pipe"], env });
  return Promise.all([text(child.stdout), text(child.stderr)]);
}
