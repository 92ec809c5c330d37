import { rememberingOrigins } from "../../base/remember.js";
import type { ConnectError } from "../../base/errors.js";
import { readUrl } from "../../base/read-url.js";
import type { Socket } from "node:net";
import { formatHostPort, hostPortOf, type HostPort } from "../../base/hostname.js";
import { embeddedIpv4, isLinkLocal, isLoopback, parseIp, type IpAddress } from "../../base/ip.js";
import { authority, type DialContext } from "../../dial/index.js";
import type { Route } from "../../route/index.js";
import { linkLocalFault, loopFault, settingLoop } from "../faults.js";
import type { Starter } from "../types.js";

/** What the gateway does not dial. */
export interface GuardOptions {
  /** The ports on loopback where the gateway itself listens, its reverse proxies included; asked for again each time. */
  readonly ownPorts: () => ReadonlySet<number>;
  /** Link-local targets are allowed. */
  readonly linkLocal: boolean;
  readonly starter: Starter;
  /** Clients come without having asked for a proxy. */
  readonly captures: boolean;
}

/**
 * The settings with a guard before them: every part of the gateway dials through it. A target that is the gateway itself, in any
 * spelling or by a name that resolves to it, is PROXY_LOOP, and so is a proxy setting that names the gateway. A link-local
 * target, by address or by a name that is resolved here, is PROXY_FORBIDDEN: the metadata services of clouds give their
 * credentials to whoever can reach them.
 */
export function guardContext(context: DialContext, guard: GuardOptions): DialContext {
  const { system, policy } = context;
  const linkLocal = (target: string): ConnectError =>
    linkLocalFault(target, { ...guard, proxyLoopback: policy.noProxy.value.proxyLoopback });
  const lookup: typeof system.lookup = async (hostname) => {
    const found = await system.lookup(hostname);
    if (!guard.linkLocal && found.some(({ address }) => isLinkLocalText(address))) throw linkLocal(hostname);
    return found;
  };
  return {
    ...context,
    system: { ...system, lookup },
    route: (url) => {
      const target = readTarget(url);
      if (target !== undefined && !guard.linkLocal && isLinkLocalText(target.host))
        throw linkLocal(formatHostPort(target.host, target.port));
      if (target !== undefined) refuseByName(target, guard);
      const route = context.route(url);
      return "then" in route
        ? route.then((settled) => checkWays(settled, target, context, guard))
        : checkWays(route, target, context, guard);
    },
  };
}

/**
 * Whether an open socket leads to the gateway itself: what a name meant may have changed since it was asked for.
 * @param port that was connected to; the kernel is asked for the address only where the port is one of ours
 */
export function leadsHome(socket: Pick<Socket, "remoteAddress">, port: number, { ownPorts }: GuardOptions): boolean {
  return ownPorts().has(port) && isHere(parseIp(socket.remoteAddress ?? ""));
}

/** Undefined for what is not a URL: the route's own rules say so better. */
const readTarget = rememberingOrigins((url): HostPort | undefined => {
  const parsed = readUrl(url);
  return parsed && hostPortOf(parsed);
});

function refuseByName({ host, port }: HostPort, { ownPorts }: GuardOptions): void {
  if (ownPorts().has(port) && isHereByName(host)) throw loopFault(formatHostPort(host, port));
}

/** Also those that a PAC file names for the case that the first one fails. */
function checkWays(
  route: Route,
  target: HostPort | undefined,
  context: DialContext,
  guard: GuardOptions,
): Route | Promise<Route> {
  if (route.others === undefined) return checkRoute(route, target, context, guard);
  const checked = [route, ...route.others].map(async (way) => checkRoute(way, target, context, guard));
  return Promise.all(checked).then(() => route);
}

function checkRoute(
  route: Route,
  target: HostPort | undefined,
  context: DialContext,
  { ownPorts }: GuardOptions,
): Route | Promise<Route> {
  const ports = ownPorts();
  for (const hop of route.hops) if (ports.has(hop.port) && isHereByName(hop.host)) throw settingLoop(route);
  // Only a name with a port of ours can lead here, so that others cost no question.
  const hop = route.hops.find(({ host, port }) => ports.has(port) && parseIp(host) === undefined);
  const direct =
    route.kind === "direct" && target !== undefined && ports.has(target.port) && parseIp(target.host) === undefined;
  if (hop === undefined && !direct) return route;
  return refuseByAddress(route, hop ?? target, hop === undefined, context);
}

async function refuseByAddress(
  route: Route,
  endpoint: HostPort | undefined,
  isTarget: boolean,
  { system }: DialContext,
): Promise<Route> {
  if (endpoint === undefined) return route;
  // What cannot be resolved is the dialer's to tell.
  const found = await system.lookup(endpoint.host).catch(() => []);
  if (found.some(({ address }) => isHere(parseIp(address))))
    throw isTarget ? loopFault(authority(endpoint)) : settingLoop(route);
  return route;
}

function isLinkLocalText(text: string): boolean {
  return leadsTo(parseIp(text), isLinkLocal);
}

/** Also by way of a translator: a network with NAT64 or 6to4 takes the IPv4 address out, and connects to that. */
function leadsTo(address: IpAddress | undefined, kind: (address: IpAddress) => boolean): boolean {
  return address !== undefined && (kind(address) || embeddedIpv4(address).some(kind));
}

/** Names that stand for this machine without being asked for (RFC 6761 section 6.3), and its addresses. */
function isHereByName(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || isHere(parseIp(host));
}

/** The unspecified address leads to this machine as well, on most systems. */
function isHere(address: IpAddress | undefined): boolean {
  return leadsTo(address, (one) => isLoopback(one) || one.value === 0n);
}
