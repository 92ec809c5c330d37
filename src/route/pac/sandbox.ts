import { createRequire } from "node:module";
import type { System } from "../../base/system.js";
import { makeOwnThread } from "../../base/own-thread.js";
import type { Worker } from "node:worker_threads";
import { pacHelpers } from "./helpers.js";
import { places, SharedQuestion } from "./shared-question.js";
import { threadSource } from "./thread.js";
import { clearTimeout, setTimeout } from "../../base/timers.js";

/** Why the sandbox gave no answer. */
export interface PacProblem {
  /**
   * `time`, `memory`: a limit; `error`: the script threw, or is not JavaScript; `missing`: it defines no FindProxyForURL; `early`: it asks for
   * names while it is loaded; `type`: the answer is no text; `engine`: the sandbox itself could not be had.
   */
  readonly problem: "time" | "memory" | "error" | "missing" | "early" | "type" | "engine";
  readonly name?: string;
  readonly message?: string;
  readonly line?: string;
}

/** Thrown for a {@link PacProblem}: the caller knows which file it is about. */
export class SandboxError extends Error {
  readonly problem: PacProblem;

  constructor(problem: PacProblem) {
    super(problem.problem);
    this.problem = problem;
  }
}

/** Bounds of one call, and of the whole sandbox. */
export interface SandboxLimits {
  /** For loading the script, and for each call: milliseconds of work. */
  readonly milliseconds: number;
  readonly bytes: number;
}

export const usualLimits: SandboxLimits = { milliseconds: 1000, bytes: 32 * 1024 * 1024 };

/** What the script asked for that only the caller knows: `host NAME`, or `addresses` of this machine. */
export type Knowledge = Readonly<Record<string, string | null>>;

/** A text comes behind its number and a blank. */
type Answer =
  | string
  | ({ readonly id?: number; readonly ready?: true } & ({ readonly needs: readonly string[] } | PacProblem));

/** What FindProxyForURL says; or what it has to know first. */
export type PacReply = { readonly text: string } | { readonly needs: readonly string[] };

interface Waiting {
  readonly resolve: (answer: PacReply) => void;
  readonly reject: (error: Error) => void;
  /** On the monotonic clock, milliseconds. */
  readonly until: number;
}

/** The thread starts slowly on a busy machine, and nothing else waits for it. */
const startMilliseconds = 20_000;

export interface Surroundings {
  readonly limits: SandboxLimits;
  readonly system: Pick<System, "monotonic">;
}

/**
 * One PAC file in an engine of its own (QuickJS, as WebAssembly) in a thread of its own: it reaches neither Node nor this program, and
 * whatever it does ends by the limits. The thread keeps no program running.
 */
export class PacSandbox {
  readonly #worker: Worker;
  readonly #patience: number;
  readonly #system: Surroundings["system"];
  readonly #shared: SharedQuestion;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  /** Looks after whoever waits: one for all of them, since a timer of its own would cost a question more than the script does. */
  #timer: NodeJS.Timeout | undefined;
  #isClosing = false;
  #end: PacProblem | undefined;

