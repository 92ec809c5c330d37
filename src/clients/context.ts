import type { LookupFunction } from "node:net";
import { ConnectError } from "../base/errors.js";
import type { System } from "../base/system.js";
import type { DialContext } from "../dial/types.js";
import { createSystem, withLookup } from "../env/index.js";
import { loadIdentities } from "../identity/index.js";
import type { PolicyOptions } from "../policy/index.js";
import { selectRoute } from "../route/index.js";
import { loadTrust } from "../trust/index.js";
import { policyOf, type ContextSource } from "./source.js";

/** What connections are made from: where the settings are read, and settings in code, which win over variables. */
export interface ContextOptions extends PolicyOptions {
  /** Where the settings come from that are not given in code. Default: `process.env` and the config files, read now. */
  readonly source?: ContextSource;
  /** Resolves names for direct connections and for the proxies themselves. Default: the operating system's resolver. */
  readonly lookup?: LookupFunction;
  /** Clock, files, DNS and commands. Default: the real ones. */
  readonly system?: System;
}

/**
 * Reads and checks all that connections are made from, once.
 * @throws {ConnectError} for the first setting that is unusable: what was asked for is either done or refused. Where there are
 *   more, its `cause` is an AggregateError of all of them. One that decides for some targets alone (for http URLs, for the hosts of a
 *   route or an identity) is among the warnings, and connections to these fail with it.
 */
export async function loadContext(options: ContextOptions = {}): Promise<DialContext> {
  const context = await gatherContext(options);
  throwFirst([...context.policy.faults, ...context.trust.faults, ...context.identities.faults]);
  return context;
}

/** The same, with what is unusable left out and listed in the `faults` of its parts: for who looks into settings. */
export async function gatherContext(options: ContextOptions = {}): Promise<DialContext> {
  const system = withLookup(options.system ?? createSystem(), options.lookup);
  const policy = policyOf(options);
  const { prefix, strict } = policy;
  const [trust, identities] = await Promise.all([
    loadTrust(policy.trust, system, { prefix, strict }),
    loadIdentities(policy, system),
  ]);
  return { policy, trust, identities, system, route: (url) => selectRoute(policy, url) };
}

function throwFirst(faults: readonly ConnectError[]): void {
  const [first] = faults;
  if (first === undefined) return;
  if (faults.length === 1) throw first;
  const { message, remedy, hop, stage, severity } = first;
  throw new ConnectError(first.code, {
    message,
    remedy,
    hop,
    stage,
    severity,
    cause: new AggregateError(faults, `${faults.length} settings are unusable`),
  });
}
