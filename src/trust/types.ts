import type { FaultsAndWarnings } from "../base/errors.js";
import type { System } from "../base/system.js";

/** Where authorities came from, and how many. */
export interface TrustSource {
  /** "bundled", "system", or the path of a file or directory. */
  readonly name: string;
  /** Certificates of use found there, and how many of them came into the bundle: new to it, and not needless. */
  readonly found: number;
  readonly added: number;
  /** Those that were left out because their time is over; `found` does not count them. */
  readonly expired: number;
}

/** The merged set of authorities. Immutable; two bundles with the same `id` hold the same certificates. */
export interface TrustBundle extends FaultsAndWarnings {
  readonly id: string;
  /** PEM, each once, and such that the order of the files decides nothing (see arrange.ts). */
  readonly certificates: readonly string[];
  /**
   * Those that Node does not bundle, PEM: what an appending variable (NODE_EXTRA_CA_CERTS) of a child should hold. The
   * system store's are among them, since a child that starts without it would miss them.
   */
  readonly extra: readonly string[];
  readonly sources: readonly TrustSource[];
}

/** Reads an operating system's store as PEM, with each tool that it starts ended after `timeout` milliseconds. */
export type ReadStore = (system: System, timeout: number) => Promise<Buffer>;
