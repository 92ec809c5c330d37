import { hasBareName, isFlag, readNodeOptions } from "../tools/index.js";

/** Where Node is told to let a program do only what it has been given the right to (`--permission`). */
export type PermissionPlace = "command" | "variable";

/** Node 20 and 22 have it under the longer name; 24 and later still take that. An audit only takes notes. */
const permission = new Set(["--permission", "--experimental-permission"]);

/** Those of Node's options whose value may be the next word: what follows any other one, and is no option, is the program. */
const withValue = new Set(
  [
    "-r --require --import -e --eval -p --print -pe -C --conditions --loader --experimental-loader --input-type --title",
    "--allow-fs-read --allow-fs-write --env-file --env-file-if-exists --disable-warning --redirect-warnings --stack-trace-limit",
    "--test-name-pattern --test-skip-pattern --test-reporter --test-reporter-destination --test-concurrency --watch-path",
    "--dns-result-order --unhandled-rejections --max-http-header-size --icu-data-dir --openssl-config --localstorage-file",
  ].flatMap((line) => line.split(" ")),
);

/**
 * Whether a command is Node with `--permission`, or NODE_OPTIONS says so for every Node. Seen is what stands there: not what a script, a
 * shell or the first line of a file will start.
 */
export function findPermission(argv: readonly string[], nodeOptions = ""): PermissionPlace | undefined {
  const general = readNodeOptions(nodeOptions).words;
  const [command = "", ...args] = argv;
  const own = hasBareName(command, ["node", "nodejs"]) ? args.slice(0, endOfOptions(args)) : [];
  const words = [...general, ...own].map(spelling);
  if (words.includes("--allow-fs-read=*") || allowsAll(words)) return undefined;
  if (general.some((word) => permission.has(spelling(word)))) return "variable";
  return own.some((word) => permission.has(spelling(word))) ? "command" : undefined;
}

function endOfOptions(args: readonly string[]): number {
  const at = args.findIndex(
    (word, index) => word === "--" || (!isFlag(word) && !withValue.has(spelling(args[index - 1] ?? ""))),
  );
  return at === -1 ? args.length : at;
}

const allowsAll = (words: readonly string[]): boolean =>
  words.some((word, at) => word === "--allow-fs-read" && words[at + 1] === "*");

/** Node reads `_` in an option's name as `-`. */
function spelling(word: string): string {
  const [name = ""] = word.split("=", 1);
  return name.startsWith("--") ? name.replaceAll("_", "-") + word.slice(name.length) : word;
}

/** The options of Node that let a program read these paths. */
export const readRights = (paths: readonly string[]): string[] => paths.map((path) => `--allow-fs-read=${path}`);

/** NODE_OPTIONS with more of them, in its own quoting. */
export function addOptions(options: readonly string[], existing = ""): string {
  const quoted = options.map((option) => `"${option.replace(/["\\]/g, "\\$&")}"`);
  return [...quoted, existing].join(" ").trim();
}

/** A command of Node's with more options. */
export const insertOptions = ([command = "", ...args]: readonly string[], options: readonly string[]): string[] => [
  command,
  ...options,
  ...args,
];
