/**
 * The rules of the house, for oxlint: which room may import which, which room may touch the machine, and where the words of faults stand.
 * docs/architecture.md says why. `test/lint` shows that each of them fires.
 */
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** From the ground up. A room imports itself and lower floors, never a sibling on its own floor. */
const floors = [
  ["base"],
  ["env"],
  ["policy"],
  ["route", "trust", "identity"],
  ["dial", "tools"],
  ["clients"],
  ["preload", "gateway", "mcp", "doctor", "run", "certificates"],
  ["export"],
  ["index"],
  ["cli"],
];
const floorOf = new Map(floors.flatMap((rooms, floor) => rooms.map((room) => [room, floor])));

/** What a room may do itself. All others are handed a `System` (src/base/system.ts) by their caller. */
const powers = {
  env: new Set(["variables", "clock", "files", "names", "commands"]),
  cli: new Set(["terminal", "clock", "files", "commands"]),
  lab: new Set(["clock", "files", "commands"]),
  // It starts the command that it is there for, with the terminal and the signals of this process: no `System` could stand in for these.
  // Of files it asks whether a command exists, and whether there is a terminal (/dev/tty).
  run: new Set(["files", "commands"]),
};

const powerOfModule = new Map([
  ["fs", "files"],
  ["fs/promises", "files"],
  ["dns", "names"],
  ["dns/promises", "names"],
  ["child_process", "commands"],
]);

/** Dotted paths as they are written, without a leading `globalThis.`. */
const powerOfPath = [
  [/^process\.env(\.|$)/, "variables"],
  [/^console(\.|$)/, "terminal"],
  [/^process\.(stdout|stderr|stdin|exit|exitCode|abort)(\.|$)/, "terminal"],
  [/^(Date\.now|performance\.now|process\.hrtime)(\.|$)/, "clock"],
];

const holders = {
  variables: "src/env alone reads the environment",
  terminal: "src/cli alone prints and exits",
  clock: "clocks belong to src/env, src/cli and src/lab; take a System",
  files: "file access belongs to src/env, src/run, src/cli and src/lab; take a System",
  names: "DNS belongs to src/env; take a System",
  commands: "commands belong to src/env, src/run, src/cli and src/lab; take a System",
};

/** The room of a file, and whether it is a test. Undefined for what lies outside src. */
function roomOf(file) {
  const parts = relative(root, file).split(sep);
  if (parts[0] !== "src" || parts.length < 2) return undefined;
  const isTest = file.endsWith(".test.ts") || parts.includes("testing");
  const name = parts.length === 2 ? "index" : parts[1];
  return { name, isTest, isFace: parts.length === 2 || isFace(name, parts.slice(2)) };
}

/** Of a part of a room that is not part of what the room's own face publishes. */
const innerFaces = new Set(
  ["index", "types"].flatMap((face) => [`mcp/settings/${face}.ts`, `mcp/settings/${face}.js`]),
);

/**
 * Whether other rooms may import a file: a room's `index.ts` and `types.ts`. What stands in `base/` is a shelf of small parts that know
 * nothing of each other, each its own face. What a room lends to tests stands in a `testing/` of its own.
 */
function isFace(room, path) {
  if (room === "base" || path.includes("testing") || innerFaces.has([room, ...path].join("/"))) return true;
  return path.length === 1 && /^(index|types)\.[jt]s$/.test(path[0]);
}

/** A rule without options. */
const rule = (type, description, create) => ({ meta: { type, docs: { description }, schema: [] }, create });

const direction = rule("problem", "rooms import one way", (context) => {
  const from = roomOf(context.physicalFilename);
  if (from === undefined) return {};
  const check = (node, isDynamic = false) => {
    const specifier = stringValue(node.source);
    if (specifier === undefined) return;
    const isFree = isDynamic || isTypeOnly(node);
    const message = specifier.startsWith(".")
      ? refuseRoom(from, roomOf(join(dirname(context.physicalFilename), specifier)), isFree)
      : refusePackage(from, specifier);
    if (message !== undefined) context.report({ node: node.source, message });
  };
  return {
    ImportDeclaration: (node) => check(node),
    ExportAllDeclaration: (node) => check(node),
    ExportNamedDeclaration: (node) => node.source && check(node),
    ImportExpression: (node) => check(node, true),
    TSImportType: (node) => check(node),
  };
});

