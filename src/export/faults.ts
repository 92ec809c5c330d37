import { configInvalid } from "../base/faults-config.js";
import type { ConnectError } from "../base/errors.js";

export function noPassphrase(): ConnectError {
  return nothingToPrint("the settings name no passphrase for a key");
}

export function noProxy(): ConnectError {
  return nothingToPrint("the settings name no proxy");
}

export function noProxyLogin(): ConnectError {
  return nothingToPrint("the proxy has no login");
}

function nothingToPrint(message: string): ConnectError {
  return configInvalid(
    `${message}, so there is nothing to print`,
    "run sallyport env again: its text refers to settings that have changed",
  );
}

const useGateway = "use sallyport run, or start sallyport gateway and pass its URL with --gateway";

/** For a setting that variables cannot express. */
export const insteadOfVariables = { chain: useGateway, pac: useGateway };
