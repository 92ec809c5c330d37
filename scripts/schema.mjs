// Writes schema/config.json and schema/managed-config.json from the zod schemas that read the config files.
// With --check, says which of them differ from what is committed, and writes nothing.
import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import { importSource } from "./import-source.mjs";

const root = new URL("../", import.meta.url);
const { configJsonSchemas } = await importSource("src/policy/config-schema.ts");

const check = process.argv.includes("--check");
for (const [name, schema] of Object.entries(configJsonSchemas(z))) {
  const path = new URL(`schema/${name}`, root);
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  if (!check) await writeFile(path, text);
  else if ((await readFile(path, "utf8").catch(() => "")) !== text) {
    console.error(`error: schema/${name} is out of date\nhint: run node scripts/schema.mjs`);
    process.exitCode = 1;
  }
}
