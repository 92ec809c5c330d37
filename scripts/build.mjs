#!/usr/bin/env node
/**
 * Builds dist/: JavaScript by rollup (bundles.mjs), declarations by tsc.
 *
 *   node scripts/build.mjs              builds what is out of date
 *   node scripts/build.mjs --no-types   JavaScript alone (the demo needs no declarations)
 *   node scripts/build.mjs --force      builds whatever the stamp says
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildCommandLine, buildLibrary, buildPreload, sourceFiles } from "./bundles.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const stampFile = join(root, "node_modules", ".cache", "sallyport", "build.json");
const require = createRequire(import.meta.url);

/** A digest of all that the output depends on. */
function fingerprint() {
  const hash = createHash("sha256");
  const others = [
    "package.json",
    "tsconfig.json",
    "tsconfig.build.json",
    "scripts/build.mjs",
    "scripts/bundles.mjs",
    "scripts/repository.mjs",
  ];
  for (const file of [...others, ...sourceFiles()]) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  for (const tool of ["esbuild", "rollup", "typescript"])
    hash.update(`${tool}@${require(`${tool}/package.json`).version}\0`);
  return hash.digest("hex");
}

function readStamp() {
  try {
    const stamp = JSON.parse(readFileSync(stampFile, "utf8"));
    // A stamp without its output (someone removed dist) says nothing.
    return stamp.outputs.every((file) => existsSync(join(root, file))) ? stamp : {};
  } catch {
    return {};
  }
}

function buildDeclarations(outdir) {
  const tsc = require.resolve("typescript/bin/tsc");
  const child = spawn(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", outdir], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) =>
      status === 0 ? resolve() : reject(new Error("tsc could not write the declarations")),
    );
  });
}

/**
 * Two builds at once (a test run beside a demo) may both get here: the last one stays. What runs meanwhile must not find the folder
 * gone for longer than two renames take: with the preload in NODE_OPTIONS, every Node of a shell may read from it.
 */
function replaceFolder(from, to) {
  const old = from.replace(/\.tmp$/, ".old.tmp");
  for (let attempt = 1; ; attempt++) {
    try {
      if (existsSync(to)) renameSync(to, old);
      renameSync(from, to);
      break;
    } catch (error) {
      if (attempt === 5 || !["ENOENT", "ENOTEMPTY", "EEXIST", "EPERM"].includes(error.code)) throw error;
    } finally {
      rmSync(old, { recursive: true, force: true });
    }
  }
}

async function main(flags) {
  const withTypes = !flags.has("--no-types");
  const current = fingerprint();
  const stamp = flags.has("--force") ? {} : readStamp();
  if (stamp.fingerprint === current && (stamp.types || !withTypes)) return;

  // Written beside dist and moved there when complete: a failed or interrupted build leaves the last good one.
  const staging = join(root, `dist.${process.pid}.tmp`);
  try {
    // In this order, though they could run side by side: what fails within a second need not wait for tsc.
    const files = [
      ...(await buildLibrary(staging)),
      ...(await buildPreload(staging)),
      ...(await buildCommandLine(staging)),
    ];
    if (withTypes) {
      await buildDeclarations(staging);
      // Whoever imports the preload gets nothing from it; TypeScript looks for this beside a .cjs.
      writeFileSync(join(staging, "preload/register.d.cts"), "export {};\n");
    }
    chmodSync(join(staging, "cli/bin.cjs"), 0o755);
    replaceFolder(staging, dist);
    mkdirSync(dirname(stampFile), { recursive: true });
    const outputs = [...files, ...(withTypes ? ["index.d.ts"] : [])].map((file) => `dist/${file}`);
    writeFileSync(stampFile, JSON.stringify({ fingerprint: current, types: withTypes, outputs }));
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

try {
  await main(new Set(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(
    `error: the build failed: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}\n`,
  );
  process.exitCode = 1;
}
