import type { System } from "../base/system.js";

/** The one bound of a whole dial, beside those of its stages. Whoever waits asks what is left when the wait begins. */
export class Deadline {
  readonly #clock: Pick<System, "monotonic">;
  readonly #end: number;

  /** @param ms milliseconds from now; Infinity for no bound */
  constructor(clock: Pick<System, "monotonic">, ms: number) {
    this.#clock = clock;
    this.#end = ms === Number.POSITIVE_INFINITY ? ms : clock.monotonic() + ms;
  }

  /** Milliseconds, at least one: a bound of zero reads as none to a timer. Infinity where there is no deadline. */
  get left(): number {
    if (this.#end === Number.POSITIVE_INFINITY) return this.#end;
    return Math.max(1, Math.ceil(this.#end - this.#clock.monotonic()));
  }

  get isOver(): boolean {
    return this.#end !== Number.POSITIVE_INFINITY && this.#clock.monotonic() >= this.#end;
  }

  /** The bound of one stage: its own, or what is left of the whole. */
  within(ms: number): number {
    return Math.min(ms, this.left);
  }
}
