import { faultCodes } from "../base/codes.js";
import type { ConnectError } from "../base/errors.js";
import { exitCode, type Io } from "./terminal/io.js";
import type { Terminal } from "./terminal/terminal.js";

/** What a command is given. */
export interface Context {
  readonly io: Io;
  readonly terminal: Terminal;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly version: string;
}

/** A fault of the configuration is the user's to fix, all others lie on the way. */
export function codeFor({ code, stage }: Pick<ConnectError, "code" | "stage">): number {
  return stage === "config" || faultCodes[code].stage === "config" ? exitCode.usage : exitCode.network;
}

/** `run` found its way closed, by the settings or further on, and has started nothing: exit 1 whatever it was. */
export class NotLaunched extends Error {
  override readonly name = "NotLaunched";
  override readonly cause: ConnectError;

  constructor(cause: ConnectError) {
    super(cause.message);
    this.cause = cause;
  }
}
