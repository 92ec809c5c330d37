import type { System } from "../base/system.js";
import type { IdentitySpec, Policy } from "../policy/types.js";
import type { IdentityResult, LoadIdentityOptions } from "./load.js";
import type { Identities } from "./types.js";

export type { IdentityResult, LoadIdentityOptions } from "./load.js";
export type { Identities, Identity, IdentityMaterial } from "./types.js";

/**
 * Loads and checks every client certificate of a policy. One that has a fault is left out and its faults are reported;
 * nothing else is thrown. Which one a host gets to see is decided where the connection is made.
 *
 * @throws The reason of `options.signal`, where that was aborted.
 */
export async function loadIdentities(
  policy: Pick<Policy, "identities" | "proxyIdentity" | "prefix" | "strict">,
  system: System,
  options: Pick<LoadIdentityOptions, "signal"> = {},
): Promise<Identities> {
  const { identities, proxyIdentity, prefix, strict } = policy;
  const load = (spec: IdentitySpec): Promise<IdentityResult> =>
    loadIdentity(spec, system, { prefix, strict, ...options });
  const [origins, proxy] = await Promise.all([
    Promise.all(identities.map(load)),
    proxyIdentity === undefined ? undefined : load(proxyIdentity),
  ]);
  const all = proxy === undefined ? origins : [...origins, proxy];
  return {
    origins: origins.map(({ identity }) => identity).filter((identity) => identity !== undefined),
    ...(proxy?.identity === undefined ? {} : { proxy: proxy.identity }),
    faults: all.flatMap(({ faults }) => faults),
    warnings: all.flatMap(({ warnings }) => warnings),
  };
}

/** Loads and checks one client certificate. See {@link loadIdentities}. */
export async function loadIdentity(
  spec: IdentitySpec,
  system: System,
  options: LoadIdentityOptions = {},
): Promise<IdentityResult> {
  const { loadOne } = await import("./load.js");
  return loadOne(spec, system, options);
}
