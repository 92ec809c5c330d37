/**
 * JavaScript by rollup, with esbuild for the TypeScript in it.
 *
 * Why a bundler for a library: Node spends about half a millisecond on each ESM file that it resolves, reads and links.
 * Twenty small modules cost 16 ms, on top of the 26 ms of `node -e 0`. Bundled, `import "sallyport"` reads two files, and the
 * sources may stay small. Rollup and not esbuild alone, since esbuild cannot be told what belongs into one chunk.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { repository } from "./repository.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Public entry points, and the files that are loaded by path (a worker) and so must keep their own file. */
function entryPoints() {
  const fixed = [
    "src/index.ts",
    "src/gateway/index.ts",
    "src/lab/index.ts",
    "src/mcp/index.ts",
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

/** All that is built, tests and what only they use aside. */
export function sourceFiles(folder = "src") {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((file) => !file.endsWith(".test.ts") && !file.includes("/testing/"))
    .toSorted();
}

export async function buildPreload(outdir) {
  const { rollup } = await import("rollup");
  const opens = join(root, preload.opens);
  return Promise.all(
    preload.files.map(async (file) => {
      const name = file.slice("src/".length, -".ts".length);
      const bundle = await rollup({
        input: join(root, file),
        ...usual,
        external: (id) => id === opens || usual.external(id),
        plugins: [await typescript()],
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

/** How rollup reads each of the three builds: packages stay outside, and a warning ends it. */
const usual = {
  external: (id) => !id.startsWith(".") && !isAbsolute(id),
  treeshake: { moduleSideEffects: false },
  onwarn(warning) {
    throw new Error(warning.message);
  },
};

export async function buildLibrary(outdir) {
  const { rollup } = await import("rollup");
  const entries = entryPoints().map((file) => [file.slice("src/".length, -".ts".length), join(root, file)]);
  const bundle = await rollup({
    input: Object.fromEntries(entries),
    ...usual,
    plugins: [await typescript(), builtInModules, inAscii],
  });
  const core = modulesOf(["src/index.ts"], await bundle.generate({ format: "es" }));
  const { output } = await bundle.write({
    dir: outdir,
    format: "es",
    entryFileNames: "[name].js",
    // By this ending Node knows that it is an ES module: by the other one it looks for a package.json in each folder above.
    chunkFileNames: "chunks/[name]-[hash].mjs",
    manualChunks: chunksOf(core),
    onlyExplicitManualChunks: true,
  });
  await bundle.close();
  return output.map(({ fileName }) => fileName);
}

/**
 * Node's own modules as they are, without their ES faces: Node makes such a face at the first import of each, with a list of its exports,
 * and node:fs's brings node:fs/promises and all streams along. A twelfth of the work of `sallyport run -- true`. Names are taken when a
 * chunk begins: nothing of ours relies on a module of Node's that changes later (what the preload puts in place of node:net's functions is
 * kept away from the dialer by dial/own-sockets.ts). What is imported where it is needed is still loaded there and not before.
 */
const builtInModules = {
  name: "built-in modules",
  renderChunk: (code) => ({
    code: code
      .replace(
        /^import (?:(?<whole>[\w$]+)|\* as (?<all>[\w$]+))?(?:, )?(?<names>\{[^}]*\})? ?(?:from )?["'](?<module>node:[^"']+)["'];$/gm,
        (...match) => {
          const { whole, all, names, module } = match.at(-1);
          const given = `process.getBuiltinModule("${module}")`;
          const parts = [whole ?? all, names?.replace(/ as /g, ": ")].filter(Boolean);
          return parts.map((part) => `const ${part} = ${given};`).join(" ");
        },
      )
      .replace(/\bimport\(["'](?<module>node:[^"']+)["']\)/g, 'Promise.resolve(process.getBuiltinModule("$<module>"))'),
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
 * What `import "sallyport"` needs at once is one chunk: read, compiled and linked as a whole. Another is what everything else begins with,
 * settings and routes. So are the small parts that all rooms share, each of which would else be a file of its own.
 */
function chunksOf(core) {
  const settings = new Set();
  return (id, { getModuleInfo }) => {
    if (core.has(id)) return "core";
    if (settings.size === 0) {
      for (const room of ["policy", "env", "route"])
        staticClosure(join(root, "src", room, "index.ts"), getModuleInfo, settings);
    }
    if (settings.has(id)) return "settings";
    return id.startsWith(join(root, "src/base/")) ? "base" : undefined;
  };
}

/** A module and all that it imports statically. */
function staticClosure(id, getModuleInfo, seen) {
  if (seen.has(id)) return;
  seen.add(id);
  for (const imported of getModuleInfo(id)?.importedIds ?? []) staticClosure(imported, getModuleInfo, seen);
}

/**
 * The command line: CommonJS, a copy of all that it uses, since it alone decides how it is loaded. Node 20 gets its loader of ES modules
 * ready for 4 ms, and takes longer for each file; `sallyport run -- true` takes a sixth less time than as ES modules. The library stays
 * what it is: programs empty `require.cache` of what they do not know, and would get a second copy of it (the preload's, too).
 */
const commandLine = {
  entry: "src/cli/bin.ts",
  folder: "cli",
  /** What `run` goes through. All that these need is one file: each further one costs up to half a millisecond. */
  start: [
    "src/cli/main.ts",
    "src/cli/terminal/process-io.ts",
    "src/cli/commands/run.ts",
    "src/trust/arrange.ts",
    "src/tools/truststore.ts",
  ],
};

export async function buildCommandLine(outdir) {
  const { rollup } = await import("rollup");
  const bundle = await rollup({
    input: { [`${commandLine.folder}/bin`]: join(root, commandLine.entry) },
    ...usual,
    plugins: [await typescript({ SALLYPORT_CHUNKS: "__dirname" }), inCommonJs, builtInModules, inAscii],
  });
  const options = { format: "cjs", strict: true, interop: "default", esModule: false, externalLiveBindings: false };
  const start = modulesOf(commandLine.start, await bundle.generate(options));
  const { output } = await bundle.write({
    ...options,
    dir: outdir,
    entryFileNames: "[name].cjs",
    chunkFileNames: `${commandLine.folder}/chunks/[name]-[hash].cjs`,
    manualChunks: (id) => (start.has(id) ? "start" : undefined),
    onlyExplicitManualChunks: true,
  });
  await bundle.close();
  return output.map(({ fileName }) => fileName);
}

/** The modules of the chunks that hold these sources, and of all chunks that those import statically. */
function modulesOf(sources, { output }) {
  const byName = new Map(output.map((chunk) => [chunk.fileName, chunk]));
  const seen = new Set();
  const walk = (chunk) => {
    if (chunk === undefined || seen.has(chunk)) return;
    seen.add(chunk);
    for (const name of chunk.imports) walk(byName.get(name));
  };
  for (const source of sources) {
    const holder = output.find(({ modules }) => Object.hasOwn(modules, join(root, source)));
    if (holder === undefined) throw new Error(`${source} is in no chunk`);
    walk(holder);
  }
  return new Set([...seen].flatMap(({ modules }) => Object.keys(modules)));
}

/** What a module knows of itself, as CommonJS has it. */
const inCommonJs = {
  name: "in CommonJS",
  resolveImportMeta: (property) =>
    ({ url: "require('node:url').pathToFileURL(__filename).href", dirname: "__dirname" })[property] ?? null,
};

/** Sources import each other as the `.js` that tsc would make of them. */
async function typescript(names = {}) {
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
        define: {
          SALLYPORT_VERSION: JSON.stringify(version),
          SALLYPORT_REPOSITORY: JSON.stringify(repository),
          ...names,
        },
      });
      return { code: made.code, map: null };
    },
  };
}
