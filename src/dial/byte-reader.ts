import type { Socket } from "node:net";
import { GrowingBytes } from "../base/growing-bytes.js";

/** Reads a handshake off a socket piece by piece, and leaves what follows on it. */
export class ByteReader {
  readonly #socket: Socket;
  readonly #closed: (error: Error | undefined, received: Buffer) => Error;
  readonly #received = new GrowingBytes();
  #used = 0;
  #waiting:
    | { readonly length: number; readonly resolve: (bytes: Buffer) => void; readonly reject: (error: Error) => void }
    | undefined;
  #ended: Error | undefined;

  /** @param closed makes the error for a socket that ends too early, from its cause and what was received until then */
  constructor(socket: Socket, closed: (error: Error | undefined, received: Buffer) => Error) {
    this.#socket = socket;
    this.#closed = closed;
    socket.on("readable", this.#onReadable);
    socket.once("end", this.#onEnd);
    socket.once("error", this.#onEnd);
    socket.once("close", this.#onEnd);
  }

  /** All that was received so far: for messages. */
  seen(): Buffer {
    return this.#received.bytes;
  }

  read(length: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { length, resolve, reject };
      this.#serve();
    });
  }

  /** Takes the reader off the socket; bytes that were not read go back to it. */
  release(): void {
    this.#socket.removeListener("readable", this.#onReadable);
    this.#socket.removeListener("end", this.#onEnd);
    this.#socket.removeListener("error", this.#onEnd);
    this.#socket.removeListener("close", this.#onEnd);
    const rest = this.seen().subarray(this.#used);
    if (rest.length > 0) this.#socket.unshift(rest);
  }

  // Not "data": a stream that has flowed stays paused for whoever comes next, one that was read by hand does not.
  readonly #onReadable = (): void => {
    const chunk: unknown = this.#socket.read();
    if (!Buffer.isBuffer(chunk)) return;
    this.#received.push(chunk);
    this.#serve();
  };

  readonly #onEnd = (error?: unknown): void => {
    this.#ended = this.#closed(error instanceof Error ? error : undefined, this.seen());
    this.#serve();
  };

  #serve(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (this.#received.length - this.#used >= waiting.length) {
      this.#waiting = undefined;
      this.#used += waiting.length;
      waiting.resolve(this.seen().subarray(this.#used - waiting.length, this.#used));
    } else if (this.#ended !== undefined) {
      this.#waiting = undefined;
      waiting.reject(this.#ended);
    }
  }
}
