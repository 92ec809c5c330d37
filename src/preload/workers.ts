import { isOwnThread } from "../base/own-thread.js";
import { requireFirst } from "../tools/index.js";
import { workerUncovered } from "./faults.js";

interface WorkerOptions {
  env?: unknown;
}

/**
 * Covers the threads that are made from now on.
 * @param isFrozen `Object.prototype` will be, once preloads have run
 * @param begun is told of each, before its options are read
 * @returns to be called at the beginning of each thread's constructor; what that gives, when it has read its options
 */
export function watchWorkers(preload: string, isFrozen: boolean, begun: () => void): () => () => void {
  const nothing = (): void => undefined;
  if (isFrozen) replaceWorker(preload);
  return () => {
    if (isOwnThread()) return nothing;
    begun();
    return isFrozen ? nothing : coverWorker(preload);
  };
}

/** `--frozen-intrinsics`, which takes effect when preloads have run. */
export function freezesIntrinsics(nodeOptions = ""): boolean {
  return /--frozen[-_]intrinsics\b/.test([...process.execArgv, nodeOptions].join(" "));
}

/** Where nothing can be added to `Object.prototype`: a class in the place of Node's, before anybody has that. */
function replaceWorker(preload: string): void {
  const threads = process.getBuiltinModule("node:worker_threads");
  const replaced = class Worker extends threads.Worker {
    constructor(...[file, options]: ConstructorParameters<typeof threads.Worker>) {
      super(file, isOwnThread() ? options : completed(options, preload));
    }
  };
  Object.assign(threads, { Worker: replaced });
  process.getBuiltinModule("node:module").syncBuiltinESMExports();
}

function completed<Options extends WorkerOptions>(options: Options | undefined, preload: string): Options | undefined {
  const own = { ...options } as Options;
  return complete(own, preload) === undefined ? options : own;
}

/** What the constructor of a thread reads of its options before it reads `env`; few programs set all three. */
const readBefore = ["execArgv", "argv", "eval"] as const;

/**
 * A thread with an environment of its own takes its options of Node from there
 * alone, and so would run without the preload: here it gets NODE_OPTIONS for as long as the constructor reads it.
 *
 * Nobody hands the options over, and to watch over node:worker_threads would cost every program the loading of it. But the constructor
 * reads options that are usually not there, and what is not there is looked for in `Object.prototype`. Nothing else runs meanwhile.
 * @returns to be called when the constructor has read them
 * @throws {ConnectError} where the program has frozen `Object.prototype` since
 */
function coverWorker(preload: string): () => void {
  if (!Object.isExtensible(Object.prototype)) throw workerUncovered("frozen prototype");
  let restore: (() => void) | undefined;
  const kept = readBefore.map((name) => [name, Object.getOwnPropertyDescriptor(Object.prototype, name)] as const);
  const end = (): void => {
    for (const [name, before] of kept) {
      if (before === undefined) Reflect.deleteProperty(Object.prototype, name);
      // oxlint-disable-next-line no-extend-native -- as it was
      else Object.defineProperty(Object.prototype, name, before);
    }
    restore?.();
    restore = undefined;
  };
  for (const [name] of kept) {
    // oxlint-disable-next-line no-extend-native -- until the constructor has read its options
    Object.defineProperty(Object.prototype, name, {
      configurable: true,
      get(this: WorkerOptions) {
        restore ??= complete(this, preload);
        return undefined;
      },
      // Somebody else's objects may get such a property meanwhile, as they would without this one.
      set(this: object, value: unknown) {
        Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
      },
    });
  }
  return end;
}

/** @throws {ConnectError} where the environment cannot be completed: such a thread would go out by itself */
function complete(options: WorkerOptions, preload: string): (() => void) | undefined {
  const { env } = options;
  if (typeof env !== "object" || env === null) return undefined;
  const { NODE_OPTIONS: given } = env as { readonly NODE_OPTIONS?: string };
  const nodeOptions = requireFirst(preload, given);
  if (given === nodeOptions) return undefined;
  if (!Reflect.set(options, "env", { ...env, NODE_OPTIONS: nodeOptions })) throw workerUncovered("frozen options");
  return () => void Reflect.set(options, "env", env);
}
