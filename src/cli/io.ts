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
  /** The environment. Default: that of the process. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** Resolves names instead of the system's resolver. */
  readonly lookup?: LookupFunction;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Exit codes, also listed in every help. */
export const exitCode = { fine: 0, network: 1, usage: 2, internal: 3, interrupted: 130 } as const;

/** What Ctrl-C aborts the commands with. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Whoever read our output has gone (`sallyport fetch … | head`). */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}
