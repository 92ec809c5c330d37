import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "examples");
const execute = promisify(execFile);

// One that hangs is killed, and a killed process cannot remove its lab's keys: all of them get a place that is removed.
let temporary: string;
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "sallyport-examples-"));
});
afterAll(() => rm(temporary, { recursive: true, force: true }));

/** They import the package by its name, hence what was built: `npm run build`, which `npm test` does before. */
describe("examples", () => {
  it("are built upon", () => {
    expect(existsSync(join(root, "dist/index.js")), "dist/ is missing: run `npm run build`").toBe(true);
  });

  for (const file of readdirSync(folder).filter((name) => name.endsWith(".mjs"))) {
    it(`${file} runs, and finds true what it asserts`, async () => {
      const { stdout, stderr } = await execute(process.execPath, [join(folder, file)], {
        cwd: root,
        env: { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary },
        timeout: 20_000,
      });
      expect(stdout).not.toBe("");
      expect(stderr).toBe("");
      expect(readdirSync(temporary)).toEqual([]);
    });
  }
});
