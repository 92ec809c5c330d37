import type { Socket } from "node:net";
import { ClientHelloReader, type ClientHello, type Peeked } from "./client-hello.js";

/** Bytes that are read ahead at the most. A ClientHello may have 64 KB; a little more, since reads do not end where it does. */
const limit = 131_072;

/** What a client turns out to speak. */
export type Spoken = ClientHello | "other" | "malformed" | "gone" | "silent" | "too late";

/**
 * A client whose first bytes are read and held back until it is known where they go. Reading goes on meanwhile, since a client that
 * has gone is only noticed by reading.
 */
export class HeldClient {
  readonly #socket: Socket;
  readonly #chunks: Buffer[] = [];
  readonly #gone = new AbortController();
  readonly #reader = new ClientHelloReader();
  #peeked: Peeked = "incomplete";
  #length = 0;
  #judge: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("readable", this.#onReadable);
    socket.on("end", this.#onGone);
    socket.on("close", this.#onGone);
    if (socket.destroyed) this.#onGone();
  }

  /** Aborts when the client has disconnected; no TLS client closes its half before the handshake is over. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /**
   * Resolves as soon as the first bytes tell what is spoken, with "silent" when they have not done so in time, or with "too late" where
   * nothing at all has come before the gateway is shutting down: nobody misses such a tunnel.
   */
  spoken(milliseconds: number, ending: AbortSignal): Promise<Spoken> {
    return new Promise((resolve) => {
      const onEnding = (): void => {
        if (this.#length === 0) settle("too late");
      };
      const settle = (spoken: Spoken): void => {
        clearTimeout(timer);
        ending.removeEventListener("abort", onEnding);
        this.#judge = undefined;
        // At once: who does not speak TLS may have closed its half, and that end must come after the bytes.
        if (spoken === "other") this.release();
        resolve(spoken);
      };
      const timer = setTimeout(() => settle("silent"), milliseconds);
      ending.addEventListener("abort", onEnding);
      this.#judge = () => {
        const spoken = this.#peeked;
        if (spoken !== "incomplete") settle(spoken);
        else if (this.#gone.signal.aborted) settle("gone");
      };
      this.#judge();
    });
  }

  /** Puts back what was read, for whoever comes next, and lets go of the socket. */
  release(): void {
    this.#socket.off("readable", this.#onReadable);
    this.#socket.off("end", this.#onGone);
    this.#socket.off("close", this.#onGone);
    if (this.#length > 0 && !this.#socket.readableEnded) this.#socket.unshift(Buffer.concat(this.#chunks));
    this.#chunks.length = 0;
  }

  readonly #onReadable = (): void => {
    // Beyond the limit the bytes wait where they are.
    while (this.#length < limit) {
      const chunk: unknown = this.#socket.read();
      if (!Buffer.isBuffer(chunk)) break;
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      this.#peeked = this.#reader.push(chunk);
    }
    this.#judge?.();
  };

  readonly #onGone = (): void => {
    this.#gone.abort(new Error("the client has disconnected"));
    this.#judge?.();
  };
}
