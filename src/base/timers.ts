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

function timer<Name extends keyof Timers>(name: Name): Timers[Name] {
  const latest = (...given: unknown[]): unknown => (globalThis[name] as (...given: unknown[]) => unknown)(...given);
  return kept?.[name] ?? (latest as Timers[Name]);
}

export const setTimeout = timer("setTimeout");
export const clearTimeout = timer("clearTimeout");
export const setInterval = timer("setInterval");
export const clearInterval = timer("clearInterval");
export const setImmediate = timer("setImmediate");
export const queueMicrotask = timer("queueMicrotask");
