/** Characters of requests that are not on their way yet; beyond, no more is read from the client. */
const highWater = 16_000_000;

/**
 * What the client has handed over and the server, or the network, has not taken. A server that reads slowly is to slow its client down, as
 * a pipe would, and not to fill the memory in between.
 */
export class Unsent {
  readonly #waiting = new Set<() => void>();
  #size = 0;

  /** Counts a request in. What it gives counts it out, once, however often it is called. */
  add(size: number): () => void {
    this.#size += size;
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      this.#size -= size;
      if (this.#isFull) return;
      for (const resolve of this.#waiting) resolve();
      this.#waiting.clear();
    };
  }

  /** Undefined where there is room. */
  whenRoom(): Promise<void> | undefined {
    return this.#isFull ? new Promise((resolve) => this.#waiting.add(resolve)) : undefined;
  }

  get #isFull(): boolean {
    return this.#size > highWater;
  }
}
