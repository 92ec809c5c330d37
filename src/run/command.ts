import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, constants as fileConstants, existsSync, openSync } from "node:fs";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import type { ConnectError } from "../base/errors.js";
import { commandFault } from "./faults.js";

/** Takes a piece of what a command prints; the command waits while a promise of it is pending. */
export type OutputWriter = (chunk: Uint8Array) => void | Promise<void>;

export interface CommandOptions {
  readonly variables: Readonly<Record<string, string>>;
  /** Where its output goes; it has no stdin then. Default: it has our own descriptors, untouched. */
  readonly output?: { readonly stdout: OutputWriter; readonly stderr: OutputWriter };
  /** Has the listener told of each signal that reaches us, until it is disposed of. Default: none is handed on. */
  readonly onSignal?: (listener: (signal: NodeJS.Signals) => void) => Disposable;
  /** Ends the command by `endWith`, and waits for it. */
  readonly signal?: AbortSignal;
  /** Asked at the abort. Default: SIGTERM. */
  readonly endWith?: () => NodeJS.Signals;
}

/** How a command ended, or why it was not started. */
export type CommandOutcome = { readonly kind: "ended"; readonly end: CommandEnd } | NotStarted;

/** How a command ended. */
export interface CommandEnd {
  /** As a shell says it: 128 and the signal's number for a command that was ended by one. */
  readonly status: number;
  /** The signal that ended it, if one did. */
  readonly signal: NodeJS.Signals | undefined;
}

interface NotStarted {
  readonly kind: "not-started";
  readonly fault: ConnectError;
  /** The shell's own: 126 for a command that was found and cannot be executed, 127 for one that was not found. */
  readonly status: 126 | 127;
}

/**
 * Runs a command with our terminal, and waits for it. Its process group is ours, so that it has the terminal: Ctrl-C, Ctrl-\ and Ctrl-Z
 * reach it without us. All descriptors are handed on untouched, unless the output is to be captured.
 * @throws what a writer of its output throws
 */
export async function runCommand(argv: readonly string[], options: CommandOptions): Promise<CommandOutcome> {
  const [program = "", ...args] = argv;
  const { variables, output } = options;
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      stdio: output === undefined ? "inherit" : ["ignore", "pipe", "pipe"],
      env: variables,
    });
  } catch (error) {
    return notStarted(program, error);
  }
  return attend(child, program, options);
}

/** Waits for a command that is being started, with its signals and its output meanwhile: the rest of {@link runCommand}. */
export async function attend(child: ChildProcess, program: string, options: CommandOptions): Promise<CommandOutcome> {
  const { output, onSignal, signal, endWith = () => "SIGTERM" } = options;
  const ended = endOf(child);
  using _forwarding = onSignal?.((received) => {
    if (!comesFromTerminal(received)) child.kill(received);
  });
  const abort = (): void => void child.kill(endWith());
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted === true) abort();
  try {
    const [end] = await Promise.all([ended, relay(child.stdout, output?.stdout), relay(child.stderr, output?.stderr)]);
    return { kind: "ended", end };
  } catch (error) {
    // It was started: then it is our own output that nobody reads.
    if (child.pid !== undefined) throw error;
    return notStarted(program, error);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

function endOf(child: ChildProcess): Promise<CommandEnd> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      // A signal that could not be delivered is reported here too: the child runs on.
      if (child.pid === undefined) reject(error);
    });
    child.once("exit", (status, signal) => {
      if (signal === null) resolve({ status: status ?? 0, signal: undefined });
      else resolve({ status: 128 + constants.signals[signal], signal });
    });
  });
}

/** Null where the child has our descriptor. */
async function relay(stream: Readable | null, write: OutputWriter | undefined): Promise<void> {
  if (stream === null) return;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) await write?.(chunk);
}

function notStarted(program: string, error: unknown): NotStarted {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const missing = code === "ENOENT" && !existsSync(program);
  return { kind: "not-started", fault: commandFault(program, missing, error), status: missing ? 127 : 126 };
}

/**
 * Whether the terminal has sent this signal to the child as well, as it does to its whole foreground group. Who the sender was cannot be
 * known; where there is a terminal, it is taken to be the one, since a program that gets Ctrl-C twice often ends at once.
 */
function comesFromTerminal(signal: NodeJS.Signals): boolean {
  return (signal === "SIGINT" || signal === "SIGQUIT") && hasTerminal();
}

function hasTerminal(): boolean {
  if (process.platform === "win32") return true;
  try {
    closeSync(openSync("/dev/tty", fileConstants.O_RDONLY | fileConstants.O_NOCTTY));
    return true;
  } catch {
    return false;
  }
}

/** Those that would end a program that takes no notice of them, and its command would be left alone. */
const handedOn: readonly NodeJS.Signals[] =
  process.platform === "win32" ? ["SIGINT", "SIGTERM", "SIGHUP"] : ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

/** The signals of this process, which end nothing here while the listener is told of them. */
export function ownSignals(listener: (signal: NodeJS.Signals) => void): Disposable {
  const taken = handedOn.map((signal) => {
    const tell = (): void => listener(signal);
    process.on(signal, tell);
    return { signal, tell };
  });
  return {
    [Symbol.dispose]() {
      for (const { signal, tell } of taken) process.off(signal, tell);
    },
  };
}
