import { parseHostname } from "../base/hostname.js";
import { isDottedDecimal, parseIp, parseIpRange, type IpRange } from "../base/ip.js";
import { looksSecretHost } from "../base/looks-secret.js";
import { redactUrl } from "../base/redact.js";
import type { HostPattern } from "./types.js";
import {
  aUrl,
  holdsLogin,
  portNotANumber,
  portWithoutHost,
  looksLikeToken,
  incompleteIpv4,
  invalidBlock,
  holdsPath,
  invalidPrefixLength,
  leadingZero,
  unusualIpv4,
  invalidIpv6,
  invalidIpv4,
  quoted,
  unknownSeparator,
  windowsOnly,
  unexpanded,
  beforeAddress,
  invalidHostName,
  strayAsterisk,
  incompleteRange,
  reversedRange,
  type PatternProblem,
} from "./faults-hosts.js";

/** The part of a pattern that says which hosts, without text and port. */
type Hosts =
  | { readonly kind: "all" }
  | { readonly kind: "domain"; readonly domain: string; readonly subdomainsOnly: boolean }
  | { readonly kind: "range"; readonly range: IpRange };

/**
 * Reads one entry of NO_PROXY, or one host pattern of a config file:
 * `*`, `example.com` and `.example.com` (the host and its sub-domains), `*.example.com` (sub-domains only), an IP literal,
 * a CIDR block, a range `a-b`; each with `:port` if it is to hold for that port alone (IPv6 then in brackets).
 */
export function parseHostPattern(text: string): HostPattern | PatternProblem {
  const split = splitPort(text);
  if ("problem" in split) return split;
  const hosts = parseHosts(split.host);
  if ("problem" in hosts) return hosts;
  return { text, ...(split.port === undefined ? {} : { port: split.port }), ...hosts };
}

/** An entry as it may be shown: someone may have put a whole URL there. */
export function showPattern(text: string): string {
  const url = text.includes("@") || text.includes("://");
  if (!url && looksSecretHost(text.replace(/^\*?\.|:\d+$/g, ""))) return '"…"';
  const shown = url ? redactUrl(text) : text;
  return JSON.stringify(shown.length > 80 ? `${shown.slice(0, 80)}…` : shown);
}

function splitPort(text: string): { host: string; port?: number } | PatternProblem {
  if (text.includes("://")) return aUrl(text);
  if (text.includes("@")) return holdsLogin;
  const bracketed = /^(\[[^\]]*\](?:\/\d+)?)(?::(.*))?$/s.exec(text);
  if (bracketed?.[1] !== undefined) return withPort(bracketed[1], bracketed[2]);
  const colon = text.indexOf(":");
  // Two colons and more: an IPv6 address, block or range, which has no port unless it is in brackets.
  if (colon === -1 || colon !== text.lastIndexOf(":")) return { host: text };
  return withPort(text.slice(0, colon), text.slice(colon + 1));
}

function withPort(host: string, text: string | undefined): { host: string; port?: number } | PatternProblem {
  if (text === undefined) return { host };
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) return portNotANumber;
  if (host === "") return portWithoutHost(port);
  return { host, port };
}

function parseHosts(host: string): Hosts | PatternProblem {
  if (host === "*") return { kind: "all" };
  const subdomainsOnly = host.startsWith("*.");
  const rest = subdomainsOnly ? host.slice(2) : host.startsWith(".") ? host.slice(1) : host;
  if (rest.includes("*")) return strayAsterisk(rest);
  if (rest === host && looksNumeric(host)) {
    const range = isCanonicalIpv4(host) ? parseIpRange(host) : undefined;
    return range === undefined ? numericProblem(host) : { kind: "range", range };
  }
  if (looksSecretHost(rest)) return looksLikeToken;
  const domain = parseHostname(rest);
  return domain === undefined ? nameProblem(rest) : { kind: "domain", domain, subdomainsOnly };
}

function looksNumeric(host: string): boolean {
  if (host.includes(":") || host.includes("/")) return true;
  if (/^[\d.]+(?:-[\d.]+)?\.?$/.test(host)) return true;
  return parseIp(host) !== undefined;
}

/** `010.0.0.1` is 8.0.0.1 to some programs and 10.0.0.1 to others, and 10.1 is 10.0.0.1: only the full form is safe. */
function isCanonicalIpv4(host: string): boolean {
  if (host.includes(":")) return true;
  return host.split(/[-/]/, host.includes("/") ? 1 : 2).every(isDottedDecimal);
}

function numericProblem(host: string): PatternProblem {
  const prefix = /^(\d{1,3}(?:\.\d{1,3}){0,2})\.?$/.exec(host)?.[1];
  if (prefix !== undefined) return incompleteIpv4(prefix);
  const shortRange = /^((?:\d{1,3}\.){3})(\d{1,3})-(\d{1,3})$/.exec(host);
  if (shortRange !== null) return incompleteRange(`${shortRange[1]}${shortRange[2]}-${shortRange[1]}${shortRange[3]}`);
  const [address = "", prefixLength] = host.split("/");
  const parsed = parseIp(address);
  if (prefixLength !== undefined && parsed === undefined) {
    const name = parseHostname(address);
    return name === undefined ? invalidBlock : holdsPath(name);
  }
  if (prefixLength !== undefined && parsed !== undefined) {
    const bits = parsed.family === 4 ? 32 : 128;
    return invalidPrefixLength(parsed, bits);
  }
  if (/^\d+(?:\.\d+){3}$/.test(host) && parsed !== undefined) {
    return leadingZero;
  }
  if (parsed !== undefined) return unusualIpv4(parsed);
  const [low, high] = host.split("-").map(parseIp);
  if (low?.family === high?.family && low !== undefined && high !== undefined) return reversedRange(low, high);
  if (host.includes(":")) return invalidIpv6;
  return invalidIpv4;
}

function nameProblem(rest: string): PatternProblem {
  const unquoted = rest.replace(/^["']+|(?<!["'])["']+$/g, "");
  if (unquoted !== rest) return quoted;
  if (/[;|]/.test(rest)) return unknownSeparator;
  if (rest.toLowerCase() === "<local>") return windowsOnly;
  if (/[$%{}]/.test(rest)) return unexpanded;
  const address = parseIp(rest);
  if (address !== undefined) return beforeAddress(address);
  return invalidHostName;
}
