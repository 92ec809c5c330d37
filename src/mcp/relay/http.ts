import type { Dispatcher } from "undici";

export type HeaderFields = Record<string, string>;

/** One request. */
export interface HttpRequest {
  readonly method: "POST" | "GET" | "DELETE";
  readonly url: URL;
  readonly headers: HeaderFields;
  readonly body?: string;
  /** May be sent a second time where a connection turned out to be dead. */
  readonly repeatable?: boolean;
  /** Milliseconds to wait for the head of the answer; 0: no bound. Default: the policy's. */
  readonly headersTimeout?: number;
}

export interface AnswerHead {
  readonly status: number;
  /** Names in lower case. Of one that came more than once, all values, with commas between. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Who reads the answer. `end` or `fail` comes last, and once. */
export interface AnswerReader {
  head(head: AnswerHead): void;
  data(chunk: Buffer): void;
  end(): void;
  fail(error: Error): void;
  /** The whole request is on its way. */
  sent?(): void;
}

/** A request under way. */
export interface Running {
  /** Reads no more of the answer for a while. */
  pause(): void;
  resume(): void;
  /** Gives it up: nothing is told any more. */
  cancel(): void;
}

/** Sends a request through a dispatcher of ours, with none of fetch in between: its streams alone cost more than all else here. */
export function send(dispatcher: Dispatcher, request: HttpRequest, reader: AnswerReader): Running {
  let controller: Dispatcher.DispatchController | undefined;
  let over = false;
  let paused = false;
  const end = (tell: () => void): void => {
    if (over) return;
    over = true;
    tell();
  };
  dispatcher.dispatch(optionsOf(request), {
    onRequestStart(given) {
      controller = given;
      if (over) given.abort(new Error("given up"));
    },
    onResponseStart(given, status, fields) {
      controller = given;
      if (over || status < 200) return;
      reader.head({ status, headers: joined(fields) });
      if (paused) given.pause();
    },
    onResponseData(given, chunk) {
      if (over) return;
      controller = given;
      try {
        reader.data(chunk);
      } catch (error) {
        // It wants no more of it: what comes is not to be read to its end, which it may not have.
        end(() => reader.fail(error as Error));
        given.abort(error as Error);
      }
    },
    onResponseEnd: () => end(() => reader.end()),
    onResponseError: (_given, error) => end(() => reader.fail(error)),
    onRequestSent: () => {
      if (!over) reader.sent?.();
    },
  } as Dispatcher.DispatchHandler);
  return {
    pause() {
      paused = true;
      controller?.pause();
    },
    resume() {
      paused = false;
      controller?.resume();
    },
    cancel() {
      if (over) return;
      over = true;
      controller?.abort(new Error("given up"));
    },
  };
}

function optionsOf({
  method,
  url,
  headers,
  body,
  repeatable,
  headersTimeout,
}: HttpRequest): Dispatcher.DispatchOptions {
  return {
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method,
    headers,
    // An event stream may be silent for as long as its server likes.
    bodyTimeout: 0,
    ...(body !== undefined && { body }),
    ...(repeatable !== undefined && { idempotent: repeatable }),
    ...(headersTimeout !== undefined && { headersTimeout }),
  };
}

function joined(fields: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) headers[name] = typeof value === "string" ? value : value.join(", ");
  }
  return headers;
}

/** `text/html` of `Text/HTML; charset=utf-8`. */
export function mediaType({ headers }: AnswerHead): string {
  return (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}
