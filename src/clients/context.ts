import type { LookupFunction } from "node:net";
import { ConnectError } from "../base/errors.js";
import type { System } from "../base/system.js";
import type { DialContext } from "../dial/types.js";
import { createSystem, readEnvironment, withLookup, type EnvironmentOptions, type Snapshot } from "../env/index.js";
import { loadIdentities } from "../identity/index.js";
import { resolvePolicy, type Policy, type PolicyOptions } from "../policy/index.js";
import { selectRoute } from "../route/index.js";
import { loadTrust } from "../trust/index.js";

/** Where the settings come from: the environment, unless they are handed in. Settings given here win over variables. */
export interface ContextOptions extends PolicyOptions {
  /** A policy that was resolved before: nothing is read, and the other settings do not count. */
  readonly policy?: Policy;
  /** An environment that was read before. Default: this process's, now. */
  readonly environment?: Snapshot;
  /** Read these variables instead of `process.env`. */
  readonly variables?: EnvironmentOptions["variables"];
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
  const policy = options.policy ?? resolvePolicy(snapshot(options), options);
  const { prefix, strict } = policy;
  const [trust, identities] = await Promise.all([
    loadTrust(policy.trust, system, { prefix, strict }),
    loadIdentities(policy, system),
  ]);
  return { policy, trust, identities, system, route: (url) => selectRoute(policy, url) };
}

function snapshot({ environment, variables, prefix }: ContextOptions): Snapshot {
  return environment ?? readEnvironment({ ...(variables && { variables }), ...(prefix !== undefined && { prefix }) });
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
