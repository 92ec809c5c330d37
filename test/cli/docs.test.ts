import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { readEnvironment } from "../../src/env/index.js";
import { resolvePolicy } from "../../src/policy/index.js";
import { claudeRows } from "../real/support/claude-rows.js";
import { run } from "./support/run.js";

const root = join(import.meta.dirname, "../..");
const pages = [
  "docs/programs.md",
  "docs/gateway.md",
  "README.md",
  "docs/recipes.md",
  "docs/faults.md",
  "docs/security.md",
  "docs/status-page.md",
] as const;
const read = (page: string): string => readFileSync(join(root, page), "utf8");

/** The fenced blocks of one language, without the fences. */
const blocks = (page: string, language: string): string[] =>
  [...read(page).matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , text]) => text ?? "");

/** GitHub's anchor of a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");

describe("the documentation", () => {
  it("README tells of Claude Code what its tests show, row by row", () => {
    const told = claudeRows.map(
      ({ wrong, alone, after, ours }) =>
        `| ${wrong} | ${alone} | ${after} | ${ours === "works" ? ours : `\`${ours}\``} |`,
    );
    expect(read("README.md").split("\n")).toEqual(expect.arrayContaining(told));
  });

  it("README sums up the coverage as docs/coverage.md does", () => {
    const rows = (page: string, head: string): string[] =>
      (read(page).split(head)[1] ?? "").split("\n\n", 1)[0]?.split("\n").slice(2) ?? [];
    expect(rows("docs/coverage.md", "| works |").length).toBeGreaterThan(8);
    expect(rows("README.md", "| works in |")).toEqual(rows("docs/coverage.md", "| works |"));
  });

  it("links to what exists, anchors included", () => {
    const broken: string[] = [];
    for (const page of pages) {
      for (const [, target = ""] of read(page).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
        const [path = "", fragment] = target.split("#");
        const file = path === "" ? page : join(dirname(page), path);
        if (!existsSync(join(root, file))) broken.push(`${page}: ${target}`);
        else if (
          fragment !== undefined &&
          !read(file)
            .split("\n")
            .some((line) => line.startsWith("#") && anchor(line.replace(/^#+ /, "")) === fragment)
        )
          broken.push(`${page}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it("shows config files that are valid", () => {
    const files = pages.flatMap((page) => blocks(page, "json"));
    expect(files.length).toBeGreaterThanOrEqual(4);
    for (const text of files) {
      const snapshot = readEnvironment({
        variables: { SALLYPORT_CONFIG: "/config.json" },
        home: "/home/alice",
        readFile: (path) => ({ text: path === "/config.json" ? text : "{}", mode: 0o600 }),
      });
      expect({ text, faults: resolvePolicy(snapshot).faults.map((fault) => fault.message) }).toEqual({
        text,
        faults: [],
      });
    }
  });

  it("shows commands and flags that exist", async () => {
    const helps = new Map(
      await Promise.all(
        ["fetch", "explain", "doctor", "run", "gateway", "env", "cert", "trust", "completion", "lab", "demo"].map(
          async (command) => [command, (await run([command, "--help"])).stdout] as const,
        ),
      ),
    );
    const lines = pages
      .flatMap((page) => [...blocks(page, "sh"), ...blocks(page, "")])
      .flatMap((block) => block.split("\n"));
    const unknown: string[] = [];
    for (const line of lines) {
      const [, command, rest] = /sallyport (\w+)(.*)/.exec(line.split(" -- ")[0] ?? "") ?? [];
      if (command === undefined) continue;
      const help = helps.get(command);
      const flags = [...(rest ?? "").matchAll(/ (--[a-z-]+)/g)].map(([, flag]) => flag ?? "");
      if (help === undefined || flags.some((flag) => !help.includes(flag))) unknown.push(line);
    }
    expect(unknown).toEqual([]);
  });

  it("names every variable that is read, and none that is not", () => {
    const table = read("README.md");
    for (const name of [
      "SALLYPORT_CLIENT_CERT",
      "SALLYPORT_CLIENT_KEY",
      "SALLYPORT_CLIENT_PFX",
      "CLAUDE_CODE_CLIENT_KEY",
      "SALLYPORT_PROXY_CLIENT_CERT",
    ]) {
      expect(table).toContain(`\`${name}\``);
      const policy = resolvePolicy(readEnvironment({ variables: { [name]: "/x.pem" }, home: "/nonexistent" }));
      expect(policy.settings.map((setting) => setting.source)).toContainEqual({ kind: "variable", name });
    }
  });
});
