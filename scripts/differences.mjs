#!/usr/bin/env node
/**
 * Writes what differs under the preload into docs/programs.md, out of test/unnoticed/differences.json, which the comparison there is judged
 * by; `--check` only tells whether that is up to date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const page = here("../docs/programs.md");
const [begin, end] = ["<!-- differences: made by scripts/differences.mjs -->", "<!-- end of differences -->"];

const differences = JSON.parse(readFileSync(here("../test/unnoticed/differences.json"), "utf8"));
const list = differences.map(({ text }) => `- ${text}`).join("\n");
const before = readFileSync(page, "utf8");
const [from, to] = [before.indexOf(begin), before.indexOf(end)];
if (from === -1 || to < from) throw new Error("docs/programs.md has no place for the differences");
const after = `${before.slice(0, from)}${begin}\n\n${list}\n\n${before.slice(to)}`;

if (!process.argv.includes("--check")) writeFileSync(page, after);
else if (after !== before) {
  console.error("docs/programs.md is not up to date: node scripts/differences.mjs");
  process.exitCode = 1;
}
