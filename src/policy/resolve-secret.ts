import { decodeText } from "../base/decode-text.js";
import { ConnectError } from "../base/errors.js";
import { Secret } from "../base/secret.js";
import type { System } from "../base/system.js";
import type { SecretRef } from "./types.js";
import { codeOf } from "../base/error-code.js";

export interface ResolveSecretOptions {
  readonly signal?: AbortSignal;
  /** What a person knows the secret by, such as the name of its variable; begins the message of a fault. */
  readonly setting?: string;
}

/**
 * The secret that `ref` stands for. Nothing is kept: a command is run, and a file read, each time, so that a secret that
 * was changed is a new one here as well. A byte order mark, and one line end at the end of a command's or a file's text, are not part of the secret.
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
  const { signal, setting } = options;
  signal?.throwIfAborted();
  if (ref.kind === "inline") return ref.secret;

  const label = setting === undefined ? "" : `${setting}: `;
  if (ref.kind === "file") {
    const bytes = await system.readFile(ref.path).catch((error: unknown) => {
      // The path may be the secret itself.
      const [which, it] = ref.doubtful ? ["that is named there", "it"] : [ref.path, ref.path];
      throw failed(
        `${label}the secret's file ${which} cannot be read${errorCode(error)}`,
        `check that ${it} exists and that this user can read it`,
      );
    });
    return nonEmpty(
      decodeText(bytes),
      `${label}the secret's file ${ref.path} is empty`,
      `write the secret into ${ref.path}`,
    );
  }

  const program = programName(ref.command);
  const output = await system.run(ref.command, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw failed(
      `${label}the command ${program} did not provide a secret: ${reason(error)}`,
      reason(error) === `it ${circle}`
        ? "let it reach its server without this secret: name that host in NO_PROXY, or provide the secret in a file"
        : "run the command by hand and see what it says; it must print only the secret and exit with 0",
    );
  });
  return nonEmpty(
    output,
    `${label}the command ${program} printed nothing`,
    "run the command by hand: it must print the secret on standard output",
  );
}

function nonEmpty(text: string, message: string, remedy: string): Secret {
  const value = text.replace(/\r?\n$/, "");
  if (value === "") throw failed(message, remedy);
  return new Secret(value);
}

// No `cause`: what Node throws for a command holds the command line and what was printed.
function failed(message: string, remedy: string): ConnectError {
  return new ConnectError("SECRET_COMMAND_FAILED", { message, remedy, hop: "local" });
}

/** The first word alone, without its folder: arguments may be secrets. */
function programName(command: string | readonly string[]): string {
  const first = typeof command === "string" ? command.trim().split(/\s+/)[0] : command[0];
  const name = first?.split(/[\\/]/).at(-1) ?? "";
  // `TOKEN=… program` and quoting would show more than a name.
  return /^[\w.-]{1,40}$/.test(name) ? `"${name}"` : "of this setting";
}

const circle = "depends on itself";

// How a command ended, in the words of System.run. Anything else in a message might quote the command or its output.
const ending =
  /depends on itself|could not be started(?: \([A-Z0-9]+\))?|exited with status \d+|was ended by SIG[A-Z0-9]+|did not end within \d+ ms|printed more than \d+ bytes/;

function reason(error: unknown): string {
  const known = error instanceof Error ? ending.exec(error.message)?.[0] : undefined;
  return known === undefined ? "it failed" : `it ${known}`;
}

function errorCode(error: unknown): string {
  const code = codeOf(error);
  return code === "" ? "" : ` (${code})`;
}
