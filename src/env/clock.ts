/** The machine's clocks, as the preload found them; without it, those that are there at a call. See base/timers.ts. */
interface Clock {
  readonly Date: DateConstructor;
  readonly monotonic: () => number;
}

const place = Symbol.for("sallyport.clock");

/** Called by the preload, at the start: a program may stop the time for itself, and for nobody else. */
export function keepClock(): void {
  const { Date, performance } = globalThis;
  const value: Clock = { Date, monotonic: performance.now.bind(performance) };
  Object.defineProperty(globalThis, place, { value });
}

const kept = (globalThis as { readonly [place]?: Clock })[place];

/** Milliseconds since the epoch. */
export const now = (): number => (kept?.Date ?? Date).now();

/** Milliseconds on a clock that never goes back. */
export const monotonic = kept?.monotonic ?? ((): number => performance.now());
