// Writes man/sallyport.1 from the command line's own description.
// With --check, says whether it differs from what is committed, and writes nothing.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { importSource } from "./import-source.mjs";
import { repository } from "./repository.mjs";

const page = new URL("../man/sallyport.1", import.meta.url);
const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
const { describeProgram, manPage } = await importSource("src/cli/model/command-model.ts", "src/cli/model/man-page.ts");
const text = manPage(describeProgram(version), repository);

if (!process.argv.includes("--check")) {
  await mkdir(new URL(".", page), { recursive: true });
  await writeFile(page, text);
} else if ((await readFile(page, "utf8").catch(() => "")) !== text) {
  console.error("error: man/sallyport.1 is out of date\nhint: run node scripts/man.mjs");
  process.exitCode = 1;
}
