import { stringify, type ParsedUrlQueryInput } from "node:querystring";
import { isIP } from "node:net";
import type { Dispatcher } from "undici";
import { ConnectError } from "../../base/errors.js";
import { formatHostPort } from "../../base/hostname.js";
import type { Target } from "../../dial/types.js";

/** What is to be asked, in one spelling, whatever form the caller gave it. */
export interface Request {
  readonly options: Dispatcher.DispatchOptions;
  /** `https://host` or `http://host:port`: the port only where it is not the scheme's own. */
  readonly origin: string;
  /** What a Host header says: the origin without its scheme. */
  readonly authority: string;
  readonly target: Target;
  readonly method: string;
  /** With the query, if there was one. */
  readonly path: string;
  /** Name, value, name, value…: no Proxy-Authorization, and always a Host. */
  readonly headers: readonly (readonly [string, HeaderValue])[];
  /** Must go over HTTP/1.1, on a connection of its own: CONNECT, and upgrades (RFC 9113 section 8.6 has none). */
  readonly upgrade: boolean;
}

export type HeaderValue = string | readonly string[];

const origins = new Map<string, Pick<Request, "origin" | "authority"> & { readonly target: Target }>();
const rememberedOrigins = 256;

/** Throws a ConnectError for what would break a rule of ours, and undici's InvalidArgumentError-like TypeError for what is no request. */
export function readRequest(options: Dispatcher.DispatchOptions): Request {
  const place = parseOrigin(options.origin);
  const { headers, host } = readHeaders(options.headers, place.authority);
  const { method } = options;
  const servername = serverName(options, host);
  return {
    ...place,
    options,
    target: servername === undefined ? place.target : { ...place.target, servername },
    method,
    path: withQuery(options),
    headers,
    upgrade: method === "CONNECT" || (options.upgrade !== undefined && options.upgrade !== null && options.upgrade !== false),
  };
}

function parseOrigin(given: string | URL | undefined): Pick<Request, "origin" | "authority"> & { readonly target: Target } {
  const text = String(given ?? "");
  const known = origins.get(text);
  if (known !== undefined) return known;
  const url = new URL(text);
  const { protocol, hostname, host } = url;
  if (protocol !== "http:" && protocol !== "https:") throw new TypeError(`the protocol of an origin must be http: or https:, not ${protocol}`);
  const port = url.port === "" ? (protocol === "https:" ? 443 : 80) : Number(url.port);
  const place = { origin: url.origin, authority: host, target: { protocol, host: hostname, port } } as const;
  if (origins.size >= rememberedOrigins) origins.clear();
  origins.set(text, place);
  return place;
}

function withQuery({ path, query }: Dispatcher.DispatchOptions): string {
  if (query === undefined || query === null) return path;
  if (path.includes("?") || path.includes("#")) throw new TypeError("a path that has a query of its own cannot be given another");
  const text = stringify(query as ParsedUrlQueryInput);
  return text === "" ? path : `${path}?${text}`;
}

function readHeaders(given: Dispatcher.DispatchOptions["headers"], authority: string): { headers: [string, HeaderValue][]; host: string | undefined } {
  const headers: [string, HeaderValue][] = [];
  let host: string | undefined;
  for (const [name, value] of entries(given)) {
    if (value === undefined) continue;
    const lower = name.toLowerCase();
    if (lower === "proxy-authorization") throw loginInRequest();
    const text = Array.isArray(value) ? value.map(headerText) : headerText(value);
    if (lower === "host" && typeof text === "string") host = text;
    headers.push([name, text]);
  }
  if (host === undefined) headers.push(["host", authority]);
  return { headers, host };
}

function* entries(given: Dispatcher.DispatchOptions["headers"]): Iterable<readonly [string, unknown]> {
  if (given === undefined || given === null) return;
  if (Array.isArray(given)) {
    if (given.every((item) => Array.isArray(item))) yield* given as unknown as [string, unknown][];
    else for (let at = 0; at + 1 < given.length; at += 2) yield [String(given[at]), given[at + 1]];
  } else if (Symbol.iterator in given) {
    yield* given as Iterable<[string, unknown]>;
  } else {
    yield* Object.entries(given);
  }
}

function headerText(value: unknown): string {
  return value === null ? "" : String(value as string | number | boolean);
}

/**
 * The name for SNI and the certificate: the `servername` option, else what the Host header says, as in undici and node:https.
 * Undefined: the target's own.
 */
function serverName(options: Dispatcher.DispatchOptions, host: string | undefined): string | undefined {
  if ("servername" in options && typeof options.servername === "string" && options.servername !== "") return options.servername;
  if (host === undefined) return undefined;
  const name = host.replace(/:\d*$/, "");
  return name === "" || name.startsWith("[") || isIP(name) !== 0 ? undefined : name;
}

/** A login in a request's own headers would reach the server through a tunnel. It belongs to the proxy's setting. */
export function loginInRequest(): ConnectError {
  return new ConnectError("CONFIG_INVALID", {
    hop: "local",
    message: "a request must not carry Proxy-Authorization: inside a tunnel it would show the proxy's login to the server",
    remedy: "take the header out, and put the login into the proxy's URL (http://user:password@proxy:port) or the config file",
  });
}

/** RFC 9110 section 9.2.2. */
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/** Whether sending it a second time does no harm and is possible: an idempotent method, and no body that is read only once. */
export function isRepeatable({ method, options: { body, idempotent: claimed } }: Request): boolean {
  if (claimed === false || !(idempotent.has(method) || claimed === true)) return false;
  return body === undefined || body === null || typeof body === "string" || ArrayBuffer.isView(body) || (body as unknown) instanceof ArrayBuffer;
}

/** `https://host:port/path`, for requests in absolute form (RFC 9112 section 3.2.2). */
export function absolutePath({ target, authority, path, method }: Request): string {
  // OPTIONS * is sent to a proxy without any path (RFC 9112 section 3.2.4).
  if (method === "OPTIONS" && path === "*") return `${target.protocol}//${authority}`;
  return /^https?:\/\//i.test(path) ? path : `${target.protocol}//${authority}${path}`;
}

export function peerOf({ target }: Pick<Request, "target">): string {
  return formatHostPort(target.host.replace(/^\[|\]$/g, ""), target.port);
}
