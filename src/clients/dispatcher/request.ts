import { stringify, type ParsedUrlQueryInput } from "node:querystring";
import { isIP } from "node:net";
import type { Dispatcher } from "undici";
import { formatAuthority, hostPortOf } from "../../base/hostname.js";
import type { HttpTarget } from "../../dial/types.js";
import { loginInRequest } from "../faults-request.js";

/** What is to be asked, in one spelling, whatever form the caller gave it. */
export interface Request {
  readonly options: Dispatcher.DispatchOptions;
  /** `https://host` or `http://host:port`: the port only where it is not the scheme's own. */
  readonly origin: string;
  /** What a Host header says: the origin without its scheme. */
  readonly authority: string;
  readonly target: HttpTarget;
  readonly method: string;
  /** With the query, if there was one. */
  readonly path: string;
  /** Name, value, name, value…: no Proxy-Authorization, and always a Host. */
  readonly headers: readonly HeaderValue[];
  /** Must go over HTTP/1.1, on a connection of its own: CONNECT, and upgrades (RFC 9113 section 8.6 has none). */
  readonly upgrade: boolean;
}

export type HeaderValue = string | readonly string[];

type Place = Pick<Request, "origin" | "authority" | "target">;

/** One object for each origin, by which what is known of it is found again fast. */
const origins = new Map<string, Place>();
const rememberedOrigins = 256;

/** Throws a ConnectError for what would break a rule of ours, and undici's InvalidArgumentError-like TypeError for what is not a request. */
export function readRequest(options: Dispatcher.DispatchOptions): Request {
  const { origin, authority, target } = parseOrigin(options.origin);
  const headers: HeaderValue[] = [];
  const host = readHeaders(options.headers, headers);
  if (host === undefined) headers.push("host", authority);
  const { method, upgrade = null } = options;
  const servername = serverName(options, host);
  return {
    origin,
    authority,
    options,
    target: servername === undefined ? target : { ...target, servername },
    method,
    path: withQuery(options),
    headers,
    upgrade: method === "CONNECT" || (upgrade !== null && upgrade !== false),
  };
}

function parseOrigin(given: string | URL | undefined): Place {
  const text = String(given ?? "");
  const known = origins.get(text);
  if (known !== undefined) return known;
  const url = new URL(text);
  const { protocol } = url;
  if (protocol !== "http:" && protocol !== "https:")
    throw new TypeError(`the protocol of an origin must be http: or https:, not ${protocol}`);
  const target = { protocol, ...hostPortOf(url) } as const;
  const authority = formatAuthority(target, protocol);
  const place = { origin: `${protocol}//${authority}`, authority, target };
  if (origins.size >= rememberedOrigins) origins.clear();
  origins.set(text, place);
  return place;
}

function withQuery({ path, query }: Dispatcher.DispatchOptions): string {
  if (query === undefined || query === null) return path;
  if (path.includes("?") || path.includes("#"))
    throw new TypeError("a path that has a query of its own cannot be given another");
  const text = stringify(query as ParsedUrlQueryInput);
  return text === "" ? path : `${path}?${text}`;
}

/** Adds them to `headers`, and gives the Host among them. */
function readHeaders(given: Dispatcher.DispatchOptions["headers"], headers: HeaderValue[]): string | undefined {
  if (given === undefined || given === null) return undefined;
  let host: string | undefined;
  for (const [name, value] of entries(given)) {
    if (value === undefined) continue;
    const lower = name.toLowerCase();
    if (lower === "proxy-authorization") throw loginInRequest();
    const text = Array.isArray(value) ? value.map(headerText) : headerText(value);
    if (lower === "host" && typeof text === "string") host = text;
    headers.push(name, text);
  }
  return host;
}

/** What undici takes for a header's value at run time: more than its types say. */
type HeaderInput = string | number | boolean | null;

function entries(
  given: NonNullable<Dispatcher.DispatchOptions["headers"]>,
): Iterable<readonly [string, HeaderInput | HeaderInput[] | undefined]> {
  if (Array.isArray(given)) {
    const items: readonly unknown[] = given;
    return Array.isArray(items[0]) ? (items as [string, HeaderInput][]) : pairs(given);
  }
  return Symbol.iterator in given ? (given as Iterable<[string, HeaderInput]>) : Object.entries(given);
}

function pairs(list: readonly string[]): [string, HeaderInput][] {
  if (list.length % 2 === 1) throw new TypeError("a list of headers must hold a value for each name");
  return Array.from({ length: list.length / 2 }, (_, at) => [String(list[2 * at]), list[2 * at + 1] ?? null]);
}

function headerText(value: HeaderInput): string {
  // undici refuses these as well; "[object Object]" helps nobody.
  if (typeof value === "object" && value !== null)
    throw new TypeError("a header's value must be a string or a list of strings");
  return value === null ? "" : String(value);
}

/**
 * The name for SNI and the certificate: the `servername` option, else what the Host header says, as in undici and node:https.
 * Undefined: the target's own.
 */
function serverName(options: Dispatcher.DispatchOptions, host: string | undefined): string | undefined {
  if ("servername" in options && typeof options.servername === "string" && options.servername !== "")
    return options.servername;
  if (host === undefined) return undefined;
  const name = host.replace(/:\d*$/, "");
  return name === "" || name.startsWith("[") || isIP(name) !== 0 ? undefined : name;
}

/** RFC 9110 section 9.2.2. */
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/** Whether sending it a second time does no harm and is possible: an idempotent method, and no body that is read only once. */
export function isRepeatable({ method, options: { body, idempotent: claimed } }: Request): boolean {
  if (claimed === false || !(idempotent.has(method) || claimed === true)) return false;
  return (
    body === undefined ||
    body === null ||
    typeof body === "string" ||
    ArrayBuffer.isView(body) ||
    (body as unknown) instanceof ArrayBuffer
  );
}
