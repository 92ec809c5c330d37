import type { LookupFunction } from "node:net";

/** Somewhere to print. `write` resolves when the text is on its way, so that a slow reader slows the writer. */
export interface Output {
  readonly isTTY: boolean;
  /** Rejects with {@link OutputClosed} when nobody reads any more, otherwise with an ErrnoException. */
  write(chunk: string | Uint8Array): Promise<void>;
}

/** All that a command has of the outside: tests and the demo hand in their own, and run the very same code. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: AsyncIterable<Uint8Array>;
  /**
   * Asks the person at the terminal for one line; `hidden`: it is not shown as it is typed. Rejects with the signal's reason after Ctrl-C.
   * Absent where standard input is not a terminal.
   */
  readonly ask?: ((question: string, hidden: boolean) => Promise<string>) | undefined;
  /** For a command that ends before its input does: a reader that still waits for more would keep the process. */
  readonly closeStdin?: () => void;
  /** The environment. Default: that of the process. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** Resolves names instead of the system's resolver. */
  readonly lookup?: LookupFunction;
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP, with {@link Interrupted} as the reason. */
  readonly signal: AbortSignal;
  /**
   * From now on SIGHUP calls `listener`, as daemons take it, and ends nothing, until what is returned is called. A terminal that
   * was closed still ends the command. Absent: there are no signals.
   */
  readonly takeHangups?: (listener: () => void) => () => void;
  /**
   * While there is a listener, the signals that end or poke a program are told to it alone, each time, and end nothing here.
   * Undefined where no signals reach us: in a test, or a demo.
   */
  readonly onSignal?: (listener: (signal: NodeJS.Signals) => void) => Disposable;
  /**
   * The command that `run` starts prints through `stdout` and `stderr`, and has no stdin. By default it has the descriptors of this
   * process, and with them its terminal.
   */
  readonly capture?: boolean;
  /** Has this process die of a signal once the command is over, whatever its exit code. */
  readonly endBy?: (signal: NodeJS.Signals) => void;
}

/** Exit codes, also listed in every help. For a signal it is the shell's: 128 and its number. */
export const exitCode = { fine: 0, network: 1, usage: 2, internal: 3, SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** The signals that end a command in order: what it has opened is closed, and its lab's keys are removed. */
export type EndingSignal = "SIGHUP" | "SIGINT" | "SIGTERM";

/** What a signal aborts the commands with. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly signal: EndingSignal;

  constructor(signal: EndingSignal) {
    super(`ended by ${signal}`);
    this.signal = signal;
  }
}

/** Which signal it was; an abort for any other reason counts as Ctrl-C. */
export function endedBy({ reason }: AbortSignal): EndingSignal {
  return reason instanceof Interrupted ? reason.signal : "SIGINT";
}

/** Whoever read our output has gone (`sallyport fetch … | head`). */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}
