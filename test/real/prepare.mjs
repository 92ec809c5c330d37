#!/usr/bin/env node
// Runs support/prepare.ts, which is TypeScript.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { bundleForNode } from "../../scripts/bundle-for-node.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const bundle = here("../../node_modules/.cache/sallyport/prepare.mjs");
await bundleForNode({
  entryPoints: [here("support/prepare.ts")],
  outfile: bundle,
  define: { "import.meta.dirname": JSON.stringify(here("support")) },
});
process.exitCode = spawnSync(process.execPath, [bundle], { stdio: "inherit" }).status ?? 1;
