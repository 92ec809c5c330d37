#!/usr/bin/env node
/**
 * What `npm test` runs once everything is installed: types, lint, format, build, then every test that needs no other program.
 *
 *   node scripts/test.mjs                 all of it
 *   node scripts/test.mjs --tests-only    the tests alone, against dist as it is (the Node matrix builds once)
 *   node scripts/test.mjs --other-node    without what is the same on every Node (the linter, documents, shells): for the matrix
 *   node scripts/test.mjs src/route       what is not a flag goes to vitest: a part of the tests
 *
 * The last line is `N passed, N failed`, with `, N skipped` where something was: tests, and each check as one.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

/** Files whose outcome does not depend on the Node that they run on, or not on more of it than other files show. */
const sameOnEveryNode = [
  "test/lint/**",
  "test/matrix/**",
  "test/words/**",
  "test/cli/{docs,misplaced-secrets,schemas,completion,faults-catalogue,secrets}.test.ts",
  "test/e2e/run/programs.test.ts",
  "src/{export,tools,policy,route,cli}/**",
];

const checks = [
  { name: "types", command: [tool("typescript", "bin/tsc"), "-p", "tsconfig.json", "--noEmit"] },
  { name: "lint", command: [tool("oxlint", "bin/oxlint")], since: [20, 19] },
  { name: "format", command: [tool("oxfmt", "bin/oxfmt"), "--check"], since: [20, 19] },
  { name: "schema", command: ["scripts/schema.mjs", "--check"] },
  { name: "man page", command: ["scripts/man.mjs", "--check"] },
  { name: "strings", command: ["scripts/strings.mjs", "--check"] },
  { name: "differences", command: ["scripts/differences.mjs", "--check"] },
  { name: "API page", command: ["scripts/api.mjs", "--check"] },
  { name: "build", command: ["scripts/build.mjs", "--no-types"] },
];

function tool(name, file) {
  // Not `require.resolve("oxlint/bin/oxlint")`: packages need not export their programs.
  return join(dirname(require.resolve(`${name}/package.json`)), file);
}

/**
 * What a shell or a CI machine sets about proxies and certificates must not decide a test. It is left out before Node starts,
 * since NODE_EXTRA_CA_CERTS and NODE_OPTIONS work from the start of a process.
 */
function cleanEnvironment() {
  const foreign =
    /^(https?|all|no|ftp|socks)_proxy$|_CA_|^SSL_CERT|^NODE_(EXTRA|TLS|USE|OPTIONS)|CA_BUNDLE$|CAINFO$|^SALLYPORT_|^CLAUDE_CODE_|_CERTS?(_|$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

/** Runs a Node program, and gives its exit status and what it printed. */
function run(command, { show = false } = {}) {
  const stdio = show ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"];
  const child = spawn(process.execPath, command, { cwd: root, env: cleanEnvironment(), stdio });
  const output = [];
  child.stdout?.on("data", (chunk) => output.push(chunk));
  child.stderr?.on("data", (chunk) => output.push(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) =>
      resolve({ status: status ?? signal, output: Buffer.concat(output).toString() }),
    );
  });
}

const seconds = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`;

async function runCheck({ name, command, since }) {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (since !== undefined && (major < since[0] || (major === since[0] && minor < since[1]))) {
    total.skipped++;
    console.log(`- ${name}: skipped, its tool needs Node ${since.join(".")}`);
    return;
  }
  const start = performance.now();
  const { status, output } = await run(command);
  if (status === 0) {
    total.passed++;
    console.log(`✓ ${name} (${seconds(start)})`);
    return;
  }
  total.failed++;
  failures.push(name);
  console.log(`✗ ${name} (${seconds(start)})\n${output.trimEnd()}`);
}

/** Checks side by side, as many as there are cores: each of them is busy on one for most of its time. */
async function runChecks() {
  const queue = [...checks];
  const work = async () => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) await runCheck(check);
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), checks.length) }, work));
}

async function runTests(filters) {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-test-"));
  try {
    const report = join(folder, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const { status } = await run([tool("vitest", "vitest.mjs"), "run", ...reporters, ...filters], { show: true });
    const { failed } = addResults(readReport(report));
    // A test file that does not load, or an error outside any test, fails the run without failing a test.
    if (status !== 0 && failed === 0) total.failed++;
    if (status !== 0) failures.push("tests");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { testResults: [] };
  }
}

function addResults({ testResults }) {
  const found = { passed: 0, failed: 0, skipped: 0 };
  for (const file of testResults) {
    for (const { status } of file.assertionResults) {
      found[status === "passed" || status === "failed" ? status : "skipped"]++;
    }
    if (file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed")) found.failed++;
  }
  for (const key of Object.keys(found)) total[key] += found[key];
  return found;
}

const args = process.argv.slice(2);
const ownFlags = new Set(["--tests-only", "--other-node"]);
const excluded = args.includes("--other-node") ? sameOnEveryNode.map((files) => `--exclude=${files}`) : [];
if (!args.includes("--tests-only") && excluded.length === 0) await runChecks();
await runTests([...args.filter((argument) => !ownFlags.has(argument)), ...excluded]);
if (total.passed + total.failed === 0) {
  total.failed = 1;
  failures.push("nothing ran");
}
if (failures.length > 0) console.log(`failed: ${failures.join(", ")}`);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`);
process.exitCode = failures.length > 0 ? 1 : 0;
