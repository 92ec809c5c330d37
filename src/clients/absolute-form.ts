import { otherHost } from "./faults-request.js";

/**
 * A request's target in absolute form, for a proxy that reads it itself (RFC 9112 section 3.2.2). `authority` is the host that
 * the request was routed for, as its Host header says it. Whatever the caller put into the path, no other host is asked: the
 * proxy would fetch from that one although the policy was never consulted for it.
 * @throws {ConnectError} CONFIG_INVALID for a path that is the URL of another origin
 */
export function absoluteForm(authority: string, path: string, method: string): string {
  const origin = `http://${authority}`;
  if (/[\s/?#@\\]/.test(authority)) throw otherHost(authority);
  // OPTIONS * goes to a proxy without any path (RFC 9112 section 3.2.4).
  if (method === "OPTIONS" && path === "*") return origin;
  const url = /^https?:\/\/[^/?#\\]*/i.exec(path)?.[0];
  if (url === undefined) return origin + rooted(path);
  if (url.includes("@") || originOf(url) !== originOf(origin)) throw otherHost(authority);
  return origin + rooted(path.slice(url.length));
}

/** Without its slash, a path would become part of the host: `http://host` and `@other/`. */
function rooted(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}
