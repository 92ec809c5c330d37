import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from "node:http2";
import type { Socket } from "node:net";
import { codeOf } from "../../base/error-code.js";
import type { UndiciCore } from "../undici.js";
import type { Limits, Sending } from "./channel.js";
import { readBody, writeBody, type Body } from "./http2-body.js";
import { declaredLength, headerText, rawHeaders, requestHeaders, statusOf } from "./http2-headers.js";
import { clearTimeout, queueMicrotask, setTimeout } from "../../base/timers.js";

/** RFC 9113 section 7. */
const cancel = 0x8;
/** Milliseconds that a stream which was reset may take to close. */
const closingTime = 1000;

interface StreamOptions {
  readonly limits: Limits;
  /** Told where the session is gone before the request was sent. */
  readonly spent: Error;
  readonly undici: UndiciCore;
  /** Beneath the session, whose own is another. */
  readonly socket: Socket;
  /** Whether the server has said that it never looked at a stream; one that got no number was never sent. */
  readonly isUnread: (stream: number | undefined) => boolean;
}

/** Sends one request on a session, and tells its attempt all that comes back. Never throws. */
export function openStream(session: ClientHttp2Session, attempt: Sending, options: StreamOptions): void {
  let stream: ClientHttp2Stream;
  let body: Body | undefined;
  let declared: number | undefined;
  let headers: OutgoingHttpHeaders;
  try {
    if (session.closed || session.destroyed) throw options.spent;
    const { request } = attempt;
    body = readBody(request.options.body, options.undici);
    declared = declaredLength(request, body, options.undici);
    headers = requestHeaders(request, body, declared);
    stream = session.request(headers, { endStream: body === undefined });
  } catch (error) {
    // Not from within `send`: the channel has not returned yet.
    queueMicrotask(() => {
      if (error === options.spent || isGone(error)) attempt.onError(options.spent);
      else attempt.onLocalError(error as Error);
    });
    return;
  }
  new StreamExchange(stream, attempt, options).start(headers, body, declared);
}

function isGone(error: unknown): boolean {
  const code = codeOf(error);
  return (
    code === "ERR_HTTP2_INVALID_SESSION" || code === "ERR_HTTP2_GOAWAY_SESSION" || code === "ERR_HTTP2_OUT_OF_STREAMS"
  );
}

class StreamExchange {
  readonly #stream: ClientHttp2Stream;
  readonly #attempt: Sending;
  readonly #options: StreamOptions;
  #failure: Error | undefined;
  /** The failure is the caller's own. */
  #wrong = false;
  #bodySent = false;
  #begun = false;
  /** Bytes of the body that were handed to the stream, and how many of them it had passed on when that was last looked at. */
  #given = 0;
  #moved = 0;
  #settled = false;
  #trailers: Buffer[] = [];
  #waiting: NodeJS.Timeout | undefined;
  #closing: NodeJS.Timeout | undefined;

  constructor(stream: ClientHttp2Stream, attempt: Sending, options: StreamOptions) {
    this.#stream = stream;
    this.#attempt = attempt;
    this.#options = options;
  }

