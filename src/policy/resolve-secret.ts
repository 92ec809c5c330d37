import { runOnce } from "./run-once.js";
import { decodeText } from "../base/decode-text.js";
import type { ConnectError } from "../base/errors.js";
import { Secret } from "../base/secret.js";
import type { RunOptions, System } from "../base/system.js";
import type { SecretRef } from "./types.js";
import {
  commandFailed,
  commandPrintedNothing,
  emptySecretFile,
  programName,
  unreadableSecret,
} from "./faults-secret.js";

export interface ResolveSecretOptions {
  readonly signal?: AbortSignal;
  /** What a person knows the secret by, such as the name of its variable; begins the message of a fault. */
  readonly setting?: string;
  /** How a command is run. */
  readonly run?: Pick<RunOptions, "timeout" | "env" | "directory">;
  /** What was known is out of date: a command that is under way for others may be about to say just that. */
  readonly afresh?: boolean;
}

/**
 * The secret that `ref` stands for. Nothing is kept: a command is run, once for all who wait for it, and a file read, each time, so that a
 * secret that was changed is a new one here as well. A byte order mark, and one line end at the end of a command's or a file's text, are not part of the secret.
 *
 * @throws ConnectError SECRET_COMMAND_FAILED where the command or the file gives none. Neither what a command printed nor
 * the command line itself is in it: both may hold the secret.
 * @throws The signal's reason where it was aborted.
 */
export async function resolveSecret(
  ref: SecretRef,
  system: System,
  options: ResolveSecretOptions = {},
): Promise<Secret> {
  const { signal, setting, run, afresh = false } = options;
  signal?.throwIfAborted();
  if (ref.kind === "inline") return ref.secret;

  const label = setting === undefined ? "" : `${setting}: `;
  if (ref.kind === "file") {
    const bytes = await system.readFile(ref.path).catch((error: unknown) => {
      throw unreadableSecret(label, ref, error);
    });
    return nonEmpty(decodeText(bytes), () => emptySecretFile(label, ref.path));
  }

  const program = programName(ref.command);
  // What depends on more than the command is another run: its environment tells for whom it is.
  const output = await (
    run === undefined
      ? runOnce(ref.command, system, { signal, afresh })
      : system.run(ref.command, { ...run, ...(signal && { signal }) })
  ).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw commandFailed(label, program, error);
  });
  return nonEmpty(output, () => commandPrintedNothing(label, program));
}

function nonEmpty(text: string, fault: () => ConnectError): Secret {
  const value = text.replace(/\r?\n$/, "");
  if (value === "") throw fault();
  return new Secret(value);
}
