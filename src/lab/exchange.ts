import { createHash } from "node:crypto";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import type { Connection } from "./listener.js";
import type { LabEcho } from "./types.js";

/** A request at an origin and the means to answer it, HTTP/1.1 and HTTP/2 alike. */
export class Exchange {
  readonly origin: string;
  readonly connection: Connection;
  readonly request: IncomingMessage | Http2ServerRequest;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Aborted once the client has disconnected. */
  readonly gone: AbortSignal;
  readonly #response: ServerResponse | Http2ServerResponse;
  /** The stream falls silent after its first event. */
  stalls = false;

  constructor(
    origin: string,
    connection: Connection,
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ) {
    this.origin = origin;
    this.connection = connection;
    this.request = request;
    this.#response = response;
    this.url = new URL(request.url ?? "/", "http://origin.invalid");
    this.headers = joinHeaders(request.rawHeaders);
    const controller = new AbortController();
    this.gone = controller.signal;
    response.once("close", () => controller.abort());
  }

  get method(): string {
    return this.request.method ?? "GET";
  }

  send(status: number, type: string, body: string | Uint8Array, headers: OutgoingHttpHeaders = {}): void {
    if (this.stalls) {
      void this.stream([{ data: Buffer.from(body).toString("utf8") }], 0).catch(() => {});
      return;
    }
    this.#response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body), ...headers });
    this.#response.end(body);
  }

  empty(status: number): void {
    this.#response.writeHead(status);
    this.#response.end();
  }

  json(status: number, value: unknown, headers?: OutgoingHttpHeaders): void {
    this.send(status, "application/json", JSON.stringify(value), headers);
  }

  /** Writes the head; it leaves together with the first {@link write}. */
  begin(status: number, headers: OutgoingHttpHeaders): void {
    this.#response.writeHead(status, headers);
  }

  /** Resolves when the octets are with the operating system. */
  write(part: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const gone = () => reject(new Error("the client has disconnected"));
      const done = (error?: Error | null) => {
        this.gone.removeEventListener("abort", gone);
        if (error) reject(error);
        else resolve();
      };
      this.gone.addEventListener("abort", gone, { once: true });
      const chunk = Buffer.from(part);
      // Each class has its own overloads of write, so the union has to be taken apart.
      if ("stream" in this.#response) this.#response.write(chunk, "utf8", done);
      else this.#response.write(chunk, "utf8", done);
    });
  }

  end(): void {
    this.#response.end();
  }

  /** Server-Sent Events, each written and flushed on its own, `interval` milliseconds apart. Ends the answer. */
  async stream(events: Iterable<ServerSentEvent>, interval: number): Promise<void> {
    this.begin(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
    for (const event of events) {
      await this.write(`${event.event === undefined ? "" : `event: ${event.event}\n`}data: ${event.data}\n\n`);
      if (this.stalls) return;
      await (interval > 0 ? pause(interval, undefined, { signal: this.gone }) : nextTurn());
      if (this.gone.aborted) return;
    }
    this.end();
  }

  async body(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  async digest(): Promise<LabEcho["body"]> {
    const hash = createHash("sha256");
    let length = 0;
    for await (const chunk of this.request) {
      hash.update(chunk as Buffer);
      length += (chunk as Buffer).length;
    }
    return { length, sha256: hash.digest("hex") };
  }
}

export interface ServerSentEvent {
  readonly event?: string;
  /** One line. */
  readonly data: string;
}

/**
 * All headers that came, names in lower case, repeated ones joined: Node's own `headers` drops some of the repeated ones.
 * The pseudo-headers of HTTP/2 are left out but for `:authority`, which becomes `host`.
 */
export function joinHeaders(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? "").toLowerCase();
    const value = raw[at + 1] ?? "";
    const key = name === ":authority" ? "host" : name;
    if (key.startsWith(":")) continue;
    const before = headers[key];
    headers[key] = before === undefined ? value : `${before}${key === "cookie" ? "; " : ", "}${value}`;
  }
  return headers;
}
