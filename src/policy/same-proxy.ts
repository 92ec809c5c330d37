import type { ProxyServer } from "./types.js";

/** The same proxy, whatever the login: scheme, host and port. */
export function sameProxy(one: ProxyServer, other: ProxyServer): boolean {
  return one.protocol === other.protocol && one.host === other.host && one.port === other.port;
}
