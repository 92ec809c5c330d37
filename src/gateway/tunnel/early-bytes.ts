import type { Socket } from "node:net";

/** Bytes that a caller may send ahead of the answer; beyond them it is not read any further until then. */
const limit = 65_536;

/**
 * Reads what a caller sends before its tunnel is open, since a caller that has gone is only noticed by reading. Many send their
 * first bytes at once, without waiting for the answer.
 */
export class EarlyBytes {
  readonly #caller: Socket;
  readonly #gone: () => void;
  #chunks: Buffer[];
  #length: number;

  /** @param gone called when the caller has gone: closed or reset, or at its end without a word */
  constructor(caller: Socket, first: Buffer, gone: () => void) {
    this.#caller = caller;
    this.#gone = gone;
    this.#chunks = first.length === 0 ? [] : [first];
    this.#length = first.length;
    caller.on("readable", this.#onReadable);
    caller.once("end", this.#onEnd);
    caller.once("close", gone);
    if (caller.destroyed) gone();
  }

  /** All of them, and no more are read. */
  take(): Buffer {
    this.stop();
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [];
    return bytes;
  }

  stop(): void {
    this.#caller.off("readable", this.#onReadable);
    this.#caller.off("end", this.#onEnd);
    this.#caller.off("close", this.#gone);
  }

  readonly #onReadable = (): void => {
    for (let chunk: unknown = this.#caller.read(); Buffer.isBuffer(chunk); chunk = this.#caller.read()) {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
    }
    if (this.#length > limit) this.#caller.off("readable", this.#onReadable);
  };

  /** Who has said all that there is to say may still wait for the answer; who has said nothing does not. */
  readonly #onEnd = (): void => {
    if (this.#length === 0) this.#gone();
  };
}