  private constructor(worker: Worker, shared: SharedQuestion, { limits, system }: Surroundings) {
    this.#worker = worker;
    this.#shared = shared;
    this.#system = system;
    // Ended from outside, where its own limit does not: a busy machine gets more time, and nobody is kept from other work.
    this.#patience = 5 * limits.milliseconds;
    worker.unref();
    worker.on("message", (answer: Answer) => this.#answered(answer));
    worker.on("error", (error: Error) => this.#fail({ problem: "engine", name: error.name, message: error.message }));
    worker.on("exit", () => this.#fail({ problem: "engine" }));
  }

  /** @throws {SandboxError} for what is wrong with the script */
  static async start(script: string, surroundings: Surroundings): Promise<PacSandbox> {
    const { limits } = surroundings;
    const { Worker: Thread } = await import("node:worker_threads");
    const shared = new SharedQuestion();
    let worker: Worker;
    try {
      const { resolve } = createRequire(import.meta.url);
      const options = {
        eval: true,
        // Neither the program's preloads nor its environment: a preload that uses this library would start a worker in the worker.
        execArgv: [],
        env: {},
        workerData: {
          engine: resolve("quickjs-wasi"),
          wasm: resolve("quickjs-wasi/quickjs.wasm"),
          helpers: pacHelpers,
          script,
          shared: shared.buffer,
          places,
          memory: limits.bytes,
          milliseconds: limits.milliseconds,
        },
      };
      worker = makeOwnThread(() => new Thread(threadSource, options));
    } catch (error) {
      // A program that is not permitted to have threads (--permission), or an incomplete installation.
      throw new SandboxError({ problem: "engine", message: error instanceof Error ? error.message : "" });
    }
    const sandbox = new PacSandbox(worker, shared, surroundings);
    await sandbox.#wait(0, startMilliseconds);
    // That one had more time than a question has.
    sandbox.#stopLooking();
    return sandbox;
  }

  /** Ended: by its limits, or by {@link close}. */
  get isOver(): boolean {
    return this.#end !== undefined;
  }

  /**
   * At once where the script is quick and nobody else waits for it. `isFull`: what is not known is answered with null.
   * @throws {SandboxError} at once, or later
   */
  ask(url: string, host: string, known?: Knowledge, isFull = false): PacReply | Promise<PacReply> {
    if (this.#end !== undefined) throw new SandboxError(this.#end);
    const id = ++this.#last;
    if (known === undefined && this.#waiting.size === 0) {
      const reply = this.#shared.ask(id, url, host);
      if (reply === "later") return this.#wait(id, this.#patience);
      if (reply !== "no") return reply;
    }
    const answer = this.#wait(id, this.#patience);
    this.#worker.postMessage({ id, url, host, known: known ?? {}, isFull }, []);
    this.#shared.wake();
    return answer;
  }

  /** Ends the thread, as soon as all who asked have their answers. */
  close(): void {
    this.#isClosing = true;
    if (this.#waiting.size === 0) this.#fail({ problem: "engine" });
  }

  #wait(id: number, ms: number): Promise<PacReply> {
    return new Promise((resolve, reject) => {
      // While somebody waits the thread counts; a program must not end before it has its answer.
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve, reject, until: this.#system.monotonic() + ms });
      this.#timer ??= setTimeout(() => this.#look(), ms).unref();
    });
  }

  #stopLooking(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    this.#timer = undefined;
    const next = Math.min(...[...this.#waiting.values()].map(({ until }) => until));
    const left = next - this.#system.monotonic();
    if (left > 0) {
      if (this.#waiting.size > 0) this.#timer = setTimeout(() => this.#look(), left).unref();
      return;
    }
    const overdue = [...this.#waiting].filter(([, { until }]) => until <= next).map(([id]) => id);
    // This thread may have been the busy one: an answer that has come meanwhile is taken first.
    setTimeout(() => {
      if (overdue.some((id) => this.#waiting.has(id))) this.#fail({ problem: "time" });
      else this.#look();
    }, 20);
  }

  #answered(answer: Answer): void {
    if (typeof answer === "string") {
      const end = answer.indexOf(" ");
      this.#take(Number(answer.slice(0, end)))?.resolve({ text: answer.slice(end + 1) });
      return;
    }
    const id = answer.id ?? 0;
    const waiting = this.#take(id);
    if ("problem" in answer) {
      // A script that cannot be loaded, or that used up its time or memory, is not asked any more.
      if (id === 0 || answer.problem === "time" || answer.problem === "memory") this.#fail(answer);
      waiting?.reject(new SandboxError(answer));
    } else waiting?.resolve(answer);
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size > 0) return waiting;
    this.#worker.unref();
    if (this.#isClosing) this.close();
    return waiting;
  }

  #fail(problem: PacProblem): void {
    if (this.#end !== undefined) return;
    this.#end = problem;
    this.#stopLooking();
    void this.#worker.terminate();
    for (const id of this.#waiting.keys()) this.#take(id)?.reject(new SandboxError(problem));
  }
}
