import type { System } from "../base/system.js";

export type Clock = Pick<System, "now" | "monotonic">;

/** Milliseconds by which the two clocks of a machine may part that did not sleep: one is set right now and then. */
const allowed = 5000;

/**
 * Tells whether the machine has slept since this was made: the clock on the wall went on meanwhile, the monotonic one did not (on Linux;
 * elsewhere timers have run out by then). What was idle across a sleep is dead more often than not: nobody answered the other side's probes.
 */
export class SleepMark {
  readonly #clock: Clock;
  readonly #offset: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offset = clock.now() - clock.monotonic();
  }

  get slept(): boolean {
    return this.#clock.now() - this.#clock.monotonic() - this.#offset > allowed;
  }
}
