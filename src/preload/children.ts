import { requireFirst } from "../tools/index.js";
import { missingVariables } from "./inheritance.js";
import type { Settings } from "./types.js";

/** Where the variables of a thread's starter lie for it. A description alone: symbols do not cross threads. */
const environmentKey = "sallyport.variables";

/** What `spawn` of a ChildProcess is given: its environment as `NAME=value`. */
interface SpawnOptions {
  envPairs?: string[];
}

interface ChildPrototype {
  spawn(this: unknown, options: SpawnOptions): unknown;
}

/**
 * Gives to children with an environment of their own what they lack of ours. (The others inherit `process.env`.) Programs that
 * are run synchronously pass by here no more than in Node itself: those get what their caller gives them.
 */
export function watchChildren(prototype: object, settings: Settings, preload: string): void {
  const child = prototype as ChildPrototype;
  const { spawn } = child;
  child.spawn = function (options) {
    if (options?.envPairs !== undefined) complete(options.envPairs, settings, preload);
    return spawn.call(this, options);
  };
}

function complete(pairs: string[], { given, prefix }: Settings, preload: string): void {
  const variables = Object.fromEntries(
    pairs.map((pair) => {
      // Names on Windows may begin with "=", as "=C:" does.
      const end = pair.indexOf("=", 1);
      return [pair.slice(0, end), pair.slice(end + 1)];
    }),
  );
  for (const [name, value] of missingVariables(variables, given, {
    prefix,
    windows: process.platform === "win32",
  }))
    pairs.push(`${name}=${value}`);
  const at = pairs.findIndex((pair) => pair.startsWith("NODE_OPTIONS="));
  const option = `NODE_OPTIONS=${requireFirst(preload, variables["NODE_OPTIONS"])}`;
  if (at === -1) pairs.push(option);
  else pairs[at] = option;
}

/**
 * Leaves our variables for a thread that is about to be made, which may get an environment of its own. (The preload itself it inherits, or
 * gets by `coverWorker`.)
 */
export function handToThread({ given, prefix }: Settings): void {
  const { setEnvironmentData } = process.getBuiltinModule("node:worker_threads");
  setEnvironmentData(environmentKey, missingVariables({}, given, { prefix, windows: false }));
}

/** What the thread that started this one left for it. */
export function handedToThread(): Settings["given"] | undefined {
  // What a thread cannot do is marked so. (`isMainThread` is in node:worker_threads, and costs 2 ms.)
  const isThread = (process.chdir as { disabled?: boolean }).disabled === true;
  if (!isThread) return undefined;
  const { getEnvironmentData } = process.getBuiltinModule("node:worker_threads");
  const left = getEnvironmentData(environmentKey) as unknown as readonly [string, string][] | undefined;
  return left && Object.fromEntries(left);
}
