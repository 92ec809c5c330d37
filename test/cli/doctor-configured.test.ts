import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { labVariables } from "../../src/lab/index.js";
import type { Report } from "../../src/doctor/index.js";
import { run, type Ran } from "./support/run.js";
import { standardLab } from "../support/standard-lab.js";

const lab = await standardLab();

/** A home folder with these files, as JSON. */
function homeWith(files: Readonly<Record<string, unknown>>): string {
  const home = mkdtempSync(join(lab.directory, "home-"));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), typeof content === "string" ? content : JSON.stringify(content));
  }
  return home;
}

function bare(home: string, variables: Record<string, string> = {}, ...flags: string[]): Promise<Ran> {
  return run(["doctor", ...flags], {
    variables: { ...labVariables(lab, lab.strict), ANTHROPIC_BASE_URL: lab.mtls.url, HOME: home, ...variables },
    lookup: lab.lookup,
  });
}

const reportOf = ({ stdout }: Ran): Report => JSON.parse(stdout) as Report;

describe("sallyport doctor without a URL", () => {
  it("asks what Claude Code asks, and the MCP servers of the user's clients, each for what it is", async () => {
    const home = homeWith({
      ".claude.json": {
        mcpServers: {
          docs: { type: "http", url: `${lab.api.url}/mcp` },
          local: { command: "server" },
          filled: { type: "http", url: "https://${HOST}/mcp" },
        },
        projects: { "/somewhere/else": { mcpServers: { other: { type: "http", url: "https://other.lab.test/" } } } },
      },
      ".cursor/mcp.json": {
        mcpServers: { search: { url: lab.plain.url }, off: { url: "https://x/", disabled: true } },
      },
      ".claude/settings.json": { env: { DISABLE_TELEMETRY: 1, DISABLE_AUTOUPDATER: "1" } },
    });
    const ran = await bare(home, {}, "--json");
    const { ok, targets, faults, warnings } = reportOf(ran);
    expect(targets.map(({ url, purpose, needed }) => [purpose, url, needed])).toEqual([
      ["ANTHROPIC_BASE_URL", `${lab.mtls.url}/`, true],
      ["release notes", "https://raw.githubusercontent.com/", false],
      ["MCP docs", `${lab.api.url}/mcp`, true],
      ["MCP search", `${lab.plain.url}/`, true],
    ]);
    // The lab's proxy knows no outside name: only what is needed counts.
    expect([ok, faults]).toEqual([true, []]);
    expect(warnings).toMatchObject([{ code: "PROXY_BAD_GATEWAY" }]);
    expect(warnings[0]?.message).toContain("raw.githubusercontent.com");
    expect(ran.exit).toBe(0);
  });

  it("shows what is configured, one way in full, and the others as a line each, in 80 columns", async () => {
    const home = homeWith({ ".claude.json": { mcpServers: { docs: { type: "http", url: lab.api.url } } } });
    const { stdout } = await bare(home);
    expect(stdout).toMatch(/^What is configured\n {2}settings {2}httpsProxy = /);
    expect(stdout.match(/✓ config /g)).toHaveLength(1);
    expect(stdout).toMatch(/✓ MCP docs +api\.lab\.test:\d+ +\d+ ms/);
    expect(stdout).toMatch(/! telemetry +http-intake\.logs\.us5\.data… +PROXY_BAD_GATEWAY/);
    expect(stdout).toContain("What is needed works");
    expect(stdout).not.toContain(lab.login.password);
    // Paths are cut at no place where they could be copied.
    const wide = stdout.split("\n").filter((line) => line.length > 80);
    expect(wide).toEqual([]);
  });

  it("is a fault where an MCP server cannot be reached, and reads on where a client's file is broken", async () => {
    const home = homeWith({
      ".claude.json": { mcpServers: { gone: { type: "http", url: "https://gone.lab.test/" } } },
      ".cursor/mcp.json": "{ mcpServers",
    });
    const ran = await bare(home, { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1" }, "--json");
    expect(reportOf(ran)).toMatchObject({
      ok: false,
      faults: [{ code: "PROXY_BAD_GATEWAY" }],
      warnings: [{ code: "CONFIG_INVALID" }],
    });
    expect(ran.exit).toBe(1);
  });

  it("says one thing once: a proxy that is dead is no news for each host", async () => {
    const ran = await bare(homeWith({}), { HTTPS_PROXY: "http://localhost:1" });
    expect(ran.stdout.match(/^error:/gm)).toHaveLength(1);
    expect(ran.stdout).not.toMatch(/^warning:/m);
    expect(ran.stdout).toMatch(/! telemetry .* TCP_REFUSED/);
  });
});
