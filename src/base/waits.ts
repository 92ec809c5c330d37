import { Roster } from "./roster.js";
import { setTimeout } from "./timers.js";

/** One wait under way. */
export interface Wait {
  /** At which look it is over. */
  readonly end: number;
  readonly over: () => void;
}

/** Looks in the length of one wait. */
const looks = 4;

/**
 * Waits of one length, nearly all of which are given up before their end. A timer of Node's for each costs more than it seems: where it is the only
 * one of its length, a list is made for it and put into a heap, and taken out again. Here all of them are looked after together, and only
 * while there are any. It holds no process open: what is waited for does.
 */
export class Waits {
  readonly #ms: number;
  readonly #waiting = new Roster<Wait>();
  #looked = 0;
  #isSet = false;

  /** @param ms the length of each, in milliseconds; it may last a quarter longer */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /**
   * @param over called when the time has passed
   * @returns for {@link stop}
   */
  begin(over: () => void): Wait {
    // One more, since the time since the last look has passed already.
    const wait = { end: this.#looked + looks + 1, over };
    this.#waiting.add(wait);
    this.#set();
    return wait;
  }

  stop(wait: Wait): void {
    this.#waiting.delete(wait);
  }

  #set(): void {
    if (this.#isSet) return;
    this.#isSet = true;
    setTimeout(() => this.#look(), this.#ms / looks).unref();
  }

  #look(): void {
    this.#isSet = false;
    this.#looked++;
    for (
      let first = this.#waiting.first;
      first !== undefined && first.end <= this.#looked;
      first = this.#waiting.first
    ) {
      this.#waiting.delete(first);
      first.over();
    }
    if (this.#waiting.size > 0) this.#set();
  }
}
