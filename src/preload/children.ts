import { currentVariables } from "../env/index.js";
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

/** Gives to children with an environment of their own what they lack of ours. (The others inherit `process.env`.) */
export function watchChildren(prototype: object, settings: Settings, preload: string): void {
  const child = prototype as ChildPrototype;
  const { spawn } = child;
  child.spawn = function (options) {
    if (options?.envPairs !== undefined) completePairs(options.envPairs, settings, preload);
    return spawn.call(this, options);
  };
}

function completePairs(pairs: string[], settings: Settings, preload: string): void {
  const variables = Object.fromEntries(
    pairs.map((pair) => {
      // Names on Windows may begin with "=", as "=C:" does.
      const end = pair.indexOf("=", 1);
      return [pair.slice(0, end), pair.slice(end + 1)];
    }),
  );
  const { NODE_OPTIONS: option, ...missing } = additions(variables, settings, preload);
  for (const [name, value] of Object.entries(missing)) pairs.push(`${name}=${value}`);
  const at = pairs.findIndex((pair) => pair.startsWith("NODE_OPTIONS="));
  if (at === -1) pairs.push(`NODE_OPTIONS=${option}`);
  else pairs[at] = `NODE_OPTIONS=${option}`;
}

function additions(variables: Variables, { given, prefix }: Settings, preload: string): Record<string, string> {
  const missing = missingVariables(variables, given, { prefix, windows: process.platform === "win32" });
  return { ...Object.fromEntries(missing), NODE_OPTIONS: requireFirst(preload, variables["NODE_OPTIONS"]) };
}

/** The same for those that their program waits for, which are made of no class. To be called when node:child_process is there. */
export function coverSynchronous(settings: Settings, preload: string): void {
  // oxlint-disable-next-line rooms/machine -- runs none
  const children = process.getBuiltinModule("node:child_process") as unknown as Record<string, Call>;
  const isOptions = (each: unknown): each is { readonly env?: object | null } =>
    typeof each === "object" && each !== null && !Array.isArray(each);
  for (const name of ["spawnSync", "execFileSync", "execSync"]) {
    children[name] = withGiven(children[name] as Call, (given) =>
      given.map((each) =>
        isOptions(each) && typeof each.env === "object" && each.env !== null
          ? { ...each, env: completed(each.env, settings, preload) }
          : each,
      ),
    );
  }
}

/** The same for a program that this process is replaced by (`process.execve`, Node 22.15 and later). */
export function coverReplaced(settings: Settings, preload: string): void {
  const own = process as unknown as { execve?: Call };
  if (own.execve === undefined) return;
  own.execve = withGiven(own.execve, ([file, args, env = currentVariables(), ...more]) => [
    file,
    args,
    typeof env === "object" && env !== null ? completed(env, settings, preload) : env,
    ...more,
  ]);
}

type Variables = Readonly<Record<string, string | undefined>>;
type Call = (...given: unknown[]) => unknown;

/** A function that hands on to one of Node's what `change` makes of what it is given. */
function withGiven(call: Call, change: (given: readonly unknown[]) => readonly unknown[]): Call {
  const ours = function (this: unknown, ...given: unknown[]): unknown {
    return Reflect.apply(call, this, change(given));
  };
  return Object.defineProperties(ours, Object.getOwnPropertyDescriptors(call));
}

/** Those that the environment inherits count, as in Node. */
function completed(env: object, settings: Settings, preload: string): Variables {
  const variables: Record<string, string | undefined> = {};
  for (const name in env) variables[name] = (env as Variables)[name];
  const said = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined));
  return { ...variables, ...additions(said, settings, preload) };
}

/**
 * Leaves our variables for a thread that is about to be made, which may get an environment of its own. (The preload itself it inherits, or
 * gets by `Workers`.)
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
