import { usage } from "./faults-usage.js";
import { UsageError } from "./usage-error.js";

export const secretInArguments = usage(
  "a secret among the arguments is shown to everybody by ps",
  "pass --client-secret '${NAME}', file:PATH or command:COMMAND",
);

/** The name of a variable that is passed as `${NAME}` is a word. */
export function unsetVariable(name: string): UsageError {
  return new UsageError(
    `the variable ${name}, which --client-secret names, is not set`,
    `set ${name}, or name another one`,
  );
}

export const invalidPort = usage("--callback-port must be a port", "write a number from 1 to 65535");
