import type { Socket } from "node:net";

const nothing = Buffer.alloc(0);

/** Bytes that a client may send ahead of the answer; beyond them it is not read any further until then. */
const limit = 65_536;

/**
 * Reads what a client sends before its tunnel is open, since a client that has gone is only noticed by reading. Many send their
 * first bytes at once, without waiting for the answer.
 */
export class EarlyBytes {
  readonly #client: Socket;
  readonly #gone: () => void;
  #chunks: Buffer[];
  #length: number;

  /** @param gone called when the client has disconnected: closed or reset, or at its end without a word */
  constructor(client: Socket, first: Buffer, gone: () => void) {
    this.#client = client;
    this.#gone = gone;
    this.#chunks = first.length === 0 ? [] : [first];
    this.#length = first.length;
    client.on("readable", this.#onReadable);
    client.on("end", this.#onEnd);
    client.on("close", gone);
    if (client.destroyed) gone();
  }

  /** All of them, and no more are read. */
  take(): Buffer {
    this.stop();
    if (this.#length === 0) return nothing;
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [];
    return bytes;
  }

  stop(): void {
    this.#client.off("readable", this.#onReadable);
    this.#client.off("end", this.#onEnd);
    this.#client.off("close", this.#gone);
  }

  readonly #onReadable = (): void => {
    for (let chunk: unknown = this.#client.read(); Buffer.isBuffer(chunk); chunk = this.#client.read()) {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
    }
    if (this.#length > limit) this.#client.off("readable", this.#onReadable);
  };

  /** Who has said all that there is to say may still wait for the answer; who has said nothing does not. */
  readonly #onEnd = (): void => {
    if (this.#length === 0) this.#gone();
  };
}
