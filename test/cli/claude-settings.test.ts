import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { labVariables } from "../../src/lab/index.js";
import { run, type Ran } from "./support/run.js";
import { standardLab } from "../support/standard-lab.js";

const lab = await standardLab();
const home = mkdtempSync(join(lab.directory, "home-"));
const settings = join(home, ".claude", "settings.json");
const dead = "http://localhost:1";

beforeEach(() => {
  rmSync(join(home, ".claude"), { recursive: true, force: true });
  mkdirSync(join(home, ".claude"));
});

const inSettings = (env: object): void => writeFileSync(settings, JSON.stringify({ model: "opus", env }));

/** What a person gets who has these variables in the shell. */
function typed(argv: readonly string[], shell: Record<string, string> = {}): Promise<Ran> {
  return run(argv, { variables: { HOME: home, PATH: process.env["PATH"] ?? "", ...shell }, lookup: lab.lookup });
}

const all = () => ({
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  ...labVariables(lab, lab.strict),
  ANTHROPIC_BASE_URL: lab.mtls.url,
});

describe("what Claude Code's own settings say of the network", () => {
  it("is what a bare doctor goes by, and is nothing to fetch", async () => {
    inSettings(all());
    const { stdout } = await typed(["doctor", "--json"]);
    const { targets, warnings } = JSON.parse(stdout) as { targets: unknown[]; warnings: unknown[] };
    expect(targets[0]).toMatchObject({ ok: true, route: { kind: "proxy" } });
    expect(warnings).toEqual([]);
    expect((await typed(["fetch", lab.api.url])).stderr).toContain("DNS_NOT_FOUND");
  });

  it("goes before the shell's there, and after it where a URL is given; the conflict is told, without the values", async () => {
    inSettings({ ...all(), ANTHROPIC_BASE_URL: lab.api.url });
    const shell = { HTTPS_PROXY: dead };
    const bare = await typed(["doctor", "--json"], shell);
    expect(JSON.parse(bare.stdout)).toMatchObject({ warnings: [{ code: "CLAUDE_SETTINGS_CONFLICT" }] });
    expect(bare.stdout).toContain(`HTTPS_PROXY has one value in the shell and another in ${settings}`);
    expect(bare.stdout).not.toContain(encodeURIComponent(lab.login.password));
    expect(JSON.parse(bare.stdout)).toMatchObject({ targets: [{ ok: true }] });
    const named = await typed(["doctor", "--json", lab.api.url], shell);
    expect(JSON.parse(named.stdout)).toMatchObject({
      warnings: [{ code: "CLAUDE_SETTINGS_CONFLICT" }],
      faults: [{ code: "TCP_REFUSED", hop: "proxy" }],
    });
  });

  it("leaves a shell's variable in force that has the same name in the other case", async () => {
    inSettings({ HTTPS_PROXY: dead, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1" });
    const { HTTPS_PROXY = "", ...rest } = labVariables(lab, lab.strict);
    const shell = { ...rest, HTTP_PROXY: "", https_proxy: HTTPS_PROXY };
    for (const argv of [
      ["doctor", "--json"],
      ["doctor", "--json", lab.api.url],
    ]) {
      const { stdout } = await typed(argv, { ...shell, ANTHROPIC_BASE_URL: lab.api.url });
      expect(JSON.parse(stdout)).toMatchObject({ targets: [{ ok: true }] });
    }
  });

  it("is named by explain with its place", async () => {
    inSettings({ HTTPS_PROXY: "http://proxy.lab.test:3128", NODE_EXTRA_CA_CERTS: lab.files.bundle });
    const { stdout } = await typed(["explain", lab.api.url]);
    const text = stdout.replaceAll(/\s+/g, "");
    expect(text).toContain(`httpsProxy=http://proxy.lab.test:3128(${settings}at/env/HTTPS_PROXY)`.replaceAll(" ", ""));
    expect(text).toContain("/env/NODE_EXTRA_CA_CERTS");
    // Others do not read that file.
    expect(text).toContain("curl8:direct");
  });

  it("counts before `run -- claude`, and before no other command", async () => {
    inSettings(all());
    const marker = join(home, "started");
    const program = join(home, "claude");
    writeFileSync(program, `#!/bin/sh\necho "$HTTPS_PROXY" > ${marker}\n`);
    chmodSync(program, 0o755);
    lab.log.clear();
    const { exit, stderr } = await typed(["run", "--", program]);
    expect([exit, stderr]).toEqual([0, expect.stringContaining("certificate CN=alice")]);
    expect(lab.log.of("strict", "connect").length).toBeGreaterThan(0);
    expect(existsSync(marker)).toBe(true);
    const other = await typed(["run", "--", "true"]);
    expect([other.exit, other.stderr]).toEqual([0, expect.not.stringContaining("alice")]);
  });

  it("is told of where the file is broken", async () => {
    writeFileSync(settings, '{ "env": { "HTTPS_PROXY": "http://proxy" }, }');
    const { stdout } = await typed(["doctor", "--json", lab.api.url]);
    expect(JSON.parse(stdout)).toMatchObject({ warnings: [{ code: "CONFIG_INVALID" }] });
    expect(stdout).toContain(`${settings} is not a JSON object`);
  });
});
