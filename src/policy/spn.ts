import { oneLine } from "../base/one-line.js";
import { invalidSpn } from "./faults-proxy.js";
import type { Candidate } from "./findings.js";
import { formatNoProxy, parseNoProxy } from "./no-proxy.js";
import type { NoProxyRules, Source } from "./types.js";

/** A service principal: `HTTP/host`, with its realm behind it where that is not this machine's (RFC 4120 section 6.2.1). */
const principal = /^[A-Za-z][\w-]*\/[\w.-]+(?:@[\w.-]+)?$/;

export function spnCandidate(text: string, source: Source, setting: string): Candidate<string> {
  const value = text.trim();
  const faults = principal.test(value) ? [] : [invalidSpn(setting)];
  return { name: "proxyAuth.spn", value, source, shown: oneLine(value, 120), faults };
}

/** Proxies that may have a ticket, in the grammar of NO_PROXY. */
export function proxyHostsCandidate(
  value: string | readonly string[],
  source: Source,
  setting: string,
): Candidate<NoProxyRules> {
  const { rules, warnings } = parseNoProxy(value, setting);
  return { name: "proxyAuth.hosts", value: rules, source, shown: formatNoProxy(value), warnings };
}
