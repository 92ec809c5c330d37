import { cp, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { labVariables } from "../../../src/lab/index.js";
import { fixture, preload, preloadModule, program } from "./support/program.js";
import { standardLab } from "../../support/standard-lab.js";

const lab = await standardLab();
const root = join(import.meta.dirname, "../../..");
const folder = await realpath(await mkdtemp(join(tmpdir(), "sallyport-version-")));
afterAll(() => rm(folder, { recursive: true }));

/** Another version of the package, with all that it has: the global one, say, and a project's own. */
const other = join(folder, "dist/preload/register.cjs");
await cp(join(root, "dist"), join(folder, "dist"), { recursive: true });
await symlink(join(root, "node_modules"), join(folder, "node_modules"));
const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as object;
await writeFile(join(folder, "package.json"), JSON.stringify({ ...manifest, version: "0.0.9" }));

const flagsOf = (first: string, second: string): readonly string[] => ["--require", first, "--require", second];

test.each([
  ["an older one and then this one", flagsOf(other, preload), other],
  ["this one and then an older one", flagsOf(preload, other), preload],
  ["an older one, and this one by --import", ["--require", other, "--import", preloadModule], other],
])(
  "of two versions of the preload the first counts, for the program and its children: %s",
  async (_how, flags, first) => {
    const variables = labVariables(lab, lab.basic);
    const { stdout, stderr } = await program(fixture("versions.cjs"), [lab.api.url], { variables, flags });
    expect(stderr).toBe("");
    const one = { status: 200, copies: [join(first, "../hooks.cjs")], options: `--require "${first}"` };
    expect(JSON.parse(stdout)).toEqual([one, one]);
    expect(lab.log.of("basic", "connect").map(({ status }) => status)).toEqual([200, 200]);
  },
);
