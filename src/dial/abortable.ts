/** As much of an AbortSignal as is asked for here: one of Node's own costs as much as the rest of a stage. */
export interface Abortable {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once: true }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** What an AbortController does, for who makes one for each connection: Node 20 takes 10 µs for its own, and the collector as much again. */
export class AbortFlag implements Abortable {
  aborted = false;
  reason: unknown = undefined;
  #listeners: readonly (() => void)[] = [];

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    // One that is taken away by another's call is not called any more.
    for (let first = this.#listeners[0]; first !== undefined; first = this.#listeners[0]) {
      this.#listeners = this.#listeners.slice(1);
      first();
    }
  }

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners = [...this.#listeners, listener];
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners = this.#listeners.filter((other) => other !== listener);
  }
}
