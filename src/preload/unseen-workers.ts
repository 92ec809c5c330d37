import { requireFirst } from "../tools/index.js";
import { workerUncovered } from "./faults.js";

interface WorkerOptions {
  env?: unknown;
}

/** What the constructor of a thread reads of its options before it reads `env`; few programs set all three. */
const readBefore = ["execArgv", "argv", "eval"] as const;

/**
 * Covers a thread of a class that another preload has taken before this one came: nobody hands its options over. But the constructor
 * reads options that are usually not there, and what is not there is looked for in `Object.prototype`. Nothing else runs meanwhile.
 * @returns to be called when the constructor has read them
 * @throws {ConnectError} where the program has frozen `Object.prototype` since
 */
export function coverUnseen(preload: string): () => void {
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
