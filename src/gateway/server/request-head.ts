import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { canonicalHost, hostPortOf, parseHostname, type HostPort } from "../../base/hostname.js";
import { parseIp } from "../../base/ip.js";
import { fieldTwice, headProblems as problems, unsupportedVersion } from "../faults-head.js";
import { counts } from "../forward/max-forwards.js";

/** Of these a request has one at most: two would be read as one by one program and as the other by the next. */
const single = ["host", "proxy-authorization", "content-length", "transfer-encoding", "max-forwards"] as const;
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * What is wrong with a head that node:http has let through, in words for people; undefined where nothing is. The parser is strict
 * about line ends, folding, and lengths; this adds what it leaves to its clients (RFC 9112 sections 3.2, 5.1, 6.1).
 */
export function malformedHead(request: IncomingMessage): string | undefined {
  const { rawHeaders, headersDistinct, httpVersion } = request;
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return unsupportedVersion(httpVersion);
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!token.test(rawHeaders[index] ?? "")) return problems.fieldName;
  }
  for (const name of single) if ((headersDistinct[name]?.length ?? 0) > 1) return fieldTwice(name);
  // A CONNECT names its target in any case; lftp sends no Host field with it.
  if (httpVersion === "1.1" && request.headers.host === undefined && request.method !== "CONNECT")
    return problems.noHost;
  if (counts(request.method) && !/^\d+$/.test(headersDistinct["max-forwards"]?.[0] ?? "0")) return problems.maxForwards;
  const coding = request.headers["transfer-encoding"];
  if (coding === undefined) return undefined;
  if (httpVersion === "1.0") return problems.codingOfOldHttp;
  if (request.headers["content-length"] !== undefined) return problems.twoLengths;
  return coding.toLowerCase() === "chunked" ? undefined : problems.notChunked;
}

/**
 * Whether a request shows a login to the proxy in its first bytes, or needs none: in origin form it is for the gateway's own pages. What
 * comes in pieces may show one later.
 */
export function showsLogin(firstBytes: Buffer): boolean {
  const text = firstBytes.toString("latin1");
  return /^[A-Z]+ \//.test(text) || /\nproxy-authorization:/i.test(text);
}

/** What an authority form names (RFC 9112 section 3.2.3): `host:port`, IPv6 in brackets. */
export type Authority = HostPort;

export function parseAuthority(text: string): Authority | undefined {
  const parts =
    /^(?:\[(?<v6>[0-9a-fA-F:.]{2,45})\]|(?<name>[^\s:/?#@[\]\\%<>^|`{}"]{1,253})):(?<port>[1-9]\d{0,4})$/.exec(
      text,
    )?.groups;
  const port = Number(parts?.["port"] ?? 0);
  const host = parts === undefined ? undefined : parseHost(parts["v6"], parts["name"]);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** @param name a host name or an IPv4 address, as {@link parseHostname} and `parseIp` take them */
export function parseHost(v6: string | undefined, name: string | undefined): string | undefined {
  if (v6 !== undefined) return v6.includes(":") && parseIp(v6) !== undefined ? canonicalHost(v6) : undefined;
  return parseIp(name ?? "") === undefined ? parseHostname(name ?? "") : canonicalHost(name ?? "");
}

/** What is wrong with a CONNECT, beyond its target. */
export function malformedConnect(request: IncomingMessage, { host, port }: Authority): string | undefined {
  // RFC 9110 section 9.3.6 gives a CONNECT no content: what follows the head belongs to the tunnel.
  if (request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined)
    return problems.contentOfConnect;
  return namesOther(request, host, port) ? problems.otherHost : undefined;
}

/**
 * A Host field that is neither the target's nor ours. RFC 9112 section 3.2.2 has a proxy go by the target alone, and plain uses of
 * node:http name the proxy they speak to; any third name is a client that was made to say two things at once.
 */
function namesOther({ headers, socket }: IncomingMessage, host: string, port: number): boolean {
  return headers.host !== undefined && !namesIt(headers.host, socket, { host, port });
}

/** Whether a Host field names the target, or us, as described at {@link namesOther}. */
export function namesIt(
  field: string | undefined,
  socket: Pick<Socket, "localPort">,
  { host, port }: Authority,
): boolean {
  if (field === undefined) return false;
  if (sameHost(field, host, port)) return true;
  // The kernel is asked for it: only where nothing else has decided.
  const { localPort } = socket;
  if (localPort === undefined) return false;
  return loopbackNames.some((name) => sameHost(field, name, localPort) && field.endsWith(`:${localPort}`));
}

const loopbackNames = ["127.0.0.1", "localhost", "::1"] as const;

/** Whether a Host field names this host; the port may be left out of it. */
export function sameHost(field: string, host: string, port: number): boolean {
  if (field === "") return false;
  const parts = /^(?<host>\[[^\]]*\]|[^:]*)(?::(?<port>\d{0,5}))?$/.exec(field)?.groups;
  if (parts?.["host"] === undefined || canonicalHost(parts["host"]) !== canonicalHost(host)) return false;
  return !parts["port"] || Number(parts["port"]) === port;
}

export type RequestTarget =
  | { readonly form: "absolute"; readonly url: URL }
  | { readonly form: "origin" }
  | { readonly form: "malformed"; readonly problem: string };

/** Reads a request's target: absolute form for what is to be forwarded, origin form for the gateway's own pages. */
export function readRequestTarget(request: IncomingMessage): RequestTarget {
  const text = request.url ?? "";
  if (text.startsWith("/")) return { form: "origin" };
  const malformed = (problem: string): RequestTarget => ({ form: "malformed", problem });
  if (!/^(?:https?|wss?):\/\//i.test(text)) return malformed(problems.relativeTarget);
  if (text.includes("#") || text.includes("\\") || !URL.canParse(text)) return malformed(problems.invalidTarget);
  const url = new URL(text);
  // RFC 9110 section 4.2.4: a login there is an error, and often a disguise.
  if (url.username !== "" || url.password !== "" || /^[a-z]+:\/\/[^/?]*@/i.test(text))
    return malformed(problems.loginInTarget);
  const { host, port } = hostPortOf(url);
  if (port === 0) return malformed(problems.portZero);
  if (namesOther(request, host, port)) return malformed(problems.otherHost);
  return { form: "absolute", url };
}
