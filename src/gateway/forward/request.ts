import type { IncomingMessage } from "node:http";
import { usualPort } from "../../base/hostname.js";

/** ws: and wss: are how some programs write it; what is spoken is HTTP. */
export function asHttp(target: URL): URL {
  return target.protocol.startsWith("ws") ? new URL(target.href.replace(/^ws/, "http")) : target;
}

/** The port that is connected to. */
export function portOf({ protocol, port }: URL): number {
  return port === "" ? usualPort(protocol) : Number(port);
}

/**
 * Path and query as the client wrote them: a URL object would have changed some, which RFC 9110 section 7.7 forbids. An OPTIONS for
 * a whole server has none (RFC 9112 section 3.2.4).
 */
export function pathOf({ url = "/", method }: IncomingMessage): string {
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#\\]*/i, "").replace(/#.*$/s, "");
  if (path === "" && method === "OPTIONS") return "*";
  return path.startsWith("/") || path === "*" ? path : `/${path}`;
}

/** Whether a Via field names this intermediary. */
export function passedThrough(via: string | undefined, own: string): boolean {
  return via !== undefined && via.split(",").some((entry) => entry.trim().split(/\s+/)[1] === own);
}

/** A reverse proxy's client knows the origin by the proxy's name alone: redirects within the origin stay with the proxy. */
export function relocator(origin: string, own: string | undefined): ((location: string) => string) | undefined {
  if (own === undefined) return undefined;
  return (location) => {
    const rest = location.slice(origin.length);
    return location.startsWith(origin) && /^(?:[/?#]|$)/.test(rest) ? `http://${own}${rest}` : location;
  };
}
