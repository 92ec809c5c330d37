import { trimInvisible } from "../base/invisible.js";
import type { Snapshot, VariableOrigin } from "../env/index.js";
import type { Source } from "./types.js";

export interface Variable {
  /** As it is spelt in the environment. */
  readonly name: string;
  /** As it is; never empty or white space alone. */
  readonly value: string;
  /** Where it stands, if not in the environment. */
  readonly origin?: VariableOrigin | undefined;
}

/** Looks up a variable; an empty one counts as unset. */
export type VariableLookup = (name: string) => Variable | undefined;

/** Whether a switch is on; what is no switch is not. */
export const saysOn = (text: string): boolean => ["1", "true", "yes", "on"].includes(text.trim().toLowerCase());

/** On Windows, names compare without case: `https_proxy` and `HTTPS_PROXY` are one variable there. */
export function variableLookup({ variables, platform, origins }: Snapshot): VariableLookup {
  const spelt = (name: string): Variable | undefined => {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    return value === undefined || trimInvisible(value) === "" ? undefined : { name, value, origin: origins?.[name] };
  };
  if (platform !== "win32") return spelt;
  const spellings = new Map(Object.keys(variables).map((name) => [name.toUpperCase(), name]));
  return (name) => {
    const spelling = spellings.get(name.toUpperCase());
    return spelling === undefined ? undefined : spelt(spelling);
  };
}

export function sourceOf({ name, origin }: Variable): Source {
  return origin === undefined ? { kind: "variable", name } : { kind: "file", ...origin };
}
