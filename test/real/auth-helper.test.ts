import { spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { builtCli } from "./support/built.js";
import { startBasicSquid } from "./support/basic-squid.js";
import { claudeVersion } from "./support/claude.js";
import { expect, test } from "./support/claude-test.js";

const password = "pa55: w0rd/é";

test(`Claude Code ${claudeVersion} asks sallyport auth-header for its proxy's login, and squid takes it`, async ({
  lab,
  program,
  skip,
}) => {
  await using squid =
    (await startBasicSquid({ username: "alice", password }, [lab.api.name])) ?? skip("squid is missing");
  const home = await mkdtemp(join(tmpdir(), "sallyport-helper-"));
  const proxy = `http://localhost:${squid.port}`;
  const plain = { HOME: home, PATH: process.env["PATH"] ?? "" };
  try {
    const login = [builtCli, "login", "--store", "file", "--user", "alice", proxy];
    const stored = spawnSync(process.execPath, login, { env: plain, input: `${password}\n`, encoding: "utf8" });
    expect([stored.status, stored.stderr]).toEqual([0, ""]);
    const helper = join(home, "helper");
    await writeFile(helper, `#!/bin/sh\nexec "${process.execPath}" "${builtCli}" auth-header\n`);
    await chmod(helper, 0o755);
    // As docs/proxy-logins.md has it.
    const settings = { proxyAuthHelper: helper, env: { CLAUDE_CODE_ENABLE_PROXY_AUTH_HELPER: "1" } };
    await mkdir(join(home, ".claude"));
    await writeFile(join(home, ".claude", "settings.json"), JSON.stringify(settings));
    const claude = spawn(program, ["-p", "hi"], {
      cwd: home,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...plain,
        HTTPS_PROXY: proxy,
        NODE_EXTRA_CA_CERTS: lab.files.bundle,
        ANTHROPIC_BASE_URL: `https://${lab.api.name}:${lab.api.port}`,
        ANTHROPIC_API_KEY: "not-a-real-key",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
        DISABLE_AUTOUPDATER: "1",
      },
    });
    const [stdout, stderr] = await Promise.all([text(claude.stdout), text(claude.stderr)]);
    expect([stdout, stderr]).toEqual(["MOCK-OK\n", ""]);
    await squid.log.waitFor("a tunnel for alice", ({ user, status }) => user === "alice" && status === "200");
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
