import type { Identities, Identity } from "../identity/types.js";
import type { IdentitySpec } from "../policy/types.js";
import { matchHost } from "../route/index.js";
import type { Diagnosable } from "./types.js";

type Settings = Pick<Diagnosable, "policy" | "identities">;

/** The identity that the settings mean for this host, where it could not be loaded. */
export function brokenIdentityFor(
  { policy, identities }: Settings,
  host: string,
  port: number,
): IdentitySpec | undefined {
  const own = policy.identities.find(({ hosts }) => hosts === "all" || matchHost(hosts, host, port));
  return own === undefined || identities.origins.some((loaded) => isOf(loaded, own)) ? undefined : own;
}

/** By the very patterns, since two identities may go by one name. There is but one for all hosts. */
const isOf = (loaded: Identity, spec: IdentitySpec): boolean =>
  loaded.name === spec.name && loaded.hosts === spec.hosts;

/**
 * What may be shown to this host. One whose own identity is unusable is shown none: the one for all other hosts would tell a
 * stranger who we are.
 */
export function identitiesFor(settings: Settings, host: string, port: number): Identities {
  const { identities } = settings;
  return brokenIdentityFor(settings, host, port) === undefined
    ? identities
    : { ...identities, origins: [], broken: [] };
}
