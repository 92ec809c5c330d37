import { ConnectError } from "../base/errors.js";
import { UsageError } from "./usage-error.js";

// Apart from the other faults: every start loads this.

/** @param said by the parser, without the value at fault */
export function notParsed(said: string, command: string | undefined): UsageError {
  return new UsageError(said, `see sallyport ${command === undefined ? "" : `${command} `}--help`);
}

export function usageFault({ message, remedy }: UsageError): ConnectError {
  return new ConnectError("CONFIG_INVALID", { hop: "local", message, remedy });
}

export function severalUrls(): UsageError {
  return new UsageError(
    "mcp takes one URL",
    "write: sallyport mcp URL, mcp logout URL, mcp install NAME URL, mcp list, or mcp check NAME",
  );
}
