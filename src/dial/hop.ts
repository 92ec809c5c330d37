import type { ProxyLogin, ProxyServer } from "../policy/types.js";
import { authority, type Endpoint } from "./endpoint.js";

/** A proxy as the far end of a leg. */
export function proxyEndpoint({ host, port }: ProxyServer): Endpoint {
  return { hop: "proxy", host, port };
}

const logins = new WeakMap<ProxyLogin, number>();
let loginsSeen = 0;

/** Tells proxies, and logins at them, apart, without telling the logins. */
export function hopKey(proxy: ProxyServer): string {
  const { login } = proxy;
  if (login !== undefined && !logins.has(login)) logins.set(login, ++loginsSeen);
  return `${proxy.protocol}://${login === undefined ? "" : logins.get(login)}@${authority(proxy)}`;
}
