import type { Policy, ProxyServer } from "../../policy/types.js";
import { parseProxy } from "../../policy/index.js";
import { loginInUrl, noProxyNamed, notOneProxy } from "../faults-login.js";

/**
 * The proxy that the argument names, without a login; else the one of the settings, for https before http.
 * @throws UsageError
 */
export function namedProxy(text: string | undefined, { proxy }: Pick<Policy, "proxy">, command: string): ProxyServer {
  if (text !== undefined) {
    const server = readProxy(text);
    if (server.login !== undefined) throw loginInUrl();
    return server;
  }
  const choice = [proxy.https?.value, proxy.http?.value].find((one) => one !== undefined);
  if (choice?.kind === "invalid") throw choice.fault;
  if (choice?.kind !== "server") throw noProxyNamed(command);
  return choice.server;
}

/** @throws UsageError, ConnectError where it is not a proxy's URL */
export function readProxy(text: string): ProxyServer {
  const { choice } = parseProxy(text, "the proxy");
  if (choice.kind === "invalid") throw choice.fault;
  if (choice.kind !== "server") throw notOneProxy();
  return choice.server;
}
