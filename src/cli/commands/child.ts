import { runCommand, type CommandOptions, type CommandOutcome } from "../../run/index.js";
import type { Context } from "../context.js";
import { endedBy } from "../terminal/io.js";

/**
 * Runs a command with our terminal, and waits for it.
 * @returns its exit status; 128 and the number of the signal that ended it; 126 and 127 for a command that was not started, as in a shell
 */
export async function runChild(
  argv: readonly string[],
  variables: Readonly<Record<string, string>>,
  context: Context,
  flags: { readonly json?: boolean },
): Promise<number> {
  return statusOf(await runCommand(argv, childOptions(variables, context)), context, flags);
}

export function childOptions(variables: Readonly<Record<string, string>>, { io }: Context): CommandOptions {
  return {
    variables,
    signal: io.signal,
    // Of an embedding program, which has signals of its own.
    endWith: () => endedBy(io.signal),
    ...(io.onSignal && { onSignal: io.onSignal }),
    ...(io.capture === true && {
      output: { stdout: (chunk) => io.stdout.write(chunk), stderr: (chunk) => io.stderr.write(chunk) },
    }),
  };
}

export async function statusOf(
  outcome: CommandOutcome,
  { io, terminal }: Context,
  { json = false }: { readonly json?: boolean },
): Promise<number> {
  if (outcome.kind === "not-started") {
    const { fault, status } = outcome;
    if (json) await terminal.json({ ok: false, fault });
    else await terminal.fail({ message: fault.message, remedy: fault.remedy });
    return status;
  }
  const { signal, status } = outcome.end;
  // A shell's loop ends at Ctrl-C only when its command died of it, and not when it returned 130.
  if (signal !== undefined && ending.has(signal)) io.endBy?.(signal);
  return status;
}

/** Not those that dump core. */
const ending: ReadonlySet<NodeJS.Signals> = new Set<NodeJS.Signals>(["SIGINT", "SIGTERM", "SIGHUP"]);
