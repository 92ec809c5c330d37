import type { OutgoingMessage } from "node:http";

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

/** Methods for which Node announces no content by itself. */
const bodiless: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"]);

export interface RequestFieldsOptions {
  readonly method: string;
  /** Whether the change to another protocol that the client asks for is asked for in turn. */
  readonly upgrade: boolean;
}

/**
 * The fields of a request for the upstream: those of the client in their order and spelling, without what was meant for its neighbour.
 * Of that, its neighbour says in turn what it supports itself: trailers, chunks, and a change of protocol where that is meant.
 */
export function requestFields(raw: RawHeaders, { method, upgrade }: RequestFieldsOptions): string[] {
  const offered = [...(hasToken(raw, "te", "trailers") ? ["TE"] : []), ...(upgrade ? ["Upgrade"] : [])];
  const unsaid = new Set(offered);
  const chunked = isChunked(raw);
  const replaced = new Map<string, (value: string) => string>([
    ["connection", (value) => saidAgain(value, unsaid)],
    ["te", () => (offered.includes("TE") ? "trailers" : "")],
    ["upgrade", (value) => (upgrade ? value : "")],
    ["transfer-encoding", (value) => value],
    // Node refuses to announce trailers where there are no chunks for them to follow.
    ...(chunked ? [] : [["trailer", () => ""] as const]),
  ]);
  const headers = passedOn(raw, replaced);
  if (unsaid.size > 0) headers.push("Connection", [...unsaid].join(", "));
  // A request without a length has no content (RFC 9112 section 6.3); Node would announce some for these methods.
  if (!chunked && !has(raw, "content-length") && !bodiless.has(method)) headers.push("Content-Length", "0");
  return headers;
}

/** The tokens of a Connection field that hold for the next neighbour too, each once. */
function saidAgain(value: string, unsaid: Set<string>): string {
  const kept = value.split(",").flatMap((token) => {
    const known = [...unsaid].find((name) => isName(token.trim(), name.toLowerCase()));
    return known !== undefined && unsaid.delete(known) ? [token.trim()] : [];
  });
  return kept.join(", ");
}

/** The fields of an answer for the client. */
export function answerFields(raw: RawHeaders): string[] {
  return passedOn(raw);
}

/** The fields without one of them. */
export function without(headers: RawHeaders, name: string): string[] {
  return fieldPairs(headers).flatMap((pair) => (isName(pair[0], name) ? [] : pair));
}

/** The fields with another value for each of a name; undefined leaves it out. */
export function revalued(headers: RawHeaders, name: string, value: (given: string) => string | undefined): string[] {
  return fieldPairs(headers).flatMap(([each, given]) => {
    const other = isName(each, name) ? value(given) : given;
    return other === undefined ? [] : [each, other];
  });
}

/** Pairs of name and value. */
export function fieldPairs(headers: RawHeaders): [name: string, value: string][] {
  return Array.from({ length: headers.length >> 1 }, (_, at) => [headers[2 * at] ?? "", headers[2 * at + 1] ?? ""]);
}

export function addTrailers(message: OutgoingMessage, raw: RawHeaders): void {
  if (raw.length === 0) return;
  try {
    message.addTrailers(fieldPairs(passedOn(raw)));
  } catch {
    // One that HTTP does not allow. Trailers may be dropped by anyone on the way (RFC 9110 section 6.5.1).
  }
}

export function has(raw: RawHeaders, name: string): boolean {
  return raw.some((text, index) => index % 2 === 0 && isName(text, name));
}

/** Whether a list-valued field holds a token; parameters of it do not count. */
function hasToken(raw: RawHeaders, name: string, token: string): boolean {
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

/** @param replaced fields that get another value in their place; those whose value is empty then are left out */
function passedOn(raw: RawHeaders, replaced?: ReadonlyMap<string, (value: string) => string>): string[] {
  const named = tokensOf(raw, "connection");
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [name = "", value = ""] = [raw[index], raw[index + 1]];
    const key = name.toLowerCase();
    const replace = replaced?.get(key);
    if (replace !== undefined) {
      const other = replace(value);
      if (other !== "") kept.push(name, other);
    } else if (!hopByHop.has(key) && (!named.includes(key) || endToEnd.has(key))) kept.push(name, value);
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
