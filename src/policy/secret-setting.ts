import { resolvePath } from "../base/path.js";
import type { ConnectError } from "../base/errors.js";
import { showAs } from "../base/show-as.js";
import { Secret } from "../base/secret.js";
import { configInvalid } from "./findings.js";
import type { PathContext } from "./path-setting.js";
import type { SecretInput } from "./settings.js";
import type { SecretRef } from "./types.js";
import type { VariableLookup } from "./variables.js";

export interface SecretContext extends PathContext {
  readonly lookup: VariableLookup;
  /** Called for each secret that stands in the source itself. */
  readonly onInlineSecret?: () => void;
}

/** A secret setting as a reference. A variable is read at once, since a policy does not change with the environment. */
export function secretRef(input: SecretInput, setting: string, context: SecretContext): SecretRef | ConnectError {
  if (typeof input === "string") {
    context.onInlineSecret?.();
    return { kind: "inline", secret: new Secret(input) };
  }
  if ("command" in input) {
    // A command line may hold a secret as well, as in `echo`.
    return showAs({ kind: "command", command: input.command } as const, () => "[command]");
  }
  if ("file" in input) return { kind: "file", path: resolvePath(input.file, context).path };
  const variable = context.lookup(input.variable);
  if (variable !== undefined) return { kind: "inline", secret: new Secret(variable.value) };
  const name = /^\w{1,60}$/.test(input.variable) ? `the variable ${input.variable}` : "a variable";
  return configInvalid(
    `${setting} refers to ${name}, which is not set`,
    "Set that variable, or give the secret by a command or a file.",
  );
}

/** For `explain`. */
export function showSecretRef(ref: SecretRef): string {
  if (ref.kind === "inline") return "[secret]";
  return ref.kind === "command" ? "[from a command]" : `[from ${ref.path}]`;
}