/** `isFree`: the import costs nothing at start, being dynamic or of types alone. */
function refuseRoom(from, to, isFree) {
  if (to === undefined) return from.isTest ? undefined : `src/${from.name} imports from outside src`;
  if (to.name === from.name || (from.isTest && to.name === "lab")) return undefined;
  if (from.name === "lab") return `lab imports nothing of ours (here: ${to.name}), so that it cannot share our bugs`;
  if (to.name === "lab") {
    if (from.name === "cli") return isFree ? undefined : "cli loads the lab by a dynamic import, at the point of use";
    return `${from.name} may not import the lab: only tests, examples and the cli do`;
  }
  const [low, high] = [floorOf.get(to.name), floorOf.get(from.name)];
  if (low === undefined || high === undefined) {
    return `src/${low === undefined ? to.name : from.name} is no known room: give it a floor in scripts/oxlint-plugin-rooms.mjs`;
  }
  if (low === high) return `${from.name} and ${to.name} are siblings and never import each other`;
  if (low > high) return `${from.name} may not import ${to.name}: imports go one way, from cli down to base`;
  return to.isFace ? undefined : `src/${to.name} is used through its index.ts or types.ts alone`;
}

function refusePackage(from, specifier) {
  if (from.name !== "lab" || from.isTest || specifier.startsWith("node:")) return undefined;
  return `lab imports node's modules alone, not ${specifier}`;
}

const machine = rule(
  "problem",
  "only certain rooms touch the environment, the terminal, clocks, files, DNS and commands",
  (context) => {
    const room = roomOf(context.physicalFilename);
    if (room === undefined || room.isTest) return {};
    const granted = powers[room.name] ?? new Set();
    const use = (node, power, what) => {
      if (power === undefined || granted.has(power)) return;
      context.report({ node, message: `${what} in ${room.name}: ${holders[power]}` });
    };
    const useModule = (node, specifier) => use(node, powerOfModule.get(specifier?.replace(/^node:/, "")), specifier);
    const usePath = (node, path) => use(node, powerOfPath.find(([pattern]) => pattern.test(path))?.[1], path);
    const imported = (node) => {
      if (isTypeOnly(node)) return;
      const specifier = stringValue(node.source);
      useModule(node, specifier);
      if (specifier?.replace(/^node:/, "") !== "process") return;
      // What an import calls `imported` is `local` in an export from elsewhere.
      for (const { imported: name, local } of node.specifiers ?? []) usePath(node, `process.${(name ?? local).name}`);
    };
    return {
      ImportDeclaration: imported,
      ExportAllDeclaration: imported,
      ExportNamedDeclaration: (node) => node.source && imported(node),
      ImportExpression: (node) => useModule(node, stringValue(node.source)),
      MemberExpression(node) {
        // Of `process.env.HOME` the outermost part alone is reported.
        if (node.parent.type === "MemberExpression" && node.parent.object === node) return;
        usePath(node, dottedPath(node) ?? "");
      },
      VariableDeclarator(node) {
        const path = node.init && dottedPath(node.init);
        if (!path || node.id.type !== "ObjectPattern") return;
        for (const { key } of node.id.properties)
          if (key?.name) usePath(node, `${path}.${key.name}`.replace(/^globalThis\./, ""));
      },
      CallExpression(node) {
        // `createRequire(…)("node:fs")`, `process.getBuiltinModule("fs")` and a `require` by any name. Without the prefix
        // the callee must be a known one: "dns" is an ordinary word.
        const argument = stringValue(node.arguments[0]);
        const callee = dottedPath(node.callee);
        if (argument?.startsWith("node:") || callee === "require" || callee === "process.getBuiltinModule")
          useModule(node, argument);
        if (callee === "Date") use(node, "clock", "Date()");
      },
      NewExpression(node) {
        if (dottedPath(node.callee) === "Date" && node.arguments.length === 0) use(node, "clock", "new Date()");
      },
    };
  },
);

