import { hostPortOf } from "../../base/hostname.js";
import type { ContextOptions, Network } from "../../clients/index.js";
import type { System } from "../../base/system.js";
import {
  createSystem,
  dataFolderLocation,
  openProxyLogins,
  readEnvironment,
  withLookup,
  type ProxyLogins,
  type Snapshot,
} from "../../env/index.js";
import { resolvePolicy, type PolicyOptions } from "../../policy/index.js";
import type { Policy } from "../../policy/types.js";
import { withClaudeSettings } from "../../tools/index.js";
import type { Context } from "../context.js";
import type { GlobalFlags } from "../invocation.js";
import type { ResolveEntry } from "./resolve.js";
import { twoPassphrases, keyInArguments } from "../faults.js";

export interface ResolveOverrides {
  readonly entries: readonly ResolveEntry[];
  readonly target: URL;
}

/** The way out, by the environment and the flags. */
export async function openNetwork(flags: GlobalFlags, context: Context, overrides: ResolveOverrides): Promise<Network> {
  const { createNetwork } = await import("../../clients/index.js");
  return createNetwork(networkOptions(flags, context, overrides));
}

/** What flags and environment come to, for `createNetwork` and for a diagnosis alike. */
export function networkOptions(
  flags: GlobalFlags,
  context: Context,
  overrides?: ResolveOverrides,
): ContextOptions & { readonly source: { readonly environment: Snapshot }; readonly system: System } {
  const { io, variables } = context;
  const system = withLookup(createSystem({ storedLogins: proxyLogins(context) }), io.lookup);
  return {
    ...policyOptions(flags),
    source: {
      environment: readEnvironment({
        variables: flags.config === undefined ? variables : { ...variables, SALLYPORT_CONFIG: flags.config },
      }),
    },
    system:
      overrides === undefined || overrides.entries.length === 0
        ? system
        : { ...system, lookup: resolving(overrides, system.lookup) },
  };
}

/** The same options with what Claude Code's settings say of the network: see {@link withClaudeSettings}. */
export function withClaude<Options extends { readonly source: { readonly environment: Snapshot } }>(
  options: Options,
  order: "over" | "under",
): Options {
  return { ...options, source: { environment: withClaudeSettings(options.source.environment, order) } };
}

/** What is stored for this user. */
export function proxyLogins({ variables }: Context): ProxyLogins {
  return openProxyLogins({ location: dataFolderLocation(variables) });
}

/** What they say alone: nothing that they name is read. @throws UsageError for what no flag may say */
export function loadPolicy(flags: GlobalFlags, context: Context): Policy {
  return resolvePolicy(networkOptions(flags, context).source.environment, policyOptions(flags));
}

/** @throws UsageError for what no flag may say */
function policyOptions(flags: GlobalFlags): PolicyOptions {
  const { proxy, noProxy, cacert, cert, key, pfx, passphraseFile, passphraseCommand, strict } = flags;
  if (passphraseFile !== undefined && passphraseCommand !== undefined) {
    throw twoPassphrases();
  }
  const passphrase =
    passphraseFile !== undefined
      ? { file: passphraseFile }
      : passphraseCommand !== undefined
        ? { command: passphraseCommand }
        : undefined;
  for (const [flag, value] of Object.entries({ cert, key, pfx, cacert: cacert?.join("\n") })) {
    if (value === undefined || !value.includes("PRIVATE KEY-----")) continue;
    // As with passphrases, for which there is no flag.
    throw keyInArguments(flag);
  }
  return { proxy, noProxy, ca: cacert ?? [], cert, key, pfx, passphrase, strict };
}

/** The port counts for the target alone: it is not known which port of another host is meant. */
function resolving(
  { entries, target }: ResolveOverrides,
  otherwise: ReturnType<typeof createSystem>["lookup"],
): typeof otherwise {
  const { host, port } = hostPortOf(target);
  return async (hostname) => {
    const found = entries.filter((entry) => entry.host === hostname && (hostname !== host || entry.port === port));
    if (found.length === 0) return otherwise(hostname);
    return found.map(({ address }) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };
}

export function definedVariables(variables: Context["variables"]): Record<string, string> {
  const defined: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined) defined[name] = value;
  }
  return defined;
}
