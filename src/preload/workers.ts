import { isOwnThread } from "../base/own-thread.js";
import { currentVariables, setVariable } from "../env/index.js";
import { requireFirst } from "../tools/index.js";
import { coverUnseen } from "./unseen-workers.js";

type Options = Readonly<Record<PropertyKey, unknown>>;

/**
 * Covers the threads that are made from now on: one with an environment or options of Node of its own takes what is loaded into it from these
 * alone.
 */
export class Workers {
  readonly #preload: string;
  readonly #begun: () => void;
  /** Another preload has Node's own class: it came before this one. */
  readonly #isTaken: boolean;
  #isCovered = false;

  /**
   * @param preload the file that threads are to load
   * @param begun is told of each, before its options are read
   */
  constructor(preload: string, begun: () => void) {
    this.#preload = preload;
    this.#begun = begun;
    const { moduleLoadList } = process as unknown as { readonly moduleLoadList: readonly string[] };
    this.#isTaken = moduleLoadList.includes("NativeModule worker_threads");
  }

  /** To be called at the beginning of each thread's constructor. Gives what is to be called when that has read its options. */
  begin(thread: object): () => void {
    const nothing = (): void => undefined;
    if (isOwnThread()) return nothing;
    this.#begun();
    // Node's own thread for loaders has this process's environment.
    const isNodes = thread.constructor.name === "InternalWorker";
    return this.#isTaken && !this.#isCovered && !isNodes ? coverUnseen(this.#preload) : nothing;
  }

  /** To be called when node:worker_threads is there: from then on its class is ours. */
  take(): void {
    const threads = process.getBuiltinModule("node:worker_threads") as unknown as { Worker: WorkerClass };
    const own = threads.Worker;
    const make = this.#make.bind(this);
    const ours = class Worker extends own {
      // @ts-expect-error -- what is made is an instance of Node's, whose constructor runs with other options
      // oxlint-disable-next-line constructor-super
      constructor(...given: unknown[]) {
        const [file, options, ...more] = given;
        const all = (completed: unknown): unknown[] => (given.length < 2 ? given : [file, completed, ...more]);
        return make(options, (completed) => Reflect.construct(own, all(completed), new.target));
      }
    };
    Object.defineProperty(ours, "length", { value: own.length, configurable: true });
    // It is shown as Node's.
    Object.setPrototypeOf(ours, Object.getPrototypeOf(own) as object);
    threads.Worker = ours;
  }

  #make(options: unknown, construct: (options: unknown) => object): object {
    if (isOwnThread()) return construct(options);
    const before = this.#isCovered;
    this.#isCovered = true;
    try {
      if (typeof options !== "object" || options === null) return construct(options);
      const { env, execArgv } = options as Options;
      if (typeof env === "object" && env !== null) return construct(this.#completed(options as Options, env));
      return Array.isArray(execArgv) ? this.#withVariable(() => construct(options)) : construct(options);
    } finally {
      this.#isCovered = before;
    }
  }

  /** The program's own options, whatever they are made of and may be changed, but for their `env`. */
  #completed(options: Options, env: object): object {
    const { NODE_OPTIONS: given } = env as { readonly NODE_OPTIONS?: string };
    const completed = { ...env, NODE_OPTIONS: requireFirst(this.#preload, given) };
    return new Proxy({}, { get: (_none, name) => (name === "env" ? completed : Reflect.get(options, name)) });
  }

  /** Such a thread takes its NODE_OPTIONS from this process, where the program may have taken ours away since. */
  #withVariable(make: () => object): object {
    const { NODE_OPTIONS: given } = currentVariables();
    const completed = requireFirst(this.#preload, given);
    if (given === completed) return make();
    setVariable("NODE_OPTIONS", completed);
    try {
      return make();
    } finally {
      setVariable("NODE_OPTIONS", given);
    }
  }
}

type WorkerClass = new (...given: readonly unknown[]) => object;
