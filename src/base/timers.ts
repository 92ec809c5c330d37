/**
 * Node's own timers, whatever the program puts in the place of the global ones: a test that fakes them, or stops the time, still waits for its
 * request. Under the preload they are those of the start, before the program's first line; without it, those that are there at a call.
 */
type Timers = Pick<
  typeof globalThis,
  "setTimeout" | "clearTimeout" | "setInterval" | "clearInterval" | "setImmediate" | "queueMicrotask"
>;

/** Global, since the preload's parts are bundles of their own. */
const place = Symbol.for("sallyport.timers");

/** Called by the preload, at the start. */
export function keepTimers(): void {
  const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, queueMicrotask } = globalThis;
  const value: Timers = { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, queueMicrotask };
  Object.defineProperty(globalThis, place, { value });
}

const kept = (globalThis as { readonly [place]?: Timers })[place];

/** The program has put something in the place of the global ones, and what is not ours and calls them waits for it. */
export const areFaked = (): boolean => kept !== undefined && globalThis.setImmediate !== kept.setImmediate;

/** Each called by its name, which engines find at once: looked up by a variable it took a thirtieth of a tunnel's work. */
const latest = {
  // oxlint-disable-next-line typescript/no-implied-eval -- what is handed on are the caller's functions
  setTimeout: (...given: Parameters<Timers["setTimeout"]>) => globalThis.setTimeout(...given),
  clearTimeout: (...given: Parameters<Timers["clearTimeout"]>) => globalThis.clearTimeout(...given),
  // oxlint-disable-next-line typescript/no-implied-eval -- as above
  setInterval: (...given: Parameters<Timers["setInterval"]>) => globalThis.setInterval(...given),
  clearInterval: (...given: Parameters<Timers["clearInterval"]>) => globalThis.clearInterval(...given),
  setImmediate: (...given: Parameters<Timers["setImmediate"]>) => globalThis.setImmediate(...given),
  queueMicrotask: (...given: Parameters<Timers["queueMicrotask"]>) => globalThis.queueMicrotask(...given),
} as Timers;

export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, queueMicrotask } = kept ?? latest;
