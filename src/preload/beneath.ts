import { Duplex } from "node:stream";
import type { PendingSocket } from "./pending-socket.js";

/**
 * A connected stand-in as what TLS can be spoken over. Node takes a net.Socket without a handle for one that is not connected yet, and waits for
 * that for ever; of any other stream it reads and writes.
 */
export class Beneath extends Duplex {
  readonly #socket: PendingSocket;

  constructor(socket: PendingSocket) {
    super({ allowHalfOpen: true, emitClose: true });
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) socket.pause();
    });
    socket.once("end", () => this.push(null));
    socket.once("error", (error) => this.destroy(error));
    socket.once("close", () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, encoding, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
