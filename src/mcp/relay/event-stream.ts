import { StringDecoder } from "node:string_decoder";
import { longestMessage, MessageTooLong } from "./longest.js";

/** One event of a stream, as https://html.spec.whatwg.org/multipage/server-sent-events.html has it. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Reads server-sent events from bytes as they come. */
export class EventStreamParser {
  readonly #onEvent: (event: ServerEvent) => void;
  readonly #decoder = new StringDecoder("utf8");
  /** The parts of the line that is not over: joined once, when it is. */
  #line: string[] = [];
  #data: string[] = [];
  #event = "";
  /** Bytes since the last event ended, or more. */
  #kept = 0;
  #first = true;
  #afterReturn = false;
  /** The last `id:` that came with an event. */
  lastId: string | undefined;
  #id: string | undefined;
  /** Milliseconds to wait before the stream is asked for again, as the server wants it. */
  retry: number | undefined;

  constructor(onEvent: (event: ServerEvent) => void) {
    this.#onEvent = onEvent;
  }

  /** Something of an event is there, and its end is not. */
  get isHalf(): boolean {
    return this.#data.length > 0 || this.#line.some((part) => part !== "");
  }

  push(chunk: Uint8Array): void {
    let text = this.#decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    if (text === "") return;
    if (this.#first) {
      this.#first = false;
      if (text.startsWith("\uFEFF")) text = text.slice(1);
    }
    let start = 0;
    if (this.#afterReturn && text.startsWith("\n")) start = 1;
    this.#afterReturn = false;
    // Few servers end lines with it: without this, a chunk of many lines would be looked through once for each.
    const hasReturn = text.includes("\r");
    for (;;) {
      const end = hasReturn ? endOfLine(text, start) : text.indexOf("\n", start);
      if (end === -1) break;
      const part = text.slice(start, end);
      this.#endLine(this.#line.length === 0 ? part : this.#line.join("") + part);
      start = end + 1;
      if (text.charCodeAt(end) !== 13) continue;
      if (start === text.length) this.#afterReturn = true;
      else if (text.charCodeAt(start) === 10) start++;
    }
    if (start < text.length) this.#line.push(text.slice(start));
    this.#kept += chunk.byteLength;
    if (!this.isHalf) this.#kept = 0;
    else if (this.#kept > longestMessage) throw new MessageTooLong();
  }

  #endLine(line: string): void {
    this.#line = [];
    if (line === "") {
      this.#dispatch();
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1);
    if (field === "data") this.#data.push(value);
    else if (field === "event") this.#event = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^\d{1,9}$/.test(value)) this.retry = Number(value);
  }

  #dispatch(): void {
    const event = this.#event === "" ? "message" : this.#event;
    const data = this.#data;
    this.#data = [];
    this.#event = "";
    this.#kept = 0;
    if (this.#id !== undefined) this.lastId = this.#id;
    if (data.length > 0) this.#onEvent({ event, data: data.length === 1 ? (data[0] ?? "") : data.join("\n") });
  }
}

function endOfLine(text: string, from: number): number {
  const feed = text.indexOf("\n", from);
  const carriage = text.indexOf("\r", from);
  if (feed === -1 || carriage === -1) return Math.max(feed, carriage);
  return Math.min(feed, carriage);
}