  start(headers: OutgoingHttpHeaders, body: Body | undefined, declared: number | undefined): void {
    const { undici, socket, limits } = this.#options;
    this.#listen();
    this.#attempt.onConnect((reason) => this.#fail(reason ?? new undici.errors.RequestAbortedError()));
    this.#attempt.onHeadersWritten(socket, () => headerText(headers));
    if (limits.headersTimeout > 0) this.#waiting = setTimeout(() => this.#overdue(), limits.headersTimeout);
    if (body === undefined) this.#sent();
    else {
      writeBody(this.#stream, body, declared, undici, {
        sent: (chunk) => {
          this.#given += chunk.length;
          this.#attempt.onBodySent(chunk);
        },
        finished: () => this.#sent(),
        failed: (error) => this.#fail(error),
        wrong: (error) => {
          this.#wrong ||= this.#failure === undefined;
          this.#fail(error);
        },
      });
    }
  }

  #sent(): void {
    this.#bodySent = true;
    this.#waiting?.refresh();
    this.#attempt.onRequestSent();
  }

  #overdue(): void {
    const { writableLength } = this.#stream;
    const before = this.#moved;
    this.#moved = this.#given - writableLength;
    // No answer is due while a long body is on its way and is being taken, or while the caller has no more of it yet.
    if (!this.#bodySent && (writableLength === 0 || this.#moved !== before)) this.#waiting?.refresh();
    else this.#fail(new this.#options.undici.errors.HeadersTimeoutError());
  }

  #listen(): void {
    const stream = this.#stream;
    stream.on("headers", (headers) => this.#guard(() => void this.#head(statusOf(headers), headers)));
    stream.once("response", (headers) => {
      clearTimeout(this.#waiting);
      this.#guard(() => this.#answer(statusOf(headers), headers));
    });
    stream.once("trailers", (headers) => (this.#trailers = rawHeaders(headers)));
    stream.once("end", () => this.#ended());
    stream.on("error", (error) => (this.#failure ??= error));
    stream.once("close", () => this.#closed());
  }

  #head(status: number, headers: Parameters<typeof rawHeaders>[0]): boolean {
    this.#attempt.onResponseStarted();
    return this.#attempt.onHeaders(status, rawHeaders(headers), () => this.#resume(), "");
  }

  #answer(status: number, headers: Parameters<typeof rawHeaders>[0]): void {
    const stream = this.#stream;
    this.#begun = true;
    const { bodyTimeout } = this.#options.limits;
    if (bodyTimeout > 0) {
      stream.setTimeout(bodyTimeout);
      // A caller that reads slowly is no stalled server.
      stream.on("timeout", () => stream.isPaused() || this.#fail(new this.#options.undici.errors.BodyTimeoutError()));
    }
    const flowing = this.#head(status, headers);
    stream.on("data", (chunk: Buffer) =>
      this.#guard(() => void (this.#attempt.onData(chunk) === false && stream.pause())),
    );
    if (flowing === false) stream.pause();
  }

  #resume(): void {
    if (this.#stream.destroyed) return;
    this.#stream.setTimeout(this.#options.limits.bodyTimeout);
    this.#stream.resume();
  }

  /** What the caller's own callback throws ends its request, as over HTTP/1.1. */
  #guard(step: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      step();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    if (this.#settled) return;
    const stream = this.#stream;
    // A stream that is destroyed has none any more.
    const { session } = stream;
    // Closed under an upload over TLS, Node (20 and 22) spins in its own code for ever; destroyed, the stream resets as
    // INTERNAL_ERROR, and is gone.
    if (stream.writableFinished) stream.close(cancel);
    else stream.destroy(error);
    // Its close waits for what has arrived already to be read.
    stream.resume();
    // Where the connection died under an upload, Node 20 may never close the stream.
    this.#closing ??= setTimeout(() => {
      session?.destroy();
      this.#closed();
    }, closingTime);
  }

  /**
   * Node ends a stream also when its session is cut: the reset code tells that it was no end by the server. And it ends one that the
   * server resets with NO_ERROR, answered or not.
   */
  #ended(): void {
    const stream = this.#stream;
    if (this.#failure !== undefined || stream.rstCode !== 0 || !this.#begun) return;
    this.#settle();
    this.#attempt.onComplete(this.#trailers);
    // The answer is complete before the request is: nobody wants the rest (RFC 9113 section 8.1). Not closed, as above.
    if (!stream.writableFinished) stream.destroy();
  }

  #closed(): void {
    if (this.#settled) return;
    this.#settle();
    // Without an error of its own: the session's end, or the peer's CANCEL, took the stream away.
    const error =
      this.#failure ??
      new this.#options.undici.errors.SocketError("the HTTP/2 stream was closed before its answer was complete");
    if (this.#options.isUnread(this.#stream.id)) this.#attempt.onUnread();
    if (this.#wrong) this.#attempt.onLocalError(error);
    else this.#attempt.onError(error);
  }

  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#waiting);
    clearTimeout(this.#closing);
    this.#stream.setTimeout(0);
  }
}
