#!/usr/bin/env node
/**
 * Side-by-side benchmarks against the peers in package.json: `npm run bench`.
 *
 *   --quick   fewer and shorter rounds: a look, not a verdict
 *   --json    the figures as JSON on standard output, instead of the table
 *
 * Exits 1 when a ratio misses its target (targets.mjs) by a clear margin.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const { values: flags } = parseArgs({ options: { json: { type: "boolean" }, quick: { type: "boolean" } } });
const progress = (text) => process.stderr.write(`… ${text}\n`);

installPeers();
if (!existsSync(here("../dist/index.js"))) fail("there is no build to measure; run: npm run build");

// Only now: they import the peers.
const { measureRequests } = await import("./requests.mjs");
const { measureStartUp } = await import("./start-up.mjs");
const { render } = await import("./table.mjs");

progress("start-up");
const startUp = measureStartUp({ rounds: flags.quick ? 9 : 31 });
progress("what new connections reuse");
const requests = await measureRequests(flags.quick ? { rounds: 3, ms: 400 } : { rounds: 7, ms: 800 }, progress);
for (const proof of requests.proofs) Object.assign(proof, verdictOnReuse(proof));

const machine = `Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores`;
const report = { machine, requests, startUp };
process.stdout.write(`${flags.json ? JSON.stringify(report, null, 2) : render(report)}\n`);

const judged = [...requests.workloads.flatMap((workload) => workload.rows), ...requests.proofs, ...startUp];
process.exitCode = judged.some((entry) => entry.verdict === "MISSED") ? 1 : 0;

/** Ours must build no secure context once it has one, and resume the session each time. The peers' figures are for comparison. */
function verdictOnReuse({ name, built, resumed, connections }) {
  if (!name.startsWith("sallyport")) return {};
  return { verdict: built === 0 && resumed === connections ? "ok" : "MISSED" };
}

/** `npm ci`, unless what the lock file names is there already. */
function installPeers() {
  const lock = readFileSync(here("package-lock.json"), "utf8");
  const stamp = here("node_modules/.installed-lock.json");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  progress("npm ci (the peers)");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const { status } = spawnSync(npm, ["ci", "--no-audit", "--no-fund"], {
    cwd: here("."),
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  if (status !== 0) fail("npm ci failed in bench/");
  writeFileSync(stamp, lock);
}

function fail(message) {
  process.stderr.write(`error: ${message}\n`);
  process.exit(1);
}
