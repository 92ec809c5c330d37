import { validateHeaderName, validateHeaderValue } from "node:http";
import type { IncomingHttpHeaders, IncomingHttpStatusHeader, OutgoingHttpHeaders } from "node:http2";
import type { UndiciCore } from "../undici.js";
import type { Body } from "./http2-body.js";
import type { Request } from "./request.js";

/** Headers that belong to one connection have no place in HTTP/2 (RFC 9113 section 8.2.2); `host` becomes `:authority`. */
const leftOut = new Set([
  "connection",
  "proxy-connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
  "host",
  "http2-settings",
  // Said again, from what the body really holds.
  "content-length",
]);

/** A method that says that content follows says so also when it is empty (RFC 9110 section 8.6). */
const expectsBody = new Set(["POST", "PUT", "PATCH"]);

/** RFC 9110 section 5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~\w]+$/;

/**
 * The Content-Length that the caller declares, if any. Throws undici's errors of HTTP/1.1 for a method that is none, and for a
 * length that is none or not the body's: sent nevertheless, they would come back as the server's complaint.
 */
export function declaredLength(request: Request, body: Body | undefined, undici: UndiciCore): number | undefined {
  const { InvalidArgumentError, RequestContentLengthMismatchError } = undici.errors;
  if (!token.test(request.method)) throw new InvalidArgumentError("invalid request method");
  const at = request.headers.findIndex((name, index) => index % 2 === 0 && /^content-length$/i.test(String(name)));
  if (at === -1 || body === undefined) return undefined;
  const text = String(request.headers[at + 1]);
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("invalid content-length header");
  const length = Number(text);
  if (body.length !== undefined && body.length !== length) throw new RequestContentLengthMismatchError();
  return length;
}

/** `declared`: the length that the caller declares. Throws Node's ERR_INVALID_CHAR and the like: http2 itself sends whatever it is given. */
export function requestHeaders(
  request: Request,
  body: Body | undefined,
  declared: number | undefined,
): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {
    ":method": request.method,
    ":scheme": request.target.protocol.slice(0, -1),
    ":path": request.path,
    ":authority": request.authority,
  };
  for (let at = 0; at < request.headers.length; at += 2) {
    const name = String(request.headers[at]);
    const value = request.headers[at + 1] ?? "";
    validateHeaderName(name);
    const lower = name.toLowerCase();
    for (const part of typeof value === "string" ? [value] : value) {
      validateHeaderValue(name, part);
      if (lower === "host") headers[":authority"] = part;
      if (leftOut.has(lower) || (lower === "te" && part !== "trailers")) continue;
      append(headers, lower, part);
    }
  }
  if (body?.type !== undefined) headers["content-type"] ??= body.type;
  const length = body === undefined ? (expectsBody.has(request.method) ? 0 : undefined) : (body.length ?? declared);
  if (length !== undefined) headers["content-length"] = String(length);
  return headers;
}

/** As undici publishes them. */
export function headerText(headers: OutgoingHttpHeaders): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${String(value)}\r\n`)
    .join("");
}

function append(headers: OutgoingHttpHeaders, name: string, value: string): void {
  const present = headers[name];
  if (present === undefined) headers[name] = value;
  // Cookies may be split, all else is one field: Node refuses a list for those that it knows as single (RFC 9110 section 5.3).
  else if (name === "cookie") headers[name] = `${String(present)}; ${value}`;
  else headers[name] = `${String(present)}, ${value}`;
}

export function statusOf(headers: IncomingHttpStatusHeader): number {
  return headers[":status"] ?? 0;
}

/** In the form that undici's handlers take: name, value, name, value… as bytes. */
export function rawHeaders(headers: IncomingHttpHeaders): Buffer[] {
  const raw: Buffer[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(":") || value === undefined) continue;
    for (const part of Array.isArray(value) ? value : [value])
      raw.push(Buffer.from(name, "latin1"), Buffer.from(part, "latin1"));
  }
  return raw;
}
