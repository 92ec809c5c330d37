import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "examples");
const execute = promisify(execFile);

/** They import the package by its name, hence what was built: `npm run build`, which `npm test` does before. */
describe("examples", () => {
  it("are built upon", () => {
    expect(existsSync(join(root, "dist/index.js")), "dist/ is missing: run `npm run build`").toBe(true);
  });

  for (const file of readdirSync(folder).filter((name) => name.endsWith(".mjs"))) {
    it(`${file} runs, and finds true what it asserts`, async () => {
      const { stdout, stderr } = await execute(process.execPath, [join(folder, file)], { cwd: root, timeout: 20_000 });
      expect(stdout).not.toBe("");
      expect(stderr).toBe("");
    });
  }
});
