import { Answer, type AnswerEvents, type StreamPosition } from "./answer.js";
import { waitBefore } from "./call.js";
import type { Endpoint } from "./endpoint.js";
import type { AnswerHead, HeaderFields, Running } from "./http.js";
import type { Message } from "./json-rpc.js";
import type { Surroundings } from "./server.js";

export interface ListeningSetup {
  readonly endpoint: Endpoint;
  readonly around: Pick<Surroundings, "sink" | "pressure">;
  headers(): HeaderFields;
  /** The session is gone. A new one opens a stream of its own. */
  lost(head: AnswerHead, body: string): boolean;
}

/** How long a request waits for the stream, in milliseconds: a server may keep the head back until it has something to say. */
const patience = 500;

/** The stream on which a server of the legacy era speaks of its own accord. Opened again whenever it ends; many servers have none. */
export class Listening implements AnswerEvents {
  /** Resolves when the server has answered the first request for the stream, whatever it answered, or has kept silent for too long. */
  readonly asked: Promise<void>;
  #answered: () => void = () => undefined;
  readonly #setup: ListeningSetup;
  #running: Running | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #attempts = 0;
  #lastId: string | undefined;

  constructor(setup: ListeningSetup) {
    this.#setup = setup;
    this.asked = new Promise((resolve) => {
      const timer = setTimeout(resolve, patience);
      this.#answered = (): void => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  start(): void {
    const headers: HeaderFields = { ...this.#setup.headers(), accept: "text/event-stream" };
    if (this.#lastId !== undefined) headers["last-event-id"] = this.#lastId;
    // Servers may keep the head back until there is an event.
    const request = { method: "GET", headers, repeatable: true, headersTimeout: 0 } as const;
    this.#running = this.#setup.endpoint.send(request, new Answer(this));
  }

  close(): void {
    this.#closed = true;
    this.#answered();
    clearTimeout(this.#timer);
    this.#running?.cancel();
  }

  accepted(): void {
    this.#answered();
  }

  message(message: Message, text: string): void {
    if (this.#closed) return;
    this.#attempts = 0;
    const { around } = this.#setup;
    around.sink(message, text);
    if (!around.pressure.isFull) return;
    this.#running?.pause();
    around.pressure.whenRoom(() => this.#running?.resume());
  }

  invalid(): void {
    // Nobody waits for it.
  }

  /** 405, and what else servers say that have no such stream: all of it is allowed, and none of it is a fault. */
  refused(head: AnswerHead, body: string): void {
    this.#answered();
    if (this.#closed) return;
    if (!this.#setup.lost(head, body) && head.status >= 500) this.#again(undefined);
  }

  ended(position: StreamPosition | undefined): void {
    this.#again(position);
  }

  failed(_error: Error, position: StreamPosition | undefined): void {
    this.#again(position);
  }

  #again(position: StreamPosition | undefined): void {
    this.#answered();
    if (this.#closed) return;
    if (position?.lastId !== undefined) {
      if (position.lastId !== this.#lastId) this.#attempts = 0;
      this.#lastId = position.lastId;
    }
    this.#attempts++;
    this.#timer = setTimeout(() => this.start(), position?.retry ?? waitBefore(this.#attempts));
    this.#timer.unref();
  }
}
