import type { ConnectError } from "../base/errors.js";
import type { System } from "../base/system.js";
import { asWarning } from "../policy/index.js";
import type { IdentitySpec, Policy } from "../policy/types.js";
import { proxyConnectionsFail, requestsFail } from "./faults-scope.js";
import type { IdentityResult, LoadIdentityOptions } from "./load.js";
import type { BrokenIdentity, Identities, Identity } from "./types.js";

export type { IdentityResult, LoadIdentityOptions } from "./load.js";
export type { BrokenIdentity, Identities, Identity, IdentityMaterial } from "./types.js";
export { deriveKey } from "./pbe.js";

/**
 * Loads and checks every client certificate of a policy. One that has a fault is among `broken`, and its faults are reported:
 * as warnings where it is for some hosts alone. Nothing else is thrown. Which one a host gets to see is decided where the connection is made.
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
  const usable: Identity[] = [];
  const broken: BrokenIdentity[] = [];
  const limited: ConnectError[] = [];
  const tell = (faults: readonly ConnectError[], consequence: string): void =>
    void limited.push(...faults.map((fault) => asWarning(fault, consequence)));
  for (const [index, { identity, faults }] of origins.entries()) {
    const [fault] = faults;
    const spec = identities[index];
    if (identity !== undefined) usable.push(identity);
    else if (fault !== undefined && spec !== undefined) {
      const { name, hosts } = spec;
      broken.push({ name, hosts, behind: usable.length, faults, fault });
      if (hosts !== "all") tell(faults, requestsFail(hosts));
    }
  }
  tell(proxy?.faults ?? [], proxyConnectionsFail());
  return {
    origins: usable,
    broken,
    ...(proxy?.identity === undefined ? {} : { proxy: proxy.identity }),
    ...(proxy?.faults[0] === undefined ? {} : { brokenProxy: proxy.faults[0] }),
    faults: [
      ...origins.flatMap(({ faults }, index) => (identities[index]?.hosts === "all" ? faults : [])),
      ...(strict ? limited : []),
    ],
    warnings: [...all.flatMap(({ warnings }) => warnings), ...(strict ? [] : limited)],
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

/** Loads node:crypto, which the rest of this file does without. */
export const loadFileReaders = (): Promise<typeof import("./file-readers.js")> => import("./file-readers.js");
