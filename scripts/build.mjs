#!/usr/bin/env node
/**
 * Builds dist/: JavaScript by rollup (with esbuild for the TypeScript in it), declarations by tsc.
 *
 *   node scripts/build.mjs              builds what is out of date
 *   node scripts/build.mjs --no-types   JavaScript alone (the demo needs no declarations)
 *   node scripts/build.mjs --force      builds whatever the stamp says
 *
 * Why a bundler for a library: Node spends about half a millisecond on each ESM file that it resolves, reads and links.
 * Twenty small modules cost 16 ms, on top of the 26 ms of `node -e 0`. Bundled, `import "sallyport"` reads two files, and the
 * sources may stay small. Rollup and not esbuild alone, since esbuild cannot be told what belongs into one chunk.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { repository } from "./repository.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const stampFile = join(root, "node_modules", ".cache", "sallyport", "build.json");
const require = createRequire(import.meta.url);

/** Public entry points, and the files that are loaded by path (a worker) and so must keep their own file. */
function entryPoints() {
  const fixed = [
    "src/index.ts",
    "src/gateway/index.ts",
    "src/lab/index.ts",
    "src/mcp/index.ts",
    "src/cli/bin.ts",
    ...preload.modules,
  ].filter((file) => existsSync(join(root, file)));
  return [...fixed, ...sourceFiles().filter((file) => /(?:^|[/-])worker\.ts$/.test(file))];
}

/**
 * The preload: CommonJS, each a file that needs no other, since `--require` of one is six times cheaper than an ES module. Entries
 * of the ES build are what it imports dynamically at the first request, and what `--import` loads.
 */
const preload = {
  files: ["src/preload/register.ts", "src/preload/hooks.ts", "src/preload/loopback-policy.ts"],
  opens: "src/preload/engine.ts",
  modules: ["src/preload/engine.ts", "src/preload/import.ts"],
};

function sourceFiles(folder = "src") {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((file) => !file.endsWith(".test.ts") && !file.includes("/testing/"))
    .toSorted();
}

/** A digest of all that the output depends on. */
function fingerprint() {
  const hash = createHash("sha256");
  const others = [
    "package.json",
    "tsconfig.json",
    "tsconfig.build.json",
    "scripts/build.mjs",
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

async function buildPreload(outdir) {
  const { rollup } = await import("rollup");
  const opens = join(root, preload.opens);
  return Promise.all(
    preload.files.map(async (file) => {
      const name = file.slice("src/".length, -".ts".length);
      const bundle = await rollup({
        input: join(root, file),
        external: (id) => id === opens || (!id.startsWith(".") && !isAbsolute(id)),
        treeshake: { moduleSideEffects: false },
        plugins: [await typescript()],
        onwarn: fail,
      });
      const target = `${name}.cjs`;
      const opened = relative(dirname(file), preload.opens).replace(/\.ts$/, ".js");
      await bundle.write({
        file: join(outdir, target),
        format: "cjs",
        strict: true,
        // Node's own modules export what `import x from` asks for as they are.
        interop: "default",
        paths: { [opens]: `./${opened}` },
      });
      await bundle.close();
      return target;
    }),
  );
}

function fail(warning) {
  throw new Error(warning.message);
}

async function buildJavaScript(outdir) {
  const { rollup } = await import("rollup");
  const entries = entryPoints().map((file) => [file.slice("src/".length, -".ts".length), join(root, file)]);
  const bundle = await rollup({
    input: Object.fromEntries(entries),
    external: (id) => !id.startsWith(".") && !isAbsolute(id),
    treeshake: { moduleSideEffects: false },
    plugins: [await typescript(), builtInModules, inAscii],
    onwarn: fail,
  });
  const { output } = await bundle.write({
    dir: outdir,
    format: "es",
    entryFileNames: "[name].js",
    // By this ending Node knows that it is an ES module: by the other one it looks for a package.json in each folder above.
    chunkFileNames: "chunks/[name]-[hash].mjs",
    manualChunks: chunkOf,
  });
  await bundle.close();
  return output.map(({ fileName }) => fileName);
}

/**
 * Node's own modules as they are, without their ES faces: Node makes such a face at the first import of each, with a list of its exports,
 * and node:fs's brings node:fs/promises and all streams along. A twelfth of the work of `sallyport run -- true`. Names are taken when a
 * chunk begins: nothing of ours relies on a module of Node's that changes later (what the preload puts in place of node:net's functions is
 * kept away from the dialer by dial/own-sockets.ts).
 */
const builtInModules = {
  name: "built-in modules",
  renderChunk: (code) => ({
    code: code.replace(
      /^import (?:(?<whole>[\w$]+)|\* as (?<all>[\w$]+))?(?:, )?(?<names>\{[^}]*\})? ?(?:from )?["'](?<module>node:[^"']+)["'];$/gm,
      (...match) => {
        const { whole, all, names, module } = match.at(-1);
        const given = `process.getBuiltinModule("${module}")`;
        const parts = [whole ?? all, names?.replace(/ as /g, ": ")].filter(Boolean);
        return parts.map((part) => `const ${part} = ${given};`).join(" ");
      },
    ),
    map: null,
  }),
};

/**
 * One character beyond ASCII makes Node decode a chunk slowly, and V8 keep and scan two octets for each of its characters: the core has two
 * such. What is left of them stands in strings, templates and regular expressions, in all of which the escape means the same.
 */
const inAscii = {
  name: "in ASCII",
  renderChunk: (code) => ({
    code: code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
    map: null,
  }),
};

/**
 * What `import "sallyport"` needs at once is one chunk: read, compiled and linked as a whole. So are the small parts that all rooms share, each
 * of which would else be a file of its own.
 */
function chunkOf(id, { getModuleInfo }) {
  if (staticClosure(join(root, "src/index.ts"), getModuleInfo).has(id)) return "core";
  return id.startsWith(join(root, "src/base/")) ? "base" : undefined;
}

/** A module and all that it imports statically. */
function staticClosure(id, getModuleInfo, seen = new Set()) {
  if (seen.has(id)) return seen;
  seen.add(id);
  for (const imported of getModuleInfo(id)?.importedIds ?? []) staticClosure(imported, getModuleInfo, seen);
  return seen;
}

/** Sources import each other as the `.js` that tsc would make of them. */
async function typescript() {
  const { transform } = await import("esbuild");
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return {
    name: "typescript",
    resolveId: (source, importer) =>
      source.startsWith(".") && importer !== undefined ? join(dirname(importer), source).replace(/\.js$/, ".ts") : null,
    async transform(code, file) {
      // Names and line breaks stay, so a stack trace reads as it is: source maps would only double the package.
      const options = { loader: "ts", format: "esm", target: "node20.18", platform: "node", legalComments: "none" };
      const made = await transform(code, {
        ...options,
        sourcefile: file,
        define: { SALLYPORT_VERSION: JSON.stringify(version), SALLYPORT_REPOSITORY: JSON.stringify(repository) },
      });
      return { code: made.code, map: null };
    },
  };
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
    const files = [...(await buildJavaScript(staging)), ...(await buildPreload(staging))];
    if (withTypes) {
      await buildDeclarations(staging);
      // Whoever imports the preload gets nothing from it; TypeScript looks for this beside a .cjs.
      writeFileSync(join(staging, "preload/register.d.cts"), "export {};\n");
    }
    if (files.includes("cli/bin.js")) chmodSync(join(staging, "cli/bin.js"), 0o755);
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
