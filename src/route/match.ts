import { canonicalHost } from "../base/hostname.js";
import { inRange, isLinkLocal, isLoopback, parseIp, type IpAddress } from "../base/ip.js";
import type { HostPattern, NoProxyEntry, NoProxyRules } from "../policy/types.js";

/** A host prepared for comparing it with many patterns. */
export interface MatchTarget {
  /** In the spelling of {@link canonicalHost}. */
  readonly host: string;
  readonly address: IpAddress | undefined;
  readonly port: number;
}

export function matchTarget(host: string, port: number): MatchTarget {
  const canonical = canonicalHost(host);
  return { host: canonical, address: parseIp(canonical), port };
}

/**
 * The first NO_PROXY entry that the target matches. `host` may be in any spelling, with or without brackets; `port` is the
 * one that is connected to, default ports included. Loopback is not treated apart here: {@link isAlwaysDirect} is.
 */
export function matchNoProxy(rules: NoProxyRules, host: string, port: number): NoProxyEntry | undefined {
  return firstMatch(rules.entries, matchTarget(host, port));
}

/** Whether the target matches one of the patterns, which are those of a route or an identity. */
export function matchHost(patterns: readonly HostPattern[], host: string, port: number): boolean {
  return firstMatch(patterns, matchTarget(host, port)) !== undefined;
}

export function firstMatch<P extends NoProxyEntry>(patterns: readonly P[], target: MatchTarget): P | undefined {
  for (const pattern of patterns) {
    if (matches(pattern, target)) return pattern;
  }
  return undefined;
}

/** Loopback and link-local targets, which go direct unless `<-loopback>` says otherwise. Names count by RFC 6761 section 6.3. */
export function isLocal(target: MatchTarget): boolean {
  const { host, address } = target;
  if (address !== undefined) return isLoopback(address) || isLinkLocal(address);
  return host === "localhost" || host.endsWith(".localhost");
}

function matches(pattern: NoProxyEntry, target: MatchTarget): boolean {
  if (pattern.port !== undefined && pattern.port !== target.port) return false;
  switch (pattern.kind) {
    case "all":
      return true;
    case "simple-names":
      return target.address === undefined && !target.host.includes(".");
    case "range":
      return target.address !== undefined && inRange(pattern.range, target.address);
    case "domain":
      // No domain of a pattern ends in a number, so none is the end of an address.
      return inDomain(target.host, pattern.domain, pattern.subdomainsOnly);
  }
}

function inDomain(host: string, domain: string, subdomainsOnly: boolean): boolean {
  if (host.length === domain.length) return !subdomainsOnly && host === domain;
  const boundary = host.length - domain.length - 1;
  return boundary > 0 && host.charCodeAt(boundary) === 46 && host.endsWith(domain);
}
