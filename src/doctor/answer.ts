import type { IncomingMessage } from "node:http";
import type { Connection } from "../dial/types.js";

/** The beginning of an HTTP answer: enough to tell who gave it and why. */
export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly httpVersion: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The first 16 KiB of the body, as UTF-8. */
  readonly text: string;
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

const enough = 16_384;

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
  const headers = {
    host: url.host,
    accept: "*/*",
    "user-agent": "sallyport-doctor",
    connection: "close",
    ...forward?.headers,
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
      const forwarded = forward?.request({ host: url.hostname, port: Number(url.port || 80) });
      sent.once("response", (response) => {
        settle();
        forwarded?.answered(response.statusCode ?? 0, response.headers["proxy-authenticate"]?.toString() ?? "");
        readBeginning(response, options.firstByte).then(resolve, reject);
      });
      sent.end();
    });
  } finally {
    socket.destroy();
  }
}

/** A body that stalls or breaks off has still said something: what came is judged. */
async function readBeginning(response: IncomingMessage, patience: number): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  const timer = setTimeout(() => response.destroy(), Math.min(patience, 2000));
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= enough) break;
    }
  } catch {
    // The head is there, which is what was asked for.
  } finally {
    clearTimeout(timer);
  }
  return {
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? "",
    httpVersion: response.httpVersion,
    headers: response.headers,
    text: Buffer.concat(chunks).subarray(0, enough).toString("utf8"),
  };
}
