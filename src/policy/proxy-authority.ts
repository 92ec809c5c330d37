import { parseHostname } from "../base/hostname.js";
import { formatIp, isDottedDecimal, parseIp } from "../base/ip.js";
import { looksSecretHost } from "../base/looks-secret.js";
import { notExpanded } from "../base/written-wrong.js";
import type { ProxyProblem } from "./proxy-problem.js";

export interface ProxyAuthority {
  readonly host: string;
  readonly port?: number;
}

/** `plausible`: it still looks like a host with a port, rather than like the beginning of a login. */
export type AuthorityProblem = ProxyProblem & { readonly plausible: boolean };

/** Reads `host`, `host:port`, `[v6]:port`, and a bare IPv6 address where no port can be meant. `scheme` is for remedies. */
export function parseProxyAuthority(text: string, scheme: string): ProxyAuthority | AuthorityProblem {
  const example = `${scheme}://host:port`;
  if (text === "") return { problem: "names no host", remedy: `write it as ${example}`, plausible: false };
  if (text.startsWith("[")) return bracketed(text, scheme);
  const colon = text.lastIndexOf(":");
  if (colon !== text.indexOf(":")) return manyColons(text, colon, scheme);
  const host = parseHost(colon === -1 ? text : text.slice(0, colon), example);
  if (typeof host !== "string") return host;
  return colon === -1 ? { host } : withPort(host, text.slice(colon + 1));
}

function withPort(host: string, text: string): ProxyAuthority | AuthorityProblem {
  if (text === "")
    return {
      problem: "ends in a colon without a port",
      remedy: "add the port after the colon, or remove the colon",
      plausible: true,
    };
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return { host, port };
  // Only what is a number is shown: anything else may be a password that lacks its "@host".
  const numeric = /^\d{1,5}$/.test(text);
  return numeric
    ? {
        problem: `has port ${text}, which is outside 1-65535`,
        remedy: "correct the port: 8080 and 3128 are common ones",
        plausible: true,
      }
    : {
        problem: "has a port that is not a number",
        remedy: "write it as host:port; a login goes before the host, as user:password@host:port",
        plausible: false,
      };
}

function bracketed(text: string, scheme: string): ProxyAuthority | AuthorityProblem {
  const example = `${scheme}://[::1]:3128`;
  const match = /^(\[[^\]]*\])(?::(.*))?$/s.exec(text);
  const address = match?.[1] === undefined ? undefined : parseIp(match[1]);
  if (address === undefined || !text.includes(":"))
    return {
      problem: "has no valid IPv6 address between its brackets",
      remedy: `write it like ${example}`,
      plausible: false,
    };
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
    return {
      problem: "holds an IPv6 address without brackets, whose last number may be a port",
      remedy: `write it as ${scheme}://[${formatIp(before)}]:${port}, or as ${scheme}://[${formatIp(whole)}] if you mean no port`,
      plausible: true,
    };
  }
  if (before !== undefined) return withPort(formatIp(before), port);
  return {
    problem: "has too many colons",
    remedy: "write it as user:password@host:port, and an IPv6 address in brackets",
    plausible: false,
  };
}

function parseHost(text: string, example: string): string | AuthorityProblem {
  if (isDottedDecimal(text)) return text;
  // A token is a valid name to DNS, which would be asked for it.
  if (looksSecretHost(text)) return { ...secretHost(example), plausible: false };
  const host = parseHostname(text);
  if (host !== undefined && !/^(?:undefined|null|nil|none|nan)$/.test(host)) return host;
  return { ...hostProblem(text, example), plausible: /^[\d.]+$/.test(text) };
}

const secretHost = (example: string): ProxyProblem => ({
  problem: "has a host that looks like a key or a token, and is not shown",
  remedy: `write the proxy's name or address, as ${example}`,
});

function hostProblem(text: string, example: string): ProxyProblem {
  if (text === "") return { problem: "names no host before the port", remedy: `write it as ${example}` };
  if (/[$%{}]/.test(text)) return { problem: notExpanded, remedy: `write the host itself, as ${example}` };
  if (/^(?:undefined|null|nil|none|nan)$/i.test(text))
    return {
      problem: `has "${text}" instead of a host`,
      remedy: `write the host itself, as ${example}: whatever made this value did not have it`,
    };
  if (/[<>]/.test(text))
    return { problem: "holds a placeholder instead of a host", remedy: `write the host itself, as ${example}` };
  if (/[,;|]/.test(text))
    return {
      problem: "names more than one proxy",
      remedy: "name one proxy only; a PAC file can choose among several",
    };
  if (/^[\d.]+$/.test(text))
    return {
      problem: "holds a number instead of a host",
      remedy: `write the host's name or its full IPv4 address, as ${example}`,
    };
  return { problem: "has a host that is not a valid name or address", remedy: `write it as ${example}` };
}
