import { readEnvironment, type EnvironmentOptions, type Snapshot } from "../env/index.js";
import { policyOptionsIn, resolvePolicy, type Policy, type PolicyOptions } from "../policy/index.js";
import { besidePolicy, emptySource, misplacedSource, severalSources } from "./faults-settings.js";

/** Where the settings come from that are not given in code: exactly one of the three. */
export type ContextSource =
  /** These variables in place of `process.env`, and the config files that they lead to, read now. */
  | {
      readonly variables: NonNullable<EnvironmentOptions["variables"]>;
      readonly environment?: never;
      readonly policy?: never;
    }
  /** What `readEnvironment` has read. */
  | { readonly environment: Snapshot; readonly variables?: never; readonly policy?: never }
  /** What `resolvePolicy` has made. It is complete: settings in code beside it are refused, since they would not count. */
  | { readonly policy: Policy; readonly variables?: never; readonly environment?: never };

type Sourced = PolicyOptions & { readonly source?: ContextSource };

const kinds = ["variables", "environment", "policy"] as const;

/** @throws {ConnectError} CONFIG_INVALID for options that contradict one another, or that belong in `source` */
export function policyOf(options: Sourced): Policy {
  const { source } = options;
  check(options, source);
  if (source?.policy !== undefined) return source.policy;
  return resolvePolicy(source?.environment ?? readEnvironment(environmentOptions(options)), options);
}

/** How the environment is read where the source is not read already. */
export function environmentOptions({ source, prefix }: Sourced): EnvironmentOptions {
  return { ...(source?.variables && { variables: source.variables }), ...(prefix !== undefined && { prefix }) };
}

/** The types say the same; this is for callers without them. An option that was passed over would send a program out another way. */
function check(options: object, source: unknown): void {
  const misplaced = kinds.find((kind) => given(options, kind));
  if (misplaced !== undefined) throw misplacedSource(misplaced);
  if (source === undefined) return;
  const named = typeof source === "object" && source !== null ? kinds.filter((kind) => given(source, kind)) : [];
  if (named.length === 0) throw emptySource();
  if (named.length > 1) throw severalSources(named);
  if (named[0] !== "policy") return;
  const beside = policyOptionsIn(options);
  if (beside.length === 0) return;
  throw besidePolicy(beside);
}

function given(options: object, name: string): boolean {
  return (options as Readonly<Record<string, unknown>>)[name] !== undefined;
}
