#!/usr/bin/env node
// Runs support/prepare.ts, which is TypeScript.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const bundle = here("../../node_modules/.cache/sallyport/prepare.mjs");
await build({
  entryPoints: [here("support/prepare.ts")],
  outfile: bundle,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  define: { "import.meta.dirname": JSON.stringify(here("support")) },
  logLevel: "error",
});
process.exitCode = spawnSync(process.execPath, [bundle], { stdio: "inherit" }).status ?? 1;
