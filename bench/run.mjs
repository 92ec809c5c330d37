#!/usr/bin/env node
/**
 * Side-by-side benchmarks against the peers in package.json: `npm run bench`, or `npm run bench -- gateway` for some parts.
 *
 *   requests  start-up  gateway  preload  mcp  pac   the parts; without any, all of them
 *   --quick   fewer and shorter rounds: a look, not a verdict
 *   --json    the figures as JSON on standard output, instead of the table
 *
 * Exits 1 when a figure misses its target (targets.mjs) by a clear margin.
 */
import { existsSync } from "node:fs";
import { cpus, loadavg as loadAverages } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { installLocked } from "../scripts/install-locked.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const parts = ["requests", "start-up", "gateway", "preload", "mcp", "pac"];
const { flags, chosen } = parse();
const progress = (text) => process.stderr.write(`… ${text}\n`);

if (!installLocked(here("."), { flags: ["--omit=optional"], begin: () => progress("npm ci (the peers)") }))
  fail("npm ci failed in bench/");
if (!existsSync(here("../dist/index.js"))) fail("there is no build to measure; run: npm run build");

// Only now: they import the peers.
const { measureGateway } = await import("./gateway/measure.mjs");
const { measureMcp } = await import("./mcp/measure.mjs");
const { measurePac } = await import("./pac.mjs");
const { measurePreload } = await import("./preload.mjs");
const { measureRequests } = await import("./requests.mjs");
const { measureStartUp } = await import("./start-up.mjs");
const { render } = await import("./table.mjs");

const machine = `Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores`;
const report = { machine, load: { before: loadavg() } };
if (chosen("start-up")) {
  progress("start-up");
  report.startUp = measureStartUp({ rounds: flags.quick ? 9 : 31 });
}
if (chosen("preload")) report.preload = await measurePreload({ rounds: flags.quick ? 9 : 41 }, progress);
if (chosen("requests")) {
  progress("what new connections reuse");
  report.requests = await measureRequests(flags.quick ? { rounds: 3, ms: 400 } : { rounds: 7, ms: 800 }, progress);
  for (const proof of report.requests.proofs) Object.assign(proof, verdictOnReuse(proof));
}
if (chosen("gateway"))
  report.gateway = await measureGateway(flags.quick ? { rounds: 3, ms: 150 } : { rounds: 7, ms: 250 }, progress);
if (chosen("mcp"))
  report.mcp = await measureMcp(
    flags.quick ? { rounds: 3, ms: 300, starts: 3 } : { rounds: 9, ms: 500, starts: 9 },
    progress,
  );
if (chosen("pac")) {
  progress("decisions of a PAC file");
  report.pac = await measurePac(flags.quick ? { rounds: 5, decisions: 200 } : { rounds: 21, decisions: 1000 });
}
report.load.after = loadavg();

process.stdout.write(`${flags.json ? JSON.stringify(report, null, 2) : render(report)}\n`);
process.exitCode = missed(report) ? 1 : 0;

/** Whether anything in the report misses its target. */
function missed(value) {
  if (typeof value !== "object" || value === null) return false;
  return value.verdict === "MISSED" || Object.values(value).some(missed);
}

function parse() {
  const options = { json: { type: "boolean" }, quick: { type: "boolean" } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const unknown = positionals.find((part) => !parts.includes(part));
  if (unknown !== undefined) fail(`there is no part "${unknown}"; the parts are ${parts.join(", ")}`);
  return { flags: values, chosen: (part) => positionals.length === 0 || positionals.includes(part) };
}

/** Of the last minute. What others do on the machine is in every figure. */
function loadavg() {
  return loadAverages()[0];
}

/** Ours must build no secure context once it has one, and resume the session each time. The peers' figures are for comparison. */
function verdictOnReuse({ name, built, resumed, connections }) {
  if (!name.startsWith("sallyport")) return {};
  return { verdict: built === 0 && resumed === connections ? "ok" : "MISSED" };
}

/** `npm ci`, unless what the lock file names is there already. */
function fail(message) {
  process.stderr.write(`error: ${message}\n`);
  process.exit(1);
}
