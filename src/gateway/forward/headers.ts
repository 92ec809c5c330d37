import type { OutgoingMessage } from "node:http";
import { counts, forwardsLeft } from "./max-forwards.js";

/** Header fields as node:http gives and takes them: name, value, name, value, … */
export type RawHeaders = readonly string[];

/**
 * Fields between two neighbours (RFC 9110 section 7.6.1), which an intermediary does not pass on. `Trailer` is not among them:
 * trailers are passed on, and it announces them.
 */
const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/** What `Connection` must not name: it is not up to the client whether these arrive (RFC 9110 section 7.6.1 speaks of misuse). */
const endToEnd: ReadonlySet<string> = new Set(["host", "content-length", "via", "cache-control"]);

interface Outgoing {
  /** Of the target, as a Host field says it. */
  readonly host: string;
  readonly method: string;
  /** Added to `Via`; undefined for a target that is not told. */
  readonly via: string | undefined;
  /** The protocol to change to, where that is asked for. */
  readonly upgrade: string | undefined;
}

/** The fields of a request for the upstream: those of the client in their order and spelling, without what was meant for us. */
export function requestHeaders(raw: RawHeaders, { host, method, via, upgrade }: Outgoing): string[] {
  const headers = ["Host", host, ...counted(method, withoutOurCookie(passedOn(raw, (name) => name === "host")))];
  const connection: string[] = [];
  if (hasToken(raw, "te", "trailers")) {
    headers.push("TE", "trailers");
    connection.push("TE");
  }
  if (upgrade !== undefined) {
    headers.push("Upgrade", upgrade);
    connection.push("Upgrade");
  }
  if (connection.length > 0) headers.push("Connection", connection.join(", "));
  if (via !== undefined) headers.push("Via", via);
  if (isChunked(raw)) headers.push("Transfer-Encoding", "chunked");
  // A request without a length has no content (RFC 9112 section 6.3); Node would announce some for these methods.
  else if (!has(raw, "content-length") && !bodiless.has(method)) headers.push("Content-Length", "0");
  return headers;
}

/** RFC 9110 section 7.6.2. */
function counted(method: string, headers: string[]): string[] {
  if (!counts(method)) return headers;
  return headers.map((value, index) =>
    index % 2 === 1 && isName(headers[index - 1], "max-forwards") ? forwardsLeft(value) : value,
  );
}

/** A browser sends the cookies of 127.0.0.1 to each of its ports: that of the status page is for nobody else. */
function withoutOurCookie(headers: readonly string[]): string[] {
  if (!headers.some((text, index) => index % 2 === 0 && isName(text, "cookie"))) return [...headers];
  return fields(headers).flatMap(([name, value]) => {
    if (!isName(name, "cookie")) return [name, value];
    const kept = value.replace(ourCookies, "");
    return kept === value ? [name, value] : trimmed(name, kept.replace(/^[\s;,]+|[\s;,]+$/g, ""));
  });
}

/** With any white space before it, and behind a comma as well: who reads the field may take either. */
const ourCookies = /(?<=^|[;,])\s*sallyport-status[^;,]*(?:[;,]|$)/gi;

const trimmed = (name: string, value: string): string[] => (value === "" ? [] : [name, value]);

/** Methods for which Node announces no content by itself. */
const bodiless: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"]);

/** The fields of an answer for the client. `relocate` may give another value for Location. */
export function answerHeaders(raw: RawHeaders, relocate?: (location: string) => string): string[] {
  const headers = passedOn(raw);
  if (relocate === undefined) return headers;
  return headers.map((value, index) =>
    index % 2 === 1 && isName(headers[index - 1], "location") ? relocate(value) : value,
  );
}

/** Pairs of name and value, without what is between neighbours. */
export function fieldPairs(raw: RawHeaders): [string, string][] {
  return fields(passedOn(raw));
}

function fields(headers: readonly string[]): [string, string][] {
  return headers.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name, headers[index + 1] ?? ""]] : [],
  );
}

export function addTrailers(message: OutgoingMessage, raw: RawHeaders): void {
  if (raw.length === 0) return;
  try {
    message.addTrailers(fieldPairs(raw));
  } catch {
    // One that HTTP does not allow. Trailers may be dropped by anyone on the way (RFC 9110 section 6.5.1).
  }
}

export function has(raw: RawHeaders, name: string): boolean {
  return raw.some((text, index) => index % 2 === 0 && isName(text, name));
}

/** Whether a list-valued field holds a token; parameters of it do not count. */
export function hasToken(raw: RawHeaders, name: string, token: string): boolean {
  return tokensOf(raw, name).includes(token);
}

/** Whether a body comes with these fields. */
export function announcesBody(raw: RawHeaders): boolean {
  return (
    isChunked(raw) ||
    raw.some((text, index) => index % 2 === 0 && isName(text, "content-length") && Number(raw[index + 1]) !== 0)
  );
}

function isChunked(raw: RawHeaders): boolean {
  return has(raw, "transfer-encoding");
}

function passedOn(raw: RawHeaders, drop: (name: string) => boolean = () => false): string[] {
  const named = tokensOf(raw, "connection");
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? "").toLowerCase();
    if (hopByHop.has(name) || drop(name) || (named.includes(name) && !endToEnd.has(name))) continue;
    kept.push(raw[index] ?? "", raw[index + 1] ?? "");
  }
  return kept;
}

function tokensOf(raw: RawHeaders, name: string): string[] {
  return raw
    .filter((_value, index) => index % 2 === 1 && isName(raw[index - 1], name))
    .flatMap((value) => value.split(","))
    .map((token) => token.replace(/;.*$/s, "").trim().toLowerCase())
    .filter((token) => token !== "");
}

function isName(text: string | undefined, name: string): boolean {
  return text?.length === name.length && text.toLowerCase() === name;
}
