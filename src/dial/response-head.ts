import { GrowingBytes } from "../base/growing-bytes.js";

/** The head of an HTTP/1 response, as a proxy gives it to a CONNECT. */
export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  /** Lower-case names; values of a repeated field joined by ", ". */
  readonly headers: ReadonlyMap<string, string>;
  /** Whether another request may follow on this connection, once the body has been read (RFC 9112 section 9.3). */
  readonly keepsConnection: boolean;
  /** Bytes that came after the head. */
  readonly rest: Buffer;
}

/** What Node allows a request's head by default, four times over: proxies may set fat cookies. */
export const headLimit = 64 * 1024;

/** Reads the heads of the answers on one connection. */
export class ResponseHeadReader {
  #received = new GrowingBytes();
  #searched = 0;

  /** All that came since the last whole head. */
  get bytes(): Buffer {
    return this.#received.bytes;
  }

  /** What `piece` completes. `incomplete`: read on. `invalid`: this is not HTTP. */
  push(piece: Buffer): ResponseHead | "incomplete" | "invalid" {
    this.#received.push(piece);
    for (let bytes = this.#received.bytes; ;) {
      const end = couldBeHttp(bytes) ? findEnd(bytes, this.#searched) : undefined;
      const head = end && parseHead(bytes.toString("latin1", 0, end.head), bytes.subarray(end.rest));
      // Interim answers come before the final one (RFC 9110 section 15.2).
      if (head !== undefined && head.status < 200) {
        bytes = head.rest;
        this.#searched = 0;
        continue;
      }
      if (bytes.length < this.#received.length) this.#startWith(bytes);
      if (head !== undefined) return head;
      this.#searched = bytes.length;
      return end !== undefined || !couldBeHttp(bytes) || bytes.length > headLimit ? "invalid" : "incomplete";
    }
  }

  #startWith(bytes: Buffer): void {
    this.#received = new GrowingBytes();
    this.#received.push(bytes);
  }
}

/** Where the first head ends that ends at `from` or later, and where it goes on behind it. */
function findEnd(bytes: Buffer, from: number): { readonly head: number; readonly rest: number } | undefined {
  for (let at = bytes.indexOf(10, from); at !== -1; at = bytes.indexOf(10, at + 1)) {
    // Bare LF ends a line for a lenient reader (RFC 9112 section 2.2), and some old proxies write it.
    if (bytes[at - 1] === 10) return { head: at - 1, rest: at + 1 };
    if (bytes[at - 1] === 13 && bytes[at - 2] === 10 && bytes[at - 3] === 13) return { head: at - 3, rest: at + 1 };
  }
  return undefined;
}

function parseHead(text: string, rest: Buffer): ResponseHead | undefined {
  const [statusLine = "", ...fields] = text.split(/\r?\n/);
  const status = /^HTTP\/1\.(\d) (\d{3})(?: (.*))?$/.exec(statusLine);
  if (status === null) return undefined;
  const headers = parseFields(fields);
  const keepsConnection = keeps(status[1] ?? "", headers);
  return { status: Number(status[2]), reason: status[3] ?? "", headers, keepsConnection, rest };
}

/** Proxies say it in either field. */
function keeps(minor: string, headers: ReadonlyMap<string, string>): boolean {
  const said = `${headers.get("connection") ?? ""},${headers.get("proxy-connection") ?? ""}`.toLowerCase();
  const options = said.split(",").map((option) => option.trim());
  return !options.includes("close") && (minor !== "0" || options.includes("keep-alive"));
}

function parseFields(lines: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

/** Whether the bytes so far may begin an HTTP/1 response: something else is named at its first bytes, not after a time-out. */
function couldBeHttp(bytes: Buffer): boolean {
  const start = "HTTP/1.";
  return start.startsWith(bytes.toString("latin1", 0, Math.min(bytes.length, start.length)));
}
