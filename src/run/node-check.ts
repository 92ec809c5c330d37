import { delimiter, join } from "node:path";
import type { ConnectError } from "../base/errors.js";
import type { System } from "../base/system.js";
import { hasBareName, isFlag, readNodeOptions, type ReadOptions } from "../tools/index.js";
import { asWarning, notLoaded, optionNotAllowed, refusedOptions, stopped } from "./faults-node.js";

type Variables = Readonly<Record<string, string | undefined>>;

/** Runs a program for a moment, without input and output: its status (undefined: it did not end in time, or not by itself), and stderr. */
export type Probe = (
  program: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
) => Promise<{ readonly status: number | undefined; readonly stderr: string }>;

export interface NodeCheckOptions {
  readonly argv: readonly string[];
  /** NODE_OPTIONS as the user has it. */
  readonly nodeOptions: string | undefined;
  /** The child's. */
  readonly variables: Readonly<Record<string, string>>;
  readonly system: System;
  readonly probe: Probe;
}

/** The statuses of the probe's own program; 9 is Node's for options that it refuses. */
const statuses = { loaded: 86, missing: 87, refused: 9 } as const;
const marker = `process.exit(Symbol.for("sallyport.register") in globalThis ? ${statuses.loaded} : ${statuses.missing})`;

/**
 * Whether Node will read NODE_OPTIONS, and with it the preload that stands there first. It is read here as Node reads it; what cannot be
 * told so (an option that is unknown here, a word that may be an option's value) is put to the command's own Node, if it has one: some
 * 40 ms, which nobody pays who has no such option.
 *
 * @returns what is worth a warning
 * @throws {ConnectError} CONFIG_INVALID where the command is one of Node's and would not start, or would start without the preload
 */
export async function checkNodeOptions(options: NodeCheckOptions): Promise<readonly ConnectError[]> {
  const read = readNodeOptions(options.nodeOptions ?? "");
  if (read.words.length === 0 && read.refused === undefined) return [];
  if (read.refused === undefined && read.isUsual) return [];
  const node = await nodeOf(options);
  const refusal = read.refused ?? (node === undefined ? undefined : await ask(node, read, options));
  if (refusal !== undefined) {
    const fault = refusedOptions(refusal);
    if (node !== undefined) throw fault;
    return [asWarning(fault)];
  }
  const [first = "-"] = read.words;
  return isFlag(first) ? [] : [stopped(first)];
}

/** What the command's Node says of it. */
async function ask(
  node: string,
  { words }: ReadOptions,
  { variables, probe }: NodeCheckOptions,
): Promise<string | undefined> {
  // Such a Node would wait for its debugger.
  if (words.some((word) => /^--inspect-(?:brk|wait)\b/.test(word))) return undefined;
  const { status, stderr } = await probe(node, ["-e", marker], variables);
  if (status === statuses.missing) throw notLoaded();
  if (status !== statuses.refused) return undefined;
  return refusalOf(stderr);
}

/** Node's own words; an option's value may be a secret, and is left out. */
function refusalOf(stderr: string): string {
  const said = /^(?:\S*node(?:\.exe)?|Error): ((?:--?[\w-]+|illegal value|invalid value).{0,200})$/m.exec(stderr)?.[1];
  return said?.trim().replace(/^(--?[\w-]+)=.*(?= is not allowed| requires)/, "$1=…") ?? optionNotAllowed;
}

/** The Node that a command runs on; undefined for one that is none of Node's. */
async function nodeOf({ argv: [command = ""], variables, system }: NodeCheckOptions): Promise<string | undefined> {
  if (hasBareName(command, ["node", "nodejs"])) return command;
  for (const file of candidates(command, variables)) {
    const start = await system.readFile(file).then(
      (contents) => contents.toString("latin1", 0, 200),
      () => undefined,
    );
    if (start === undefined) continue;
    const interpreter = /^#!\s*(?:\S*\/env\s+(?:-S\s+)?)?(\S+)/.exec(start)?.[1];
    return interpreter !== undefined && hasBareName(interpreter, ["node", "nodejs"]) ? interpreter : undefined;
  }
  return undefined;
}

function candidates(command: string, variables: Variables): string[] {
  if (/[\\/]/.test(command)) return [command];
  const folders = (variables["PATH"] ?? variables["Path"] ?? "").split(delimiter);
  return command === "" ? [] : folders.filter((folder) => folder !== "").map((folder) => join(folder, command));
}
