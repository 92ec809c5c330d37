import type { ConnectError } from "../base/errors.js";
import { looksSecret } from "../base/looks-secret.js";
import { showAs } from "../base/show-as.js";
import { Secret } from "../base/secret.js";
import { pathCandidate, type PathContext } from "./path-setting.js";
import type { SecretInput } from "./settings.js";
import type { SecretRef, Source } from "./types.js";
import type { VariableLookup } from "./variables.js";
import { variableNotSet } from "./faults.js";

export interface SecretContext extends PathContext {
  readonly lookup: VariableLookup;
}

/** A value as it was read, with what is to be said about it if it counts. */
export interface ParsedSetting<T> {
  readonly value: T;
  readonly warnings: readonly ConnectError[];
}

/** A secret setting as a reference. A variable is read at once, since a policy does not change with the environment. */
export function secretRef(
  input: SecretInput,
  source: Source,
  context: SecretContext,
): ParsedSetting<SecretRef> | ConnectError {
  if (typeof input === "string") {
    context.onInlineSecret?.();
    return inline(input);
  }
  if ("command" in input) {
    // A command line may hold a secret as well, as in `echo`.
    const { command, ttl } = input;
    const value = showAs({ kind: "command", command, ...(ttl !== undefined && { ttl }) } as const, () => "[command]");
    return { value, warnings: [] };
  }
  if ("file" in input) {
    const { value: path, warnings = [], fault, doubtful } = pathCandidate("file", input.file, source, context);
    return fault ?? { value: { kind: "file", path, ...(doubtful && { doubtful }) }, warnings };
  }
  const variable = context.lookup(input.variable);
  if (variable !== undefined) return inline(variable.value);
  const name =
    /^\w{1,60}$/.test(input.variable) && !looksSecret(input.variable) ? `the variable ${input.variable}` : "a variable";
  return variableNotSet(source, name);
}

function inline(text: string): ParsedSetting<SecretRef> {
  return { value: { kind: "inline", secret: new Secret(text) }, warnings: [] };
}

/** For `explain`. */
export function showSecretRef(ref: SecretRef): string {
  if (ref.kind === "inline") return "[secret]";
  if (ref.kind === "command") return "[from a command]";
  return ref.doubtful ? "[from a file]" : `[from ${ref.path}]`;
}
