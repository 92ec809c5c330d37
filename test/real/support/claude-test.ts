import { test as base } from "vitest";
import { startStandardLab, type StandardLab } from "../../../src/lab/index.js";
import { claudeProgram } from "./claude.js";

export { expect } from "vitest";

const claude = claudeProgram();
if ("missing" in claude) console.log(`real Claude Code: SKIPPED, since ${claude.missing}`);

/** Tests with a lab and the real Claude Code; skipped where that cannot be had. */
export const test = base.extend<{ lab: StandardLab; program: string }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures that are wanted from the pattern
  lab: async ({}, use) => {
    await using lab = await startStandardLab();
    await use(lab);
  },
  program: async ({ skip }, use) => {
    await use("path" in claude ? claude.path : skip(claude.missing));
  },
});
