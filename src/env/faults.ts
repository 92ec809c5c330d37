import { codeOf, inParentheses } from "../base/error-code.js";
import { configInvalid } from "../base/faults-config.js";
import type { ConnectError } from "../base/errors.js";

export function noPlace(folder: string, cause: unknown): ConnectError {
  return configInvalid(
    `cannot create a folder in ${folder}, where temporary files go${inParentheses(codeOf(cause))}`,
    "set TMPDIR (on Windows: TEMP) to a folder that exists and that you can write to",
    cause,
  );
}

/** How a command ended. The policy knows these words (`faults-secret.ts`), and lets no others through. */
interface Ending extends Error {
  code?: number | string;
  signal?: string;
  killed?: boolean;
}

export function tooSlow(timeout: number): Ending {
  return ended(`the command did not end within ${timeout} ms and was stopped`, { killed: true });
}

export function tooMuchOutput(maximum: number): Ending {
  return ended(`the command printed more than ${maximum} bytes and was stopped`);
}

export function dependsOnItself(): Ending {
  return ended("the command depends on itself");
}

/** Node's own message holds the whole command line; its error code is enough. */
export function cannotStart(cause: unknown): Ending {
  const code = codeOf(cause);
  return ended(`the command could not be started${inParentheses(code)}`, code === "" ? {} : { code });
}

export function failure(status: number | null, killedBy: NodeJS.Signals | null): Ending {
  if (status !== null)
    return ended(`the command exited with status ${status}; run it by hand to see why`, { code: status });
  return ended(`the command was ended by ${killedBy ?? "a signal"}`, killedBy === null ? {} : { signal: killedBy });
}

/** The properties are those of `child_process.exec`'s errors; what that says beyond them would quote the command. */
function ended(message: string, details: Pick<Ending, "code" | "signal" | "killed"> = {}): Ending {
  return Object.assign(new Error(message), details);
}
