import type { ConnectError } from "../base/errors.js";
import { findChainBreakers } from "../trust/index.js";
import { machineOf } from "./machine.js";
import type { Diagnosable } from "./types.js";

/** Looks for authorities on which other programs fail. */
export type BreakerSearch = (
  network: Pick<Diagnosable, "policy" | "system" | "trust">,
) => Promise<readonly ConnectError[]>;

/** The same for as many networks as one run has: those that trust the same are gone through once, since a store takes a while to read. */
export function breakersOnce(): BreakerSearch {
  const found = new Map<string, Promise<readonly ConnectError[]>>();
  return (network) => {
    const { policy, trust } = network;
    const { stores, files, directories } = policy.trust;
    const named = [stores, files, directories].flat().map(({ value, source }) => [value, source]);
    // What was loaded stands for text that a setting holds in place of a path.
    const key = JSON.stringify([trust.id, policy.prefix, named]);
    const known = found.get(key) ?? findChainBreakers(policy.trust, machineOf(network), policy);
    found.set(key, known);
    return known;
  };
}
