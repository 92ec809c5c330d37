import { EventStreamParser, type ServerEvent } from "./event-stream.js";
import { mediaType, type AnswerHead, type AnswerReader } from "./http.js";
import { longestMessage, MessageTooLong } from "./longest.js";
import { isMessage, type Message } from "./json-rpc.js";

/** How a stream of events can be taken up again. */
export interface StreamPosition {
  readonly lastId: string | undefined;
  /** Milliseconds, as the server wants it. */
  readonly retry: number | undefined;
}

/** What comes of a request. `refused`, `ended` or `failed` is told last, and once. */
export interface AnswerEvents {
  /** The server took the request: nothing of its answer has been read yet. */
  accepted?(head: AnswerHead): void;
  /** `text` is the message in one line, as it came where that is possible. */
  message(message: Message, text: string): void;
  /** An event of another name than `message`: there are some in HTTP+SSE. */
  event?(event: ServerEvent): void;
  /** What came is no message. The rest is read on: one bad event says nothing of the next. */
  invalid(error: unknown): void;
  /** Any status but 2xx, or a body that is none of MCP's. Of a long one, its beginning. */
  refused(head: AnswerHead, body: string): void;
  ended(position: StreamPosition | undefined, isHalf: boolean): void;
  failed(error: Error, position: StreamPosition | undefined): void;
}

/** Of a body that is no message, this much is looked at. */
const looked = 65_536;

/** Reads the answer to a POST or GET: one message, a stream of them, or neither. */
export class Answer implements AnswerReader {
  readonly #events: AnswerEvents;
  #head: AnswerHead = { status: 0, headers: {} };
  #kind: "stream" | "message" | "empty" | "other" = "other";
  #parser: EventStreamParser | undefined;
  readonly #chunks: Buffer[] = [];
  #length = 0;

  constructor(events: AnswerEvents) {
    this.#events = events;
  }

  head(head: AnswerHead): void {
    this.#head = head;
    const isFine = head.status >= 200 && head.status < 300;
    const type = mediaType(head);
    if (isFine && type === "text/event-stream") {
      this.#kind = "stream";
      this.#parser = new EventStreamParser((event) => this.#event(event));
    } else if (isFine && type === "application/json") this.#kind = "message";
    else if (head.status === 202 || head.status === 204) this.#kind = "empty";
    if (isFine && this.#kind !== "other") this.#events.accepted?.(head);
  }

  data(chunk: Buffer): void {
    if (this.#parser !== undefined) {
      this.#parser.push(chunk);
      return;
    }
    if (this.#kind === "empty" || (this.#kind === "other" && this.#length > looked)) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length > longestMessage) throw new MessageTooLong();
  }

  end(): void {
    if (this.#parser !== undefined) {
      this.#events.ended(this.#position, this.#parser.isHalf);
      return;
    }
    const body = Buffer.concat(this.#chunks).toString("utf8");
    if (this.#kind === "other") this.#events.refused(this.#head, body);
    else {
      if (this.#kind === "message" && body.trim() !== "") this.#read(body);
      this.#events.ended(undefined, false);
    }
  }

  fail(error: Error): void {
    this.#events.failed(error, this.#position);
  }

  get #position(): StreamPosition | undefined {
    return this.#parser && { lastId: this.#parser.lastId, retry: this.#parser.retry };
  }

  #event(event: ServerEvent): void {
    if (event.event !== "message") this.#events.event?.(event);
    else if (event.data.trim() !== "") this.#read(event.data);
  }

  /** One message, or several as protocol 2025-03-26 allows it. */
  #read(text: string): void {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      this.#events.invalid(error);
      return;
    }
    if (isMessage(value)) {
      // Most servers write JSON in one line: there is no need to write it again.
      this.#events.message(value, /[\r\n]/.test(text) ? JSON.stringify(value) : text);
      return;
    }
    const several: readonly unknown[] = Array.isArray(value) ? value : [];
    if (several.length === 0 || !several.every(isMessage)) this.#events.invalid(new TypeError("not a message"));
    else for (const one of several) this.#events.message(one, JSON.stringify(one));
  }
}