const explainNonNull = rule("suggestion", "a non-null assertion says in a comment why it holds", (context) => {
  return {
    TSNonNullExpression(node) {
      const { sourceCode } = context;
      const statement = sourceCode
        .getAncestors(node)
        .findLast(({ type }) => /Statement$|Declaration$|^PropertyDefinition$/.test(type));
      const first = (statement ?? node).loc.start.line - 1;
      const last = node.loc.end.line;
      const isExplained = sourceCode
        .getAllComments()
        .some(({ loc }) => loc.end.line >= first && loc.start.line <= last);
      if (!isExplained)
        context.report({ node, message: "say in a comment why this cannot be null, or handle the case" });
    },
  };
});

/**
 * What is said of a fault stands in the room's `faults.ts`, or a `faults-*.ts` beside it, so that it can be read in one go. Elsewhere no
 * error for people is made, no remedy or problem is written, and no sentence is handed to what such a file exports.
 */
const words = rule("problem", "the words of faults stand in a room's faults.ts", (context) => {
  const room = roomOf(context.physicalFilename);
  if (room === undefined || room.isTest || room.name === "lab" || faultsFile.test(context.physicalFilename)) return {};
  const makers = new Set();
  const refuse = (node) =>
    context.report({ node, message: `the words of a fault belong into src/${room.name}'s faults.ts or faults-*.ts` });
  return {
    ImportDeclaration(node) {
      if (!isTypeOnly(node) && faultsFile.test((stringValue(node.source) ?? "").replace(/js$/, "ts")))
        for (const { local } of node.specifiers) makers.add(local.name);
    },
    NewExpression(node) {
      if (["ConnectError", "UsageError"].includes(dottedPath(node.callee))) refuse(node);
    },
    Property(node) {
      if (
        ["message", "problem", "remedy"].includes(node.key.name) &&
        node.parent.type === "ObjectExpression" &&
        isSentence(node.value)
      )
        refuse(node);
    },
    CallExpression(node) {
      // A name for a hole in a sentence is none: "the registration of a client".
      if (makers.has(dottedPath(node.callee)) && node.arguments.some((each) => isSentence(each, 6))) refuse(node);
    },
  };
});

const faultsFile = /(?:^|[\\/])faults(?:-[\w-]+)?\.ts$/;

/** A text of so many words or more, in a template or under a condition as well. What fills a template's hole counts as a word. */
function isSentence(node, least = 2) {
  switch (node?.type) {
    case "Literal":
      return typeof node.value === "string" && countWords(node.value) >= least;
    case "TemplateLiteral": {
      const text = node.quasis.map(({ value }) => value.cooked ?? "").join("{}");
      return countWords(text.replaceAll("{}", " ")) > 0 && countWords(text) >= least;
    }
    case "ConditionalExpression":
      return isSentence(node.consequent, least) || isSentence(node.alternate, least);
    case "LogicalExpression":
    case "BinaryExpression":
      return isSentence(node.left, least) || isSentence(node.right, least);
    default:
      return false;
  }
}

const countWords = (text) => text.split(/\s+/).filter((word) => /[a-z{]{2}|^an?$/i.test(word)).length;

/** `a.b.c` for a chain of plain names; undefined where a part is computed or called. */
function dottedPath(node) {
  if (node.type === "Identifier") return node.name;
  if (node.type !== "MemberExpression") return undefined;
  const object = dottedPath(node.object);
  const property = node.computed ? stringValue(node.property) : node.property.name;
  if (object === undefined || property === undefined) return object;
  return object === "globalThis" ? property : `${object}.${property}`;
}

/** True where nothing is left of the import once types are erased. */
function isTypeOnly(node) {
  return node.type === "TSImportType" || node.importKind === "type" || node.exportKind === "type";
}

function stringValue(node) {
  return node?.type === "Literal" && typeof node.value === "string" ? node.value : undefined;
}

export default {
  meta: { name: "rooms" },
  rules: { direction, machine, "explain-non-null": explainNonNull, words },
};
