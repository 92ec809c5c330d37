import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixtures, type Sources } from "./fixtures.js";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
// The linter's binary is not installed on an older Node.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const hasLinter = major > 20 || minor >= 19;

describe.skipIf(!hasLinter)("the linter, with the configuration of this repository", () => {
  let repository: string;
  let reported: ReadonlyMap<string, readonly string[]>;

  // All fixtures in one repository of their own, so that the linter runs once.
  beforeAll(async () => {
    repository = await mkdtemp(join(tmpdir(), "sallyport-lint-"));
    for (const file of [".oxlintrc.json", "tsconfig.json", "scripts/oxlint-plugin-rooms.mjs"]) {
      await cp(join(root, file), join(repository, file), { recursive: true });
    }
    await symlink(join(root, "node_modules"), join(repository, "node_modules"), "junction");
    for (const { bad, good } of fixtures) {
      for (const [file, text] of Object.entries({ ...bad, ...good })) {
        await mkdir(dirname(join(repository, file)), { recursive: true });
        await writeFile(join(repository, file), text);
      }
    }
    reported = await lint(repository);
  }, 60_000);

  afterAll(() => rm(repository, { recursive: true, force: true }));

  const rulesAgainst = (sources: Sources) => reported.get(Object.keys(sources)[0] ?? "") ?? [];

  for (const { rule, offence, bad, good } of fixtures) {
    it(`${rule} reports ${offence}`, () => {
      expect(rulesAgainst(bad)).toEqual([rule]);
    });

    it(`nothing is reported for the good twin of ${offence}`, () => {
      expect(rulesAgainst(good)).toEqual([]);
    });
  }

  it("sees each fixture in a file of its own", () => {
    const judged = fixtures.flatMap(({ bad, good }) => [Object.keys(bad)[0], Object.keys(good)[0]]);
    expect(new Set(judged).size).toBe(judged.length);
  });
});

/** The rules that each file offends, each once, sorted. */
async function lint(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const program = join(root, "node_modules/oxlint/bin/oxlint");
  const output = await new Promise<string>((done, fail) => {
    execFile(
      process.execPath,
      [program, "--format=json"],
      { cwd: folder, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        // It exits with 1 where it finds something.
        if (error !== null && error.code !== 1) fail(new Error(stderr, { cause: error }));
        else done(stdout);
      },
    );
  });
  const { diagnostics } = JSON.parse(output) as { diagnostics: readonly { code: string; filename: string }[] };
  const found = new Map<string, string[]>();
  for (const { code, filename } of diagnostics) {
    const file = filename.replaceAll("\\", "/");
    const rules = found.get(file) ?? [];
    if (!rules.includes(code)) found.set(file, [...rules, code].toSorted());
  }
  return found;
}
