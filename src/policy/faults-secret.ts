import { ConnectError } from "../base/errors.js";
import { codeOf, inParentheses } from "../base/error-code.js";

/** @param label what a person knows the secret by, with a colon and a blank; empty where nothing is known */
export function unreadableSecret(
  label: string,
  { path, doubtful }: { readonly path: string; readonly doubtful?: boolean },
  error: unknown,
): ConnectError {
  // The path may be the secret itself.
  const [which, it] = doubtful ? ["that is named there", "it"] : [path, path];
  return failed(
    `${label}the secret's file ${which} cannot be read${inParentheses(codeOf(error))}`,
    `check that ${it} exists and that this user can read it`,
  );
}

export function emptySecretFile(label: string, path: string): ConnectError {
  return failed(`${label}the secret's file ${path} is empty`, `write the secret into ${path}`);
}

/** @param program as {@link programName} shows it */
export function commandFailed(label: string, program: string, error: unknown): ConnectError {
  const reason = howItEnded(error);
  return failed(
    `${label}the command ${program} did not provide a secret: ${reason}`,
    reason === `it ${circle}`
      ? "let it reach its server without this secret: name that host in NO_PROXY, or provide the secret in a file"
      : "run the command by hand and see what it says; it must print only the secret and exit with 0",
  );
}

export function commandPrintedNothing(label: string, program: string): ConnectError {
  return failed(
    `${label}the command ${program} printed nothing`,
    "run the command by hand: it must print the secret on standard output",
  );
}

/** The first word alone, without its folder: arguments may be secrets. */
export function programName(command: string | readonly string[]): string {
  const first = typeof command === "string" ? command.trim().split(/\s+/)[0] : command[0];
  const name = first?.split(/[\\/]/).at(-1) ?? "";
  // `TOKEN=… program` and quoting would show more than a name.
  return /^[\w.-]{1,40}$/.test(name) ? `"${name}"` : "of this setting";
}

// No `cause`: what Node throws for a command holds the command line and what was printed.
function failed(message: string, remedy: string): ConnectError {
  return new ConnectError("SECRET_COMMAND_FAILED", { message, remedy, hop: "local" });
}

const circle = "depends on itself";

// How a command ended, in the words of System.run. Anything else in a message might quote the command or its output.
const ending =
  /depends on itself|could not be started(?: \([A-Z0-9]+\))?|exited with status \d+|was ended by SIG[A-Z0-9]+|did not end within \d+ ms|printed more than \d+ bytes/;

function howItEnded(error: unknown): string {
  const known = error instanceof Error ? ending.exec(error.message)?.[0] : undefined;
  return known === undefined ? "it failed" : `it ${known}`;
}
