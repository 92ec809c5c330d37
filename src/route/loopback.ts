import { isLoopback } from "../base/ip.js";
import type { HostPattern, Policy } from "../policy/types.js";
import { firstMatch, matchTarget, type MatchTarget } from "./match.js";

/**
 * Whether a target is this machine itself (RFC 6761 section 6.3: `*.localhost` too), and no setting speaks of it: no `<-loopback>`, no rule
 * and no identity that names it. One for all hosts does not: it is meant for the network. Such a target is nobody's business but
 * its program's, where that is a matter of choice.
 */
export function isLeftAlone({ noProxy, routes, identities }: Policy, host: string, port: number): boolean {
  const target = matchTarget(host, port);
  if (!isThisMachine(target) || noProxy.value.proxyLoopback) return false;
  const named = [...routes, ...identities].map(({ hosts }) => hosts);
  return !named.some((hosts) => hosts !== "all" && names(hosts, target));
}

function isThisMachine({ host, address }: MatchTarget): boolean {
  return address === undefined ? host === "localhost" || host.endsWith(".localhost") : isLoopback(address);
}

function names(hosts: readonly HostPattern[], target: MatchTarget): boolean {
  return (
    firstMatch(
      hosts.filter(({ kind }) => kind !== "all"),
      target,
    ) !== undefined
  );
}
