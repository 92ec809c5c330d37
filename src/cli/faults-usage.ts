import { configInvalid } from "../base/faults-config.js";
import type { ConnectError } from "../base/errors.js";
import { UsageError } from "./usage-error.js";

// Apart from the other faults: every start loads this.

/** @param said by the parser, without the value at fault */
export function notParsed(said: string, command: string | undefined): UsageError {
  return new UsageError(said, `see sallyport ${command === undefined ? "" : `${command} `}--help`);
}

export function usageFault({ message, remedy }: UsageError): ConnectError {
  return configInvalid(message, remedy);
}

/** Of a mistake whose words are the same each time. */
export const usage = (message: string, remedy: string) => (): UsageError => new UsageError(message, remedy);

/** Of an option whose value is of another kind. */
export const mustBe = (option: string, what: string, example: string): (() => UsageError) =>
  usage(`${option} must be ${what}`, `write it as ${option} ${example}`);

/** Of a command, where nothing is left that could wake it. */
export const stuck = {
  message: "internal: the command waits for what can no longer come",
  remedy: "please report it",
} as const;

export const noErrorText = usage(
  "there is no error text",
  "pass it as an argument, or on standard input: npm install 2>&1 | sallyport explain-error",
);

export const catalogueMissing = usage(
  "the package's docs/faults.md is missing: only a part of the package is installed",
  "install sallyport again, or search the text on the project's page of faults",
);

export const severalUrls = usage(
  "mcp takes one URL",
  "write: sallyport mcp URL, mcp logout URL, mcp install NAME URL, mcp list, or mcp check NAME",
);

export function captureAlone(option: string): UsageError {
  return new UsageError(
    `${option} says how --capture is done`,
    "write sallyport run --capture, or leave the option out",
  );
}

export const captureWithParts = usage(
  "--capture takes nothing from --only: the command is told of nothing",
  "leave one of the two out",
);

export function notAPort(option: string): UsageError {
  return mustBe(option, "a whole number from 1 to 65535", "5432")();
}
