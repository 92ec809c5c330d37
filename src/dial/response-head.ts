/** The head of an HTTP/1 response, as a proxy gives it to a CONNECT. */
export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  /** Lower-case names; values of a repeated field joined by ", ". */
  readonly headers: ReadonlyMap<string, string>;
  /** Bytes that came after the head. */
  readonly rest: Buffer;
}

/** What Node allows a request's head by default, four times over: proxies may set fat cookies. */
export const headLimit = 64 * 1024;

/** Parses the head once it is complete. `incomplete`: read on. `invalid`: this is not HTTP. */
export function parseResponseHead(bytes: Buffer): ResponseHead | "incomplete" | "invalid" {
  if (!couldBeHttp(bytes)) return "invalid";
  const end = bytes.indexOf("\r\n\r\n");
  // Bare LF ends a line for a lenient reader (RFC 9112 section 2.2), and some old proxies write it.
  const bare = bytes.indexOf("\n\n");
  const [headEnd, restStart] = end !== -1 && (bare === -1 || end < bare) ? [end, end + 4] : [bare, bare + 2];
  if (headEnd === -1) return bytes.length > headLimit ? "invalid" : "incomplete";
  const [statusLine = "", ...fields] = bytes.toString("latin1", 0, headEnd).split(/\r?\n/);
  const status = /^HTTP\/1\.\d (\d{3})(?: (.*))?$/.exec(statusLine);
  if (status === null) return "invalid";
  return {
    status: Number(status[1]),
    reason: status[2] ?? "",
    headers: parseFields(fields),
    rest: bytes.subarray(restStart),
  };
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
