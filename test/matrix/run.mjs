#!/usr/bin/env node
/**
 * The coverage matrix: unmodified clients, in networks of every kind.
 *
 *   node test/matrix/run.mjs              our ways, in part (choice.ts); fails where a cell is not as it should be
 *   node test/matrix/run.mjs --page       all ways, and writes docs/coverage.md; with some cells chosen, the others stay as they are
 *
 * For a closer look: --way ID, --row NAME and --column ID (each repeatable) choose cells, --verbose prints what was seen in them,
 * --jobs N runs that many at a time, --node VERSION takes another Node than versions.json names. The last line is `N passed, N failed, N skipped`.
 * --install gets what is needed, and ends.
 *
 * All of it happens in a network and mount namespace of its own, in which names resolve as the matrix says and nothing leaves the
 * machine. That takes Linux, and root or unprivileged user namespaces; elsewhere it is skipped.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { installLocked } from "../../scripts/install-locked.mjs";
import { ownNetwork, whatNamespacesMiss } from "../support/network-namespace.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const say = (text) => process.stderr.write(`matrix: ${text}\n`);
const versions = JSON.parse(readFileSync(here("versions.json"), "utf8"));
/** The same folder as .ci/run keeps its Node versions in. */
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "sallyport-ci");

const missing = whatNamespacesMiss();
if (missing !== undefined) skip(missing);

if (!installLocked(here("."), { flags: ["--ignore-scripts"], begin: () => say("npm ci (the clients)") }))
  fail("npm ci failed in test/matrix");
const args = process.argv.slice(2);
const asked = args.indexOf("--node");
const [, nodeVersion] = asked === -1 ? ["--node", versions.node] : args.splice(asked, 2);
const node = fromNpm(nodeVersion, `node-linux-${process.arch}`, nodeVersion, "bin/node");
if (node === undefined) skip(`Node ${nodeVersion} cannot be installed`);
const claude = fromNpm(`claude-${versions.claude}`, "@anthropic-ai/claude-code", versions.claude, "../.bin/claude");
// Native since its version 12.
const pnpm = fromNpm(
  `pnpm-${versions.pnpm}`,
  `@pnpm/exe.linux-${process.arch}`,
  versions.pnpm,
  `exe.linux-${process.arch}/pnpm`,
);
const { bundleForNode } = await import("../../scripts/bundle-for-node.mjs");
const bundles = here("node_modules/.cache/sallyport");
await bundleForNode({
  entryPoints: ["main", "prepare"].map((name) => ({ in: here(`${name}.ts`), out: name })),
  outdir: bundles,
  outExtension: { ".js": ".mjs" },
  external: ["*.mjs"],
});
// With all variables: a registry may be told of by them.
spawnSync(process.execPath, [join(bundles, "prepare.mjs")], { stdio: "inherit" });
if (args.includes("--install")) process.exit(0);
if (!existsSync(here("../../dist/cli/bin.cjs"))) fail("there is no build to test; run: npm run build");

const settings = { directory: dirname(here("run.mjs")), node, claude, pnpm };
const command = [
  "unshare",
  ...ownNetwork,
  process.execPath,
  join(bundles, "main.mjs"),
  JSON.stringify(settings),
  ...args,
];
const { PATH, HOME, TMPDIR, XDG_CACHE_HOME, CI, NO_COLOR } = process.env;
const env = Object.fromEntries(
  Object.entries({ PATH, HOME, TMPDIR, XDG_CACHE_HOME, CI, NO_COLOR }).filter(([, value]) => value !== undefined),
);
const child = spawn(command[0], command.slice(1), { stdio: "inherit", env });
child.once("close", (status) => (process.exitCode = status ?? 1));

/** A file of a package that is kept for later runs; undefined where it cannot be installed. */
function fromNpm(name, pack, version, file) {
  const folder = join(cache, name);
  const path = join(folder, "node_modules", pack.startsWith("@") ? dirname(pack) : pack, file);
  if (existsSync(path)) return path;
  say(`npm install ${pack}@${version}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const flags = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund"];
  const { status } = spawnSync("npm", ["install", "--prefix", folder, ...flags, `${pack}@${version}`], {
    stdio: "ignore",
  });
  if (status === 0 && existsSync(path)) return path;
  say(`${pack}@${version} cannot be installed`);
  rmSync(folder, { recursive: true, force: true });
  return undefined;
}

function skip(why) {
  say(`SKIPPED, since ${why}`);
  console.log("0 passed, 0 failed, 1 skipped");
  process.exit(0);
}

function fail(message) {
  process.stderr.write(`error: ${message}\n`);
  process.exit(1);
}
