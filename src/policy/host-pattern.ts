import { formatHostPort, parseHostname } from "../base/hostname.js";
import { formatIp, isDottedDecimal, parseIp, parseIpRange, type IpRange } from "../base/ip.js";
import { looksSecretHost } from "../base/looks-secret.js";
import { redactUrl } from "../base/redact.js";
import { notExpanded, quotesRemain } from "../base/written-wrong.js";
import type { HostPattern } from "./types.js";

/** Why an entry matches nothing. `problem` and `remedy` may be shown; the entry itself may hold a login and is not in them. */
export interface PatternProblem {
  /** Follows the entry, as in `"*corp.example" has a "*" in a place where …`. */
  readonly problem: string;
  readonly remedy: string;
}

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
  if (text.includes("://")) return { problem: "is a URL", remedy: urlRemedy(text) };
  if (text.includes("@")) return { problem: "holds a login", remedy: "write the host alone" };
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
  if (port < 1 || port > 65_535)
    return {
      problem: "has a port that is not a number from 1 to 65535",
      remedy: "write host:port, or the host alone for every port",
    };
  if (host === "")
    return { problem: "has a port and no host", remedy: `write *:${port} if you mean every host on that port` };
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
  if (looksSecretHost(rest)) return { problem: "looks like a key or a token", remedy: "write the name of a host" };
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

function strayAsterisk(rest: string): PatternProblem {
  const problem = 'has a "*" where it has no meaning';
  const octets = /^(\d{1,3}(?:\.\d{1,3}){0,2})(?:\.\*)+$/.exec(rest)?.[1];
  if (octets !== undefined) return { problem, remedy: `write ${blockOf(octets)} for this part of the network` };
  const domain = parseHostname(rest.replace(/^[*.]+/, ""));
  if (domain !== undefined)
    return {
      problem,
      remedy: `write ${domain} for the host and its sub-domains, or *.${domain} for the sub-domains alone`,
    };
  return { problem, remedy: "write * alone for every host, *.example.com for sub-domains, 10.0.0.0/8 for addresses" };
}

function numericProblem(host: string): PatternProblem {
  const prefix = /^(\d{1,3}(?:\.\d{1,3}){0,2})\.?$/.exec(host)?.[1];
  if (prefix !== undefined)
    return {
      problem: "is not a complete IPv4 address",
      remedy: `write ${blockOf(prefix)} if you mean every address that begins like this`,
    };
  const shortRange = /^((?:\d{1,3}\.){3})(\d{1,3})-(\d{1,3})$/.exec(host);
  if (shortRange !== null)
    return {
      problem: "is not a complete range of addresses",
      remedy: `write ${shortRange[1]}${shortRange[2]}-${shortRange[1]}${shortRange[3]}`,
    };
  const [address = "", prefixLength] = host.split("/");
  const parsed = parseIp(address);
  if (prefixLength !== undefined && parsed === undefined) {
    const name = parseHostname(address);
    return name === undefined
      ? {
          problem: "is not a valid block of addresses",
          remedy: "write address/prefix length, such as 10.0.0.0/8 or 2001:db8::/32",
        }
      : { problem: "holds a path", remedy: `write ${name}: entries name hosts, not pages` };
  }
  if (prefixLength !== undefined && parsed !== undefined) {
    const bits = parsed.family === 4 ? 32 : 128;
    return { problem: "has no valid prefix length", remedy: `write ${formatIp(parsed)}/n with n from 0 to ${bits}` };
  }
  if (/^\d+(?:\.\d+){3}$/.test(host) && parsed !== undefined) {
    return {
      problem: "has a number with a leading zero, which is octal to some programs",
      remedy: "write its numbers without leading zeros",
    };
  }
  if (parsed !== undefined)
    return {
      problem: "is an unusual spelling of an IPv4 address",
      remedy: `write ${formatIp(parsed)} if you mean that address`,
    };
  const [low, high] = host.split("-").map(parseIp);
  if (low?.family === high?.family && low !== undefined && high !== undefined)
    return { problem: "is a range that ends before it begins", remedy: `write ${formatIp(high)}-${formatIp(low)}` };
  if (host.includes(":"))
    return {
      problem: "is not a valid IPv6 address",
      remedy: "write an address such as 2001:db8::1, and [2001:db8::1]:port with a port",
    };
  return {
    problem: "is not a valid IPv4 address or range",
    remedy: "write 10.0.0.1, 10.0.0.0/8 or 10.0.0.1-10.0.0.9",
  };
}

function nameProblem(rest: string): PatternProblem {
  const unquoted = rest.replace(/^["']+|(?<!["'])["']+$/g, "");
  if (unquoted !== rest)
    return {
      problem: "has quotes around it",
      remedy: `remove the quotes: ${quotesRemain}`,
    };
  if (/[;|]/.test(rest)) return { problem: "has an unknown separator", remedy: "separate entries with commas" };
  if (rest.toLowerCase() === "<local>")
    return { problem: "works on Windows only", remedy: "list the domains or addresses of your network" };
  if (/[$%{}]/.test(rest)) return { problem: notExpanded, remedy: "write the host itself" };
  const address = parseIp(rest);
  if (address !== undefined)
    return { problem: "has something before an address", remedy: `write ${formatIp(address)}` };
  return {
    problem: "is not a valid host name",
    remedy: "write a name such as example.com, an address, or a block such as 10.0.0.0/8",
  };
}

function urlRemedy(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const host = url === undefined ? undefined : parseHostname(url.hostname);
  if (url === undefined || host === undefined) return "write the host alone, without scheme and path";
  return `write ${url.port === "" ? host : formatHostPort(host, Number(url.port))}, without scheme and path`;
}

/** `10` and `10.1` as they were meant: 10.0.0.0/8, 10.1.0.0/16. */
function blockOf(prefix: string): string {
  const octets = prefix.split(".");
  return `${[...octets, "0", "0", "0"].slice(0, 4).join(".")}/${octets.length * 8}`;
}
