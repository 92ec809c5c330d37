import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { codeOf } from "../faults.js";
import type { Undici } from "../undici.js";
import type { Limits } from "./channel.js";
import type { Attempt } from "./exchange.js";
import { readBody, writeBody, type Body } from "./http2-body.js";
import { rawHeaders, requestHeaders, statusOf } from "./http2-headers.js";

/** RFC 9113 section 7. */
const cancel = 0x8;

interface StreamOptions {
  readonly limits: Limits;
  /** Told where the session is gone before the request was sent. */
  readonly spent: Error;
  readonly undici: Undici;
}

/** Sends one request on a session, and tells its attempt all that comes back. Never throws. */
export function openStream(session: ClientHttp2Session, attempt: Attempt, options: StreamOptions): void {
  let stream: ClientHttp2Stream;
  let body: Body | undefined;
  try {
    if (session.closed || session.destroyed) throw options.spent;
    const { request } = attempt;
    body = readBody(request.options.body, options.undici);
    stream = session.request(requestHeaders(request, body), { endStream: body === undefined });
  } catch (error) {
    // Not from within `send`: the channel has not returned yet.
    queueMicrotask(() => attempt.onError(isGone(error) ? options.spent : (error as Error)));
    return;
  }
  new StreamExchange(stream, attempt, options).start(body);
}

function isGone(error: unknown): boolean {
  const code = codeOf(error);
  return (
    code === "ERR_HTTP2_INVALID_SESSION" || code === "ERR_HTTP2_GOAWAY_SESSION" || code === "ERR_HTTP2_OUT_OF_STREAMS"
  );
}

class StreamExchange {
  readonly #stream: ClientHttp2Stream;
  readonly #attempt: Attempt;
  readonly #limits: Limits;
  readonly #undici: Undici;
  #failure: Error | undefined;
  #bodySent = false;
  #settled = false;
  #trailers: Buffer[] = [];
  #waiting: NodeJS.Timeout | undefined;

  constructor(stream: ClientHttp2Stream, attempt: Attempt, { limits, undici }: StreamOptions) {
    this.#stream = stream;
    this.#attempt = attempt;
    this.#limits = limits;
    this.#undici = undici;
  }

  start(body: Body | undefined): void {
    const { errors } = this.#undici;
    this.#listen();
    this.#attempt.onConnect((reason) => this.#fail(reason ?? new errors.RequestAbortedError()));
    const { headersTimeout } = this.#limits;
    if (headersTimeout > 0) this.#waiting = setTimeout(() => this.#overdue(), headersTimeout);
    if (body === undefined) this.#sent();
    else {
      writeBody(this.#stream, body, {
        sent: (chunk) => this.#attempt.onBodySent(chunk),
        finished: () => this.#sent(),
        failed: (error) => this.#fail(error),
      });
    }
  }

  #sent(): void {
    this.#bodySent = true;
    this.#waiting?.refresh();
    this.#attempt.onRequestSent();
  }

  #overdue(): void {
    // While a long body is on its way, and is being read, no answer is due yet.
    if (!this.#bodySent && !this.#stream.writableNeedDrain) this.#waiting?.refresh();
    else this.#fail(new this.#undici.errors.HeadersTimeoutError());
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
    const { bodyTimeout } = this.#limits;
    if (bodyTimeout > 0) {
      stream.setTimeout(bodyTimeout);
      // A caller that reads slowly is no stalled server.
      stream.on("timeout", () => stream.isPaused() || this.#fail(new this.#undici.errors.BodyTimeoutError()));
    }
    const flowing = this.#head(status, headers);
    stream.on("data", (chunk: Buffer) =>
      this.#guard(() => void (this.#attempt.onData(chunk) === false && stream.pause())),
    );
    if (flowing === false) stream.pause();
  }

  #resume(): void {
    if (this.#stream.destroyed) return;
    this.#stream.setTimeout(this.#limits.bodyTimeout);
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
    this.#stream.close(cancel);
    // Its close waits for what has arrived already to be read.
    this.#stream.resume();
  }

  /** Node ends a stream also when its session is cut: the reset code tells that it was no end by the server. */
  #ended(): void {
    const stream = this.#stream;
    if (this.#failure !== undefined || stream.rstCode !== 0) return;
    this.#settle();
    this.#attempt.onComplete(this.#trailers);
    // The answer is complete before the request is: nobody wants the rest (RFC 9113 section 8.1).
    if (!stream.writableFinished) stream.close();
  }

  #closed(): void {
    if (this.#settled) return;
    this.#settle();
    // Without an error of its own: the session's end, or the peer's CANCEL, took the stream away.
    this.#attempt.onError(
      this.#failure ??
        new this.#undici.errors.SocketError("the HTTP/2 stream was closed before its answer was complete"),
    );
  }

  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#waiting);
    this.#stream.setTimeout(0);
  }
}
