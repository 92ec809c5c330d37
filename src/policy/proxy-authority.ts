import { parseHostname } from "../base/hostname.js";
import { formatIp, isDottedDecimal, parseIp } from "../base/ip.js";
import { looksSecretHost } from "../base/looks-secret.js";
import type { ProxyProblem, AuthorityProblem } from "./proxy-problem.js";
import {
  noHost,
  colonWithoutPort,
  portOutOfRange,
  portNotANumber,
  invalidIpv6InBrackets,
  ipv6WithoutBrackets,
  tooManyColons,
  secretHost,
  noHostBeforePort,
  unexpandedHost,
  wordInsteadOfHost,
  placeholderInsteadOfHost,
  severalHosts,
  numberInsteadOfHost,
  invalidHost,
} from "./faults-proxy.js";

export interface ProxyAuthority {
  readonly host: string;
  readonly port?: number;
}

/** Reads `host`, `host:port`, `[v6]:port`, and a bare IPv6 address where no port can be meant. `scheme` is for remedies. */
export function parseProxyAuthority(text: string, scheme: string): ProxyAuthority | AuthorityProblem {
  const example = `${scheme}://host:port`;
  if (text === "") return noHost(example);
  if (text.startsWith("[")) return bracketed(text, scheme);
  const colon = text.lastIndexOf(":");
  if (colon !== text.indexOf(":")) return manyColons(text, colon, scheme);
  const host = parseHost(colon === -1 ? text : text.slice(0, colon), example);
  if (typeof host !== "string") return host;
  return colon === -1 ? { host } : withPort(host, text.slice(colon + 1));
}

function withPort(host: string, text: string): ProxyAuthority | AuthorityProblem {
  if (text === "") return colonWithoutPort;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return { host, port };
  // Only what is a number is shown: anything else may be a password that lacks its "@host".
  const numeric = /^\d{1,5}$/.test(text);
  return numeric ? portOutOfRange(text) : portNotANumber;
}

function bracketed(text: string, scheme: string): ProxyAuthority | AuthorityProblem {
  const example = `${scheme}://[::1]:3128`;
  const match = /^(\[[^\]]*\])(?::(.*))?$/s.exec(text);
  const address = match?.[1] === undefined ? undefined : parseIp(match[1]);
  if (address === undefined || !text.includes(":")) return invalidIpv6InBrackets(example);
  const host = formatIp(address);
  return match?.[2] === undefined ? { host } : withPort(host, match[2]);
}

function manyColons(text: string, colon: number, scheme: string): ProxyAuthority | AuthorityProblem {
  const whole = parseIp(text);
  const before = parseIp(text.slice(0, colon));
  const port = text.slice(colon + 1);
  const portLike = /^\d{1,5}$/.test(port);
  if (whole !== undefined && !(before !== undefined && portLike)) return { host: formatIp(whole) };
  if (whole !== undefined && before !== undefined) {
    return ipv6WithoutBrackets(scheme, before, port, whole);
  }
  if (before !== undefined) return withPort(formatIp(before), port);
  return tooManyColons;
}

function parseHost(text: string, example: string): string | AuthorityProblem {
  if (isDottedDecimal(text)) return text;
  // A token is a valid name to DNS, which would be asked for it.
  if (looksSecretHost(text)) return { ...secretHost(example), plausible: false };
  const host = parseHostname(text);
  if (host !== undefined && !/^(?:undefined|null|nil|none|nan)$/.test(host)) return host;
  return { ...hostProblem(text, example), plausible: /^[\d.]+$/.test(text) };
}

function hostProblem(text: string, example: string): ProxyProblem {
  if (text === "") return noHostBeforePort(example);
  if (/[$%{}]/.test(text)) return unexpandedHost(example);
  if (/^(?:undefined|null|nil|none|nan)$/i.test(text)) return wordInsteadOfHost(text, example);
  if (/[<>]/.test(text)) return placeholderInsteadOfHost(example);
  if (/[,;|]/.test(text)) return severalHosts;
  if (/^[\d.]+$/.test(text)) return numberInsteadOfHost(example);
  return invalidHost(example);
}
