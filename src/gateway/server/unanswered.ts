import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** Requests of one connection that wait for their answers: each has a connection of its own on the upstream. */
export const mostUnanswered = 64;

/** Requests that are read and dropped behind the one whose answer is the last: whoever sends more does not listen. */
const mostIgnored = 1024;

/** What is to be done with a request: `ignore` where its connection ends with the answer to an earlier one. */
export type Place = "serve" | "too many" | "ignore";

/**
 * The answers that are not complete, by connection. A client may ask on and on, without reading: what waits for it is bounded here, and ends
 * with its connection, which node:http tells the first of several answers alone.
 */
export class Unanswered {
  readonly #waiting = new Map<Duplex, Set<ServerResponse>>();
  /** Connections whose last answer is given, with the number of requests that came behind it. */
  readonly #ending = new WeakMap<Duplex, number>();
  readonly #onClose: (this: Duplex) => void;

  constructor() {
    const waiting = this.#waiting;
    this.#onClose = function onClose() {
      for (const response of waiting.get(this) ?? []) {
        // The one that has the socket is told by node:http; those behind it are not.
        if (response.socket !== null) continue;
        response.destroy();
        response.emit("close");
      }
    };
  }

  add({ socket }: IncomingMessage, response: ServerResponse): Place {
    const ignored = this.#ending.get(socket);
    if (ignored !== undefined) {
      this.#ending.set(socket, ignored + 1);
      if (ignored >= mostIgnored) socket.destroy();
      return "ignore";
    }
    const waiting = this.#waiting.get(socket) ?? new Set();
    if (waiting.size === 0) {
      this.#waiting.set(socket, waiting);
      socket.on("close", this.#onClose);
    }
    waiting.add(response);
    response.once("close", () => {
      waiting.delete(response);
      if (waiting.size > 0) return;
      this.#waiting.delete(socket);
      socket.off("close", this.#onClose);
    });
    return waiting.size > mostUnanswered ? "too many" : "serve";
  }

  /** The connection ends with an answer that was begun: what is still asked there is ignored. */
  endWith({ socket }: IncomingMessage): void {
    if (!this.#ending.has(socket)) this.#ending.set(socket, 0);
  }

  has(socket: Duplex): boolean {
    return this.#waiting.has(socket);
  }

  /** Whether an answer has begun there: anything else that is written would be taken for a part of it. */
  begun(socket: Duplex): boolean {
    return [...(this.#waiting.get(socket) ?? [])].some(({ headersSent }) => headersSent);
  }

  /** Every answer that has not begun closes its connection. */
  drain(): void {
    for (const waiting of this.#waiting.values()) for (const response of waiting) response.shouldKeepAlive = false;
  }
}

/**
 * Bounds the time in which an answer of the gateway's own is read: whoever asked need not have logged in, and may keep a connection for as
 * long as it likes otherwise. The time runs from when its turn has come.
 */
export function boundReading(response: ServerResponse, milliseconds: number): void {
  const start = (): void => {
    const { socket } = response;
    const timer = setTimeout(() => socket?.destroy(), milliseconds).unref();
    response.once("close", () => clearTimeout(timer));
  };
  if (response.writableFinished || response.destroyed) return;
  if (response.socket === null) response.once("socket", start);
  else start();
}
