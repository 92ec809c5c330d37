import { formatHostPort } from "../../base/hostname.js";
import { parseProxy } from "../../policy/index.js";
import { notAList, onlyUnknown, withoutAddress, withoutHost } from "../faults-pac.js";
import type { ProxyProtocol, ProxyServer } from "../../policy/types.js";

/** One of the ways that a PAC file names: a proxy, or none. */
export type PacWay = "direct" | ProxyServer;

/** `problem`: what is wrong with it, to stand behind "names …". */
export type PacAnswer = { readonly ways: readonly PacWay[] } | { readonly problem: string };

/** SOCKS: browsers other than Chromium take it for version 5. The proxy resolves names, as all proxies do here. */
const protocols: Readonly<Record<string, ProxyProtocol>> = {
  PROXY: "http",
  HTTP: "http",
  HTTPS: "https",
  SOCKS: "socks5h",
  SOCKS5: "socks5h",
  SOCKS4: "socks4a",
};

const most = 16;

/**
 * Reads what FindProxyForURL returned: `PROXY a:8080; HTTPS b; SOCKS5 c; DIRECT`. Nothing is left out that cannot be read, for what is left
 * might be DIRECT; kinds that only browsers know (QUIC, MASQUE) are passed over where there is another way. No text at all is direct, as in browsers.
 */
export function readAnswer(text: string): PacAnswer {
  const ways: PacWay[] = [];
  const unknown: string[] = [];
  const parts = text.split(/[;\n]/).flatMap((part) => (part.trim() === "" ? [] : [part.trim()]));
  if (parts.length === 0) return { ways: ["direct"] };
  for (const part of parts.slice(0, most)) {
    const [word = "", ...rest] = part.split(/\s+/);
    const keyword = word.toUpperCase();
    if (keyword === "DIRECT" && rest.length === 0) {
      ways.push("direct");
      continue;
    }
    const protocol = Object.hasOwn(protocols, keyword) ? protocols[keyword] : undefined;
    if (protocol === undefined && keyword !== "DIRECT" && /^[A-Z][A-Z0-9]{0,15}$/.test(keyword) && rest.length === 1)
      unknown.push(keyword);
    else if (protocol === undefined) return { problem: notAList() };
    else if (rest.length === 0) return { problem: withoutHost(keyword) };
    else {
      const server = rest.length === 1 ? serverOf(protocol, rest[0] ?? "") : undefined;
      if (server === undefined) return { problem: withoutAddress(keyword) };
      ways.push(server);
    }
  }
  if (ways.length > 0) return { ways };
  return { problem: onlyUnknown(unknown) };
}

function serverOf(protocol: ProxyProtocol, authority: string): ProxyServer | undefined {
  if (/[@/?#\\]/.test(authority)) return undefined;
  const { choice } = parseProxy(`${protocol}://${authority}`, "PAC");
  return choice.kind === "server" ? choice.server : undefined;
}

const keywords: Readonly<Record<ProxyProtocol, string>> = {
  http: "PROXY",
  https: "HTTPS",
  socks5: "SOCKS5",
  socks5h: "SOCKS5",
  socks4: "SOCKS4",
  socks4a: "SOCKS4",
};

/** As a PAC file writes it. */
export function showWay(way: PacWay): string {
  return way === "direct" ? "DIRECT" : `${keywords[way.protocol]} ${formatHostPort(way.host, way.port)}`;
}
