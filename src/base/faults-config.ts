import { ConnectError } from "./errors.js";

/** For a setting or an option, or a file that they name, that cannot be used as it is. */
export function configInvalid(message: string, remedy: string, cause?: unknown): ConnectError {
  return new ConnectError("CONFIG_INVALID", { hop: "local", message, remedy, cause });
}

/** For what is left out or read in another way, and stops nothing. */
export function configWarning(message: string, remedy: string): ConnectError {
  return new ConnectError("CONFIG_INVALID", { severity: "warning", hop: "local", message, remedy });
}

/** A fault whose words never change. */
export const configFault = (message: string, remedy: string) => (): ConnectError => configInvalid(message, remedy);
