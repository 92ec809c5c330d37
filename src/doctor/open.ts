import type { LookupFunction } from "node:net";
import type { Address, System } from "../base/system.js";
import type { ContextOptions } from "../clients/context.js";
import { dial } from "../dial/index.js";
import type { DialContext } from "../dial/types.js";
import { createSystem, readEnvironment } from "../env/index.js";
import { loadIdentities } from "../identity/index.js";
import { resolvePolicy } from "../policy/index.js";
import { selectRoute } from "../route/index.js";
import { loadTrust } from "../trust/index.js";
import { identitiesFor } from "./own-identity.js";
import type { Diagnosable } from "./types.js";

/**
 * What `createNetwork` makes, except that unusable settings are kept to be reported instead of thrown: a diagnosis lists
 * all of them, and shows how far one gets without them.
 */
export async function openForDiagnosis(options: ContextOptions = {}): Promise<Diagnosable> {
  const system = withLookup(options.system ?? createSystem(), options.lookup);
  const { variables, prefix } = options;
  const environment =
    options.environment ??
    readEnvironment({ ...(variables && { variables }), ...(prefix !== undefined && { prefix }) });
  const policy = options.policy ?? resolvePolicy(environment, options);
  const [trust, identities] = await Promise.all([
    loadTrust(policy.trust, system, { prefix: policy.prefix, strict: policy.strict }),
    loadIdentities(policy, system),
  ]);
  const context: DialContext = { policy, trust, identities, system, route: (url) => selectRoute(policy, url) };
  return {
    policy,
    trust,
    identities,
    system,
    route: context.route,
    dial: (target, dialOptions) =>
      dial({ ...context, identities: identitiesFor(context, target.host, target.port) }, target, dialOptions),
  };
}

/** A system whose names are resolved by `lookup`, a function in the manner of `dns.lookup`. */
export function withLookup(system: System, lookup: LookupFunction | undefined): System {
  if (lookup === undefined) return system;
  return {
    ...system,
    lookup: (hostname) =>
      new Promise<readonly Address[]>((resolve, reject) => {
        lookup(hostname, { all: true, verbatim: true }, (error, found, family) => {
          if (error) reject(error);
          else if (typeof found === "string") resolve([{ address: found, family: family === 6 ? 6 : 4 }]);
          else resolve(found.map((each) => ({ address: each.address, family: each.family === 6 ? 6 : 4 })));
        });
      }),
  };
}
