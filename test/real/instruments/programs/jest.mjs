// jest with modules of its own realm (--experimental-vm-modules): what its tests ask, each in a context of node:vm.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export const needs = { alone: true, flags: ["--experimental-vm-modules", "--no-warnings"] };

const asked = pathToFileURL(join(import.meta.dirname, "../asked.mjs")).href;

export async function program({ urls, say }) {
  const { runCLI } = createRequire(import.meta.url)("@jest/core");
  const folder = await mkdtemp(join(tmpdir(), "jest-"));
  try {
    const told = join(folder, "told.json");
    await writeFile(join(folder, "package.json"), `{ "type": "module" }`);
    await writeFile(
      join(folder, "asks.test.js"),
      `import { writeFileSync } from "node:fs";
       const { askEach } = await import(${JSON.stringify(asked)});
       test("asks", async () => {
         const lines = [];
         await askEach(${JSON.stringify(urls)}, (...line) => lines.push(line));
         writeFileSync(${JSON.stringify(told)}, JSON.stringify(lines));
       }, 60_000);`,
    );
    const config = { rootDir: folder, runInBand: true, silent: true, transform: "{}", reporters: [], cache: false };
    const { results } = await runCLI({ ...config, _: [], $0: "jest" }, [folder]);
    say("passed", [results.numPassedTests, results.numFailedTests, results.testResults[0]?.failureMessage ?? null]);
    for (const line of JSON.parse(await readFile(told, "utf8"))) say(...line);
  } finally {
    await rm(folder, { recursive: true });
  }
}
