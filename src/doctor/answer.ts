import type { IncomingMessage } from "node:http";
import { findConnectError, type ConnectError } from "../base/errors.js";
import type { Connection, ForwardedRequest } from "../dial/types.js";

/** The beginning of an HTTP answer: enough to tell who gave it and why. */
export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly httpVersion: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The first 16 KiB of the body, as UTF-8. */
  readonly text: string;
  /** What ended the connection before the body was whole; undefined also where it was not read to its end. */
  readonly cut: Cut | undefined;
  /** The proxy wants its login in another way: the same is to be asked on a new connection. */
  readonly again: boolean;
  /** Why the login that it wants cannot be had. */
  readonly refusal: ConnectError | undefined;
}

/** A body that ended too early. */
export interface Cut {
  readonly error: unknown;
  /** Octets of it that came. */
  readonly came: number;
  /** Octets that were announced; undefined where it came in chunks. */
  readonly announced: number | undefined;
}

export interface AskOptions {
  /** Milliseconds until the head of the answer must be there. */
  readonly firstByte: number;
  readonly signal: AbortSignal | undefined;
}

/** The head of an answer did not come in time. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

/** Octets of a body that are kept, and that are read to see whether it is whole. */
const enough = 16_384;
const most = 262_144;
/** Milliseconds for all of it: a stream may have no end. */
const patience = 2000;

/**
 * Sends one GET over a connection and reads the beginning of the answer; the socket is destroyed afterwards. GET and not
 * HEAD, since servers explain a missing client certificate in the body alone.
 *
 * @throws NoAnswer after `firstByte`; otherwise what the socket or the parser reported.
 */
export async function ask(connection: Connection, url: URL, options: AskOptions): Promise<Answer> {
  const { request } = await import("node:http");
  const { socket, forward } = connection;
  // The proxy of a plain http target wants the whole URL on the request line (RFC 9112 section 3.2.2).
  const path = forward === undefined ? `${url.pathname}${url.search}` : `${url.origin}${url.pathname}${url.search}`;
  const forwarded = forward?.request({ host: url.hostname, port: Number(url.port || 80) });
  const headers = {
    host: url.host,
    accept: "*/*",
    "user-agent": "sallyport-doctor",
    connection: "close",
    ...forwarded?.headers({ method: "GET", uri: path }),
  };
  try {
    return await new Promise<Answer>((resolve, reject) => {
      // No `agent` at all: with `agent: false` node:http would open a connection of its own.
      const sent = request({ createConnection: () => socket, method: "GET", path, headers, setHost: false });
      const timer = setTimeout(
        () => reject(new NoAnswer(`no answer within ${options.firstByte} ms`)),
        options.firstByte,
      );
      const abort = (): void =>
        reject(options.signal?.reason instanceof Error ? options.signal.reason : new Error("aborted"));
      options.signal?.addEventListener("abort", abort, { once: true });
      const settle = (): void => {
        clearTimeout(timer);
        options.signal?.removeEventListener("abort", abort);
      };
      sent.once("error", (error) => {
        settle();
        reject(error);
      });
      sent.once("response", (response) => {
        settle();
        const status = response.statusCode ?? 0;
        forwarded?.answered(status, response.headers["proxy-authenticate"]?.toString() ?? "");
        const login = status === 407 ? otherLogin(forwarded, options.signal) : undefined;
        readBeginning(response, options.firstByte)
          .then(async (answer) => ({ ...answer, again: false, refusal: undefined, ...(await login) }))
          .then(resolve, reject);
      });
      sent.end();
    });
  } finally {
    socket.destroy();
  }
}

async function otherLogin(
  forwarded: ForwardedRequest | undefined,
  signal: AbortSignal | undefined,
): Promise<Pick<Answer, "again" | "refusal">> {
  try {
    return { again: (await forwarded?.renewed(signal)) === true, refusal: undefined };
  } catch (error) {
    return { again: false, refusal: findConnectError(error) };
  }
}

/** A body that breaks off has still said something: what came is judged, and how it ended is told. */
async function readBeginning(response: IncomingMessage, firstByte: number): Promise<Omit<Answer, "again" | "refusal">> {
  const chunks: Buffer[] = [];
  let came = 0;
  let overdue = false;
  let cut: Cut | undefined;
  const timer = setTimeout(
    () => {
      overdue = true;
      response.destroy();
    },
    Math.min(firstByte, patience),
  );
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (came < enough) chunks.push(chunk);
      came += chunk.length;
      if (came >= most) break;
    }
  } catch (error) {
    const length = response.headers["content-length"];
    if (!overdue) cut = { error, came, announced: length === undefined ? undefined : Number(length) };
  } finally {
    clearTimeout(timer);
  }
  return {
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? "",
    httpVersion: response.httpVersion,
    headers: response.headers,
    text: Buffer.concat(chunks).subarray(0, enough).toString("utf8"),
    cut,
  };
}
