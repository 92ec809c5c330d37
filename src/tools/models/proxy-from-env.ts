import type { ProxyModel, ReadTarget } from "./types.js";
import { lowerFirstThenAll } from "./variables.js";

/** A name is that name alone; `.name` and `*name` are suffixes of the text, label boundary or not. */
export function proxyFromEnvBypasses(noProxy: string, target: ReadTarget): boolean {
  const value = noProxy.toLowerCase();
  if (value === "*") return true;
  return value.split(/[,\s]/).some((entry) => {
    if (entry === "") return false;
    const withPort = /^(.+):(\d+)$/.exec(entry);
    const host = withPort?.[1] ?? entry;
    const port = Number(withPort?.[2] ?? 0);
    if (port !== 0 && port !== target.port) return false;
    if (!/^[.*]/.test(host)) return target.hostname === host;
    return target.hostname.endsWith(host.startsWith("*") ? host.slice(1) : host);
  });
}

/** The package that many older clients ask (puppeteer, older axios and gaxios). */
export const proxyFromEnv: ProxyModel = {
  id: "proxy-from-env",
  tool: "proxy-from-env",
  variables: lowerFirstThenAll,
  // It hands the URL on; what can be done with it is its caller's business.
  schemes: ["http", "https", "socks4", "socks4a", "socks5", "socks5h", "socks"],
  bypasses: proxyFromEnvBypasses,
};
