import type { LookupFunction } from "node:net";
import type { System } from "../base/system.js";
import type { DialContext } from "../dial/types.js";
import { configFilePaths, createSystem, currentVariables, withLookup } from "../env/index.js";
import { loadIdentities } from "../identity/index.js";
import type { PolicyOptions } from "../policy/index.js";
import { createRouter, type PacFiles } from "../route/index.js";
import { loadTrust } from "../trust/index.js";
import { firstOf } from "./faults-settings.js";
import { filesOf, type Loaded, type Loading } from "./live/index.js";
import { environmentOptions, policyOf, type ContextSource } from "./source.js";

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
export function loadContext(options: ContextOptions = {}): Promise<DialContext> {
  return loadWith(options);
}

/**
 * Gives a function that does so again and again. Each time but the first, PAC files are asked for again, too, at the next request that
 * needs them; where one cannot be had, the last good one stays in use, as it does where no settings are loaded again.
 */
export function contextLoader(options: () => ContextOptions): () => Promise<DialContext> {
  const pacFiles: PacFiles = new Map();
  return async () => {
    const context = await loadWith(options(), pacFiles);
    for (const file of pacFiles.values()) file.again();
    return context;
  };
}

async function loadWith(options: ContextOptions, pacFiles?: PacFiles): Promise<DialContext> {
  const { context, fault } = await (await loadSettings(options, pacFiles)).finish();
  if (fault !== undefined) throw fault;
  return context;
}

/** The same, with what is unusable left out and listed in the `faults` of its parts: for who looks into settings. */
export async function gatherContext(options: ContextOptions = {}): Promise<DialContext> {
  const { context } = await (await loadSettings(options)).finish();
  return context;
}

/** The same in two steps, for who watches the files: it is known which ones these are before they are read. */
export async function loadSettings(options: ContextOptions = {}, pacFiles: PacFiles = new Map()): Promise<Loading> {
  const system = withLookup(options.system ?? createSystem(), options.lookup);
  const begunAt = system.now();
  const policy = policyOf(options);
  const { source } = options;
  const isRead = source?.policy === undefined && source?.environment === undefined;
  const places = isRead ? configFilePaths(environmentOptions(options)) : [];
  const finish = async (): Promise<Loaded> => {
    const { prefix, strict } = policy;
    const [trust, identities] = await Promise.all([
      loadTrust(policy.trust, system, { prefix, strict }),
      loadIdentities(policy, system),
    ]);
    const router = createRouter(policy, {
      system,
      files: pacFiles,
      probe: async (proxy) => (await import("../dial/index.js")).isThere(system, proxy),
      fetch: async (...asked) => (await import("./pac-download.js")).pacDownload(() => context)(...asked),
    });
    const context: DialContext = { policy, trust, identities, system, ...router };
    return { context, fault: firstOf([...policy.faults, ...trust.faults, ...identities.faults]) };
  };
  return { system, begunAt, files: [...new Set([...places, ...filesOf(policy, system.platform)])], finish };
}

/** Loads what the options name again and again: the files as they are then, by the variables as they are now. */
export function settingsLoader(options: ContextOptions): () => Promise<Loading> {
  const { source = { variables: currentVariables() } } = options;
  const fixed = source.variables === undefined ? source : { variables: { ...source.variables } };
  // A PAC file that was read stays in use where it cannot be read again.
  const pacFiles: PacFiles = new Map();
  return () => loadSettings({ ...options, source: fixed }, pacFiles);
}
