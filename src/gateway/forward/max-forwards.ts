import { STATUS_CODES, type IncomingMessage } from "node:http";
import type { Answer } from "../server/answers.js";

/** What a TRACE is for, and nothing that may hold a credential: which fields do is the origin's to know. */
const shownByTrace: ReadonlySet<string> = new Set(["host", "via", "max-forwards", "user-agent", "accept"]);

/** The methods for which an intermediary counts (RFC 9110 section 7.6.2). */
export const counts = (method: string | undefined): boolean => method === "TRACE" || method === "OPTIONS";

/** What an intermediary answers that a request must not go beyond; undefined where it goes on. */
export function lastStop({ method, url, httpVersion, headers, rawHeaders }: IncomingMessage): Answer | undefined {
  if (!counts(method) || headers["max-forwards"] === undefined || Number(headers["max-forwards"]) !== 0)
    return undefined;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (shownByTrace.has(name.toLowerCase())) lines.push(`${name}: ${rawHeaders[index + 1]}`);
  }
  const body = method === "TRACE" ? `${lines.join("\r\n")}\r\n\r\n` : "";
  return {
    status: 200,
    reason: STATUS_CODES[200] ?? "OK",
    headers: {
      ...(method === "TRACE" && { "content-type": "message/http" }),
      "content-length": String(Buffer.byteLength(body)),
      "cache-control": "no-store",
    },
    body,
  };
}

/** The field for the next one on the way: less by one, and no more than anyone has use for. */
export function forwardsLeft(value: string): string {
  return String(Math.min(Number(value), 1_000_000) - 1);
}
