import { saysSo } from "../../dial/index.js";
import type { Connection } from "../../dial/types.js";
import { askedTooLate } from "../faults.js";
import type { Listener } from "./listener.js";
import type { Request } from "./request.js";

/** What a listener is told of an answer's head. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Buffer[];
  readonly resume: () => void;
  readonly statusText: string;
}

/** An answer whose request is asked once more elsewhere: it waits, unread, in case that comes to nothing. */
export class HeldAnswer {
  readonly #during: (stop: (reason?: Error) => void) => void;
  readonly #listener: Listener;
  readonly #head: AnswerHead;
  readonly #stop: (reason?: Error) => void;
  #state: "waiting" | "ended" | "over" = "waiting";

  /**
   * @param stop ends the request that it answers
   * @param during is told what an abort by the caller ends, from when the answer is handed over
   */
  constructor(
    listener: Listener,
    head: AnswerHead,
    stop: (reason?: Error) => void,
    during: (stop: (reason?: Error) => void) => void,
  ) {
    this.#during = during;
    this.#listener = listener;
    this.#head = head;
    this.#stop = stop;
  }

  get waiting(): boolean {
    return this.#state !== "over";
  }

  /** Its connection is gone, and the rest of it. */
  ended(): void {
    if (this.#state === "waiting") this.#state = "ended";
  }

  /** Hands it over after all. False: it cannot be had any more. */
  release(): boolean {
    if (this.#state !== "waiting") return false;
    this.#state = "over";
    const { status, headers, resume, statusText } = this.#head;
    this.#during(this.#stop);
    try {
      if (this.#listener.onHeaders(status, headers, resume, statusText) !== false) resume();
    } catch (error) {
      this.#stop(error as Error);
    }
    return true;
  }

  drop(): void {
    const open = this.#state === "waiting";
    this.#state = "ended";
    if (open) this.#stop();
  }
}

/**
 * An answer to a request that is not asked twice: its first words tell whether it is what it looks like.
 * @returns hands the head over with the beginning of the body (undefined where it has none). It throws CLIENT_CERT_REQUIRED, and gives false
 * where the listener wants no more for now
 */
export function answerInDoubt(
  listener: Listener,
  head: AnswerHead,
  connection: Connection,
  request: Request,
): (chunk: Buffer | undefined) => boolean {
  const { status, headers, resume, statusText } = head;
  return (chunk) => {
    if (chunk !== undefined && saysSo(chunk.toString("latin1")))
      throw askedTooLate({ target: request.target, connection }, request.method);
    const more = (): boolean => chunk === undefined || listener.onData(chunk);
    const flowing = listener.onHeaders(
      status,
      headers,
      () => {
        if (more() !== false) resume();
      },
      statusText,
    );
    return flowing !== false && more();
  };
}
