import { findConnectError, type ConnectError, type Fault } from "../base/errors.js";
import { hostPortOf } from "../base/hostname.js";
import { identityMeantFor } from "../dial/index.js";
import { reportRoute } from "../route/index.js";
import type { Diagnosable, RouteReport } from "./types.js";

type Configured = Pick<Diagnosable, "policy" | "trust" | "identities">;
type Routed = Configured & Pick<Diagnosable, "route">;

/** What makes the configuration unusable: everything, not the first alone. */
export function configurationFaults(network: Configured): Fault[] {
  return toFaults(faultsOf(network));
}

/** What else is to be said of it: also what is unusable for some targets alone. */
export function configurationWarnings(network: Configured): Fault[] {
  return toFaults(warningsOf(network));
}

export function faultsOf({ policy, trust, identities }: Configured): ConnectError[] {
  return [...policy.faults, ...trust.faults, ...identities.faults];
}

export function warningsOf({ policy, trust, identities }: Configured): ConnectError[] {
  return [...policy.warnings, ...trust.warnings, ...identities.warnings];
}

/** The warnings without those that announce what a request to this URL fails with. */
export async function warningsFor(network: Routed, url: URL): Promise<ConnectError[]> {
  const deciding = await faultsFor(network, url);
  return warningsOf(network).filter(({ cause }) => !deciding.some((fault) => fault === cause));
}

/** Of the settings that are unusable for some targets alone: what is wrong with those that decide for this one. */
export async function faultsFor(network: Routed, url: URL): Promise<ConnectError[]> {
  const { identities } = network;
  const { host, port } = hostPortOf(url);
  const { route, fault } = await chosenRoute(network, url);
  const meant = url.protocol === "https:" ? identityMeantFor({ identities }, host, port) : undefined;
  const overTls = route?.hops.some(({ protocol }) => protocol === "https") === true;
  const deciding = new Set<unknown>([
    fault,
    ...(meant !== undefined && "fault" in meant ? meant.faults : []),
    ...(overTls ? [identities.brokenProxy] : []),
  ]);
  // What else may stop it, an unreachable PAC file say, is no setting's.
  return warningsOf(network).flatMap(({ cause }) => (deciding.has(cause) ? (findConnectError(cause) ?? []) : []));
}

/** Null where none can be chosen: the dialer meets the same fault, and reports it as a stage. */
export async function chosenRoute(
  network: Pick<Diagnosable, "route">,
  url: URL,
): Promise<{ readonly route: RouteReport | null; readonly fault?: ConnectError }> {
  try {
    return { route: reportRoute(await network.route(url.href)) };
  } catch (error) {
    const fault = findConnectError(error);
    // Anything but a fault is a defect of ours.
    if (fault === undefined) throw error;
    return { route: null, fault };
  }
}

export const toFaults = (errors: readonly ConnectError[]): Fault[] => unique(errors.map((error) => error.toJSON()));

/** A broken setting shows up again where it is used; once is enough. */
export function unique<One extends Fault>(faults: readonly One[]): One[] {
  const seen = new Map<string, One>();
  for (const fault of faults) {
    const key = `${fault.code} ${fault.message}`;
    if (!seen.has(key)) seen.set(key, fault);
  }
  return [...seen.values()];
}
