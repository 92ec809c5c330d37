import type { Channel } from "./channel.js";
import type { Exchange } from "./exchange.js";

interface Outcome {
  connected(waiting: readonly Exchange[], channel: Channel): void;
  failed(waiting: readonly Exchange[], error: Error): void;
  /** Nobody waits any more; what has not come yet is not wanted. */
  abandoned(): void;
}

/** One connection under way for several requests. Aborted when none of them wants it any more. */
export class SharedDial {
  readonly #waiting = new Set<Exchange>();
  readonly #abort = new AbortController();
  readonly #abandoned: () => void;

  constructor(connect: (signal: AbortSignal) => Promise<Channel>, { connected, failed, abandoned }: Outcome) {
    this.#abandoned = abandoned;
    connect(this.#abort.signal).then(
      (channel) => (this.#abort.signal.aborted ? channel.destroy() : connected([...this.#waiting], channel)),
      // Abandoned, it has been replaced already: its end concerns nobody.
      (error: Error) => {
        if (!this.#abort.signal.aborted) failed([...this.#waiting], error);
      },
    );
  }

  join(exchange: Exchange): void {
    this.#waiting.add(exchange);
    exchange.during((reason) => {
      this.#waiting.delete(exchange);
      if (this.#waiting.size > 0) return;
      this.#abort.abort(reason);
      this.#abandoned();
    });
  }
}
