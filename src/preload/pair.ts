import { Duplex } from "node:stream";

/** Two ends of one connection: what is written to one is read from the other. */
export function pair(): readonly [Duplex, Duplex] {
  const near = new End();
  const far = new End();
  near.other = far;
  far.other = near;
  return [near, far];
}

class End extends Duplex {
  other: End | undefined = undefined;
  #resume: (() => void) | undefined;

  override _read(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.other?.receive(chunk, done);
  }

  /** Finished is what has been read: node:http destroys a connection when it has finished, and with it what the other end has not read. */
  override _final(done: () => void): void {
    this.other?.receiveEnd(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    done(error);
    // A destroyed end reads as a closed connection on the other.
    if (this.other?.destroyed === false) this.other.destroy();
  }

  receive(chunk: Buffer, done: () => void): void {
    if (this.destroyed || this.push(chunk)) done();
    else this.#resume = done;
  }

  receiveEnd(done: () => void): void {
    if (this.destroyed) return done();
    let isOver = false;
    const over = (): void => {
      if (!isOver) done();
      isOver = true;
    };
    this.once("end", over).once("close", over);
    this.push(null);
  }
}
