import { errorCode, isObject, metaOf, type ErrorBody, type Message, type Params } from "./json-rpc.js";

/** The newest versions of either era that are known here. */
export const modernVersion = "2026-07-28";
export const legacyVersion = "2025-11-25";

/** What a client of the modern era says of itself in each request, and a server in each result. */
export const metaKey = {
  version: "io.modelcontextprotocol/protocolVersion",
  client: "io.modelcontextprotocol/clientInfo",
  capabilities: "io.modelcontextprotocol/clientCapabilities",
  logLevel: "io.modelcontextprotocol/logLevel",
  server: "io.modelcontextprotocol/serverInfo",
  subscription: "io.modelcontextprotocol/subscriptionId",
} as const;

/** Versions are dates, and so are in order as texts. */
export function isModernVersion(version: string): boolean {
  return version >= modernVersion;
}

/** The version that a message of the modern era names. */
export function versionOf(message: { readonly params?: Params }): string | undefined {
  const version = metaOf(message)[metaKey.version];
  return typeof version === "string" ? version : undefined;
}

export function isModern(message: Message): boolean {
  return "method" in message && (versionOf(message) !== undefined || message.method === "server/discover");
}

/** What only a server of the modern era says. */
export function isModernError({ code, data }: ErrorBody): boolean {
  if (code === errorCode.headerMismatch || code === errorCode.missingCapability) return true;
  return code === errorCode.unsupportedVersion && supportedIn(data).some(isModernVersion);
}

function supportedIn(data: unknown): readonly string[] {
  const supported = isObject(data) ? data["supported"] : undefined;
  return Array.isArray(supported) ? supported.filter((one) => typeof one === "string") : [];
}

/** `params` with these entries of `_meta` besides its own; undefined takes one out. */
export function withMeta(params: Params | undefined, entries: Params): Params {
  const own = isObject(params?.["_meta"]) ? params["_meta"] : {};
  const meta = Object.fromEntries(Object.entries({ ...own, ...entries }).filter(([, value]) => value !== undefined));
  const { _meta, ...rest } = params ?? {};
  return Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta };
}

/** The bridge's own requests have ids that no client gives. */
export const handshakeId = "sallyport-handshake";
