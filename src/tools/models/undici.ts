import { isIP } from "node:net";
import { isWithin, withoutTrailingDot } from "./address.js";
import { urlEdges } from "./edges.js";
import { proxyFromEnvBypasses } from "./proxy-from-env.js";
import type { ProxyModel, ReadTarget } from "./types.js";
import { lowerFirstThenHttp } from "./variables.js";

interface Entry {
  readonly host: string;
  readonly port: number;
}

function entries(noProxy: string): Entry[] {
  const read: Entry[] = [];
  for (const text of noProxy.split(/[,\s]/)) {
    if (text === "") continue;
    // A bare IPv6 literal loses its last group to this pattern, and therefore never matches.
    const withPort = /^(.+):(\d+)$/.exec(text);
    read.push({ host: (withPort?.[1] ?? text).toLowerCase(), port: Number(withPort?.[2] ?? 0) });
  }
  return read;
}

const portFits = (entry: Entry, target: ReadTarget): boolean => entry.port === 0 || entry.port === target.port;

const sinceUndici7 = {
  variables: lowerFirstThenHttp,
  schemes: ["http", "https", "socks5", "socks"],
  edges: urlEdges,
} as const;

/** EnvHttpProxyAgent of undici 7, which Node 24's `fetch` uses under NODE_USE_ENV_PROXY. */
export const undici7: ProxyModel = {
  id: "undici7",
  tool: "undici 7 EnvHttpProxyAgent, Node 24 fetch",
  ...sinceUndici7,
  condition: "Node's own fetch reads them only with NODE_USE_ENV_PROXY=1",
  bypasses(noProxy, target) {
    if (noProxy === "*") return true;
    return entries(noProxy).some(
      (entry) => portFits(entry, target) && isWithin(target.hostname, entry.host.replace(/^\*?\./, "")),
    );
  },
};

/** EnvHttpProxyAgent of undici 8: `*` counts among others, `*.` leaves out the domain itself, bare IPv6 literals work. */
export const undici8: ProxyModel = {
  id: "undici8",
  tool: "undici 8 EnvHttpProxyAgent",
  ...sinceUndici7,
  bypasses(noProxy, target) {
    const host = withoutTrailingDot(target.hostname);
    for (const text of noProxy.split(/[,\s]/)) {
      if (isIP(text) === 6 && `[${text.toLowerCase()}]` === host) return true;
    }
    return entries(noProxy).some((entry) => {
      if (!portFits(entry, target)) return false;
      const name = withoutTrailingDot(entry.host);
      if (name === "*") return true;
      if (name.startsWith("*.")) return host.endsWith(name.slice(1));
      return isWithin(host, name.replace(/^\./, ""));
    });
  },
};

/** undici 6, which Node 22's `fetch` uses: the reading of proxy-from-env. */
export const undici6: ProxyModel = {
  id: "undici6",
  tool: "undici 6 EnvHttpProxyAgent, Node 22 fetch",
  variables: lowerFirstThenHttp,
  edges: urlEdges,
  condition: "Node's own fetch reads them only with NODE_USE_ENV_PROXY=1 (22.21 and later)",
  bypasses: proxyFromEnvBypasses,
};
