import { Answer } from "./answer.js";
import { Call } from "./call.js";
import type { Endpoint } from "./endpoint.js";
import { answerLost } from "./faults.js";
import type { Running } from "./http.js";
import { faultAnswer, isResponse } from "./json-rpc.js";
import type { Id, Message, Notification, Request, Response } from "./json-rpc.js";
import { accepted, type Server, type Surroundings } from "./server.js";

/** How long a server may take to name the address for messages, in milliseconds. */
const greeting = 10_000;

/** HTTP+SSE, as protocol 2024-11-05 has it: all answers on one stream, and messages to an address that the stream names. */
export class SseServer implements Server {
  readonly era = "legacy";
  readonly #endpoint: Endpoint;
  readonly #around: Surroundings;
  readonly #pending = new Map<Id, (answer: Response, text: string | undefined) => void>();
  #address: URL | undefined;
  #running: Running | undefined;
  #opening: Promise<boolean> | undefined;
  /** The client's handshake: a stream is a session, and a new one begins with it. */
  #initialize: Request | undefined;
  #isKnown = false;
  #closed = false;

  private constructor(endpoint: Endpoint, around: Surroundings) {
    this.#endpoint = endpoint;
    this.#around = around;
  }

  /** Undefined: this is no such server. */
  static async open(endpoint: Endpoint, around: Surroundings): Promise<SseServer | undefined> {
    const server = new SseServer(endpoint, around);
    return (await server.#connect()) ? server : undefined;
  }

  request(request: Request, text: string): void {
    if (request.method === "initialize") this.#initialize = request;
    this.#pending.set(request.id, (answer, line) => this.#around.sink(answer, line));
    void this.#connect().then((isOpen) => {
      if (isOpen) this.#post(text, request.id);
      else this.#lose();
    });
  }

  /** A request of the bridge's own. */
  ask(request: Request, text: string): Promise<Response> {
    return new Promise((resolve) => {
      this.request(request, text);
      this.#pending.set(request.id, resolve);
    });
  }

  notify(notification: Notification, text: string): void {
    if (notification.method === "notifications/initialized") this.#isKnown = true;
    this.#tell(text);
  }

  respond(_response: Response, text: string): void {
    this.#tell(text);
  }

  has(id: Id): boolean {
    return this.#pending.has(id);
  }

  cancel(notification: Notification, id: Id): void {
    this.#pending.delete(id);
    this.#tell(JSON.stringify(notification));
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#running?.cancel();
    return Promise.resolve();
  }

  /** What has no answer. Where the stream is gone, and its address with it, there is a new one first. */
  #tell(text: string): void {
    void this.#connect().then((isOpen) => {
      if (isOpen) this.#post(text, undefined);
      else if (!this.#closed) this.#around.fault(answerLost(this.#endpoint.url, false));
    });
  }

  #post(text: string, id: Id | undefined): void {
    const url = this.#address;
    if (url === undefined) return;
    new Call({
      endpoint: this.#endpoint,
      around: {
        ...this.#around,
        // Some servers answer here as well. What counts comes on the stream.
        sink: (message) => {
          if (isResponse(message)) this.#deliver(message, undefined);
        },
      },
      id,
      text,
      url,
      headers: () => accepted,
      lost: () => ({ jsonrpc: "2.0", method: "notifications/sent" }),
    }).start();
  }

  #deliver(message: Message, text: string | undefined): void {
    if (!isResponse(message) || message.id === null) {
      this.#around.sink(message, text);
      return;
    }
    const take = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    take?.(message, text);
  }

  #connect(): Promise<boolean> {
    if (this.#address !== undefined) return Promise.resolve(true);
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #open(): Promise<boolean> {
    const isOpen = await this.#listen();
    const again = this.#initialize;
    if (!isOpen || again === undefined || !this.#isKnown) return isOpen;
    const shaken = await new Promise<Response>((resolve) => {
      const id = "sallyport-handshake-again";
      this.#pending.set(id, resolve);
      this.#post(JSON.stringify({ ...again, id }), id);
    });
    if (shaken.result === undefined) return false;
    this.#post(JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }), undefined);
    return true;
  }

  /** Resolves when the stream has named the address, or cannot. */
  #listen(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#running?.cancel();
        resolve(false);
      }, greeting);
      const over = (): void => {
        clearTimeout(timer);
        this.#address = undefined;
        resolve(false);
        this.#lose();
      };
      const answer = new Answer({
        message: (message, text) => this.#receive(message, text),
        event: ({ event, data }) => {
          if (event !== "endpoint" || this.#address !== undefined) return;
          this.#address = addressIn(data, this.#endpoint.url);
          clearTimeout(timer);
          if (this.#address === undefined) this.#running?.cancel();
          resolve(this.#address !== undefined);
        },
        invalid: () => undefined,
        refused: over,
        ended: over,
        failed: over,
      });
      const headers = { accept: "text/event-stream" };
      this.#running = this.#endpoint.send(
        { method: "GET", headers, repeatable: true, headersTimeout: greeting },
        answer,
      );
    });
  }

  #receive(message: Message, text: string): void {
    this.#deliver(message, text);
    if (!this.#around.pressure.isFull) return;
    this.#running?.pause();
    this.#around.pressure.whenRoom(() => this.#running?.resume());
  }

  /** The stream is gone, and with it the answers to what is under way. */
  #lose(): void {
    if (this.#closed || this.#pending.size === 0) return;
    const fault = answerLost(this.#endpoint.url, false);
    this.#around.fault(fault);
    for (const [id, take] of this.#pending) take(faultAnswer(id, fault), undefined);
    this.#pending.clear();
  }
}

/** The login and the headers go there as well, so it must be the same origin. */
function addressIn(data: string, base: URL): URL | undefined {
  if (!URL.canParse(data, base.href)) return undefined;
  const url = new URL(data, base);
  return url.origin === base.origin ? url : undefined;
}
