import { createRequire } from "node:module";
import type { System } from "../../base/system.js";
import { makeOwnThread } from "../../base/own-thread.js";
import type { Worker } from "node:worker_threads";
import { pacHelpers } from "./helpers.js";
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

interface Waiting {
  readonly resolve: (answer: { readonly text: string } | { readonly needs: readonly string[] }) => void;
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
  /** Counts the questions: the thread sleeps while it stays the same. */
  readonly #questions: Int32Array;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  /** Looks after whoever waits: one for all of them, since a timer of its own would cost a question more than the script does. */
  #timer: NodeJS.Timeout | undefined;
  #isClosing = false;
  #end: PacProblem | undefined;

  private constructor(worker: Worker, questions: Int32Array, { limits, system }: Surroundings) {
    this.#worker = worker;
    this.#questions = questions;
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
    const questions = new Int32Array(new SharedArrayBuffer(4));
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
          questions: questions.buffer,
          memory: limits.bytes,
          milliseconds: limits.milliseconds,
        },
      };
      worker = makeOwnThread(() => new Thread(threadSource, options));
    } catch (error) {
      // A program that is not permitted to have threads (--permission), or an incomplete installation.
      throw new SandboxError({ problem: "engine", message: error instanceof Error ? error.message : "" });
    }
    const sandbox = new PacSandbox(worker, questions, surroundings);
    await sandbox.#wait(0, startMilliseconds);
    // That one had more time than a question has.
    sandbox.#stopLooking();
    return sandbox;
  }

  /** Ended: by its limits, or by {@link close}. */
  get isOver(): boolean {
    return this.#end !== undefined;
  }

  /** What FindProxyForURL says; or what it has to know first. `isFull`: what is not known is answered with null. */
  async ask(
    url: string,
    host: string,
    known: Knowledge,
    isFull: boolean,
  ): Promise<{ readonly text: string } | { readonly needs: readonly string[] }> {
    if (this.#end !== undefined) throw new SandboxError(this.#end);
    const id = ++this.#last;
    const answer = this.#wait(id, this.#patience);
    this.#worker.postMessage({ id, url, host, known, isFull }, []);
    Atomics.add(this.#questions, 0, 1);
    Atomics.notify(this.#questions, 0);
    return answer;
  }

  /** Ends the thread, as soon as all who asked have their answers. */
  close(): void {
    this.#isClosing = true;
    if (this.#waiting.size === 0) this.#fail({ problem: "engine" });
  }

  #wait(id: number, ms: number): Promise<{ readonly text: string } | { readonly needs: readonly string[] }> {
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
