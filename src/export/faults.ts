import { configInvalid } from "../base/faults-config.js";
import { ConnectError } from "../base/errors.js";

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

export function chainInVariables(): ConnectError {
  return new ConnectError("PROXY_SCHEME_UNSUPPORTED", {
    stage: "config",
    hop: "local",
    message: "the setting names several proxies in a chain, and variables can name only one",
    remedy: "use sallyport run, or start sallyport gateway and pass its URL with --gateway",
  });
}

export function pacInVariables(): ConnectError {
  return new ConnectError("PROXY_SCHEME_UNSUPPORTED", {
    stage: "config",
    hop: "local",
    message: "a PAC file chooses the proxy, which variables cannot express",
    remedy: "use sallyport run, or start sallyport gateway and pass its URL with --gateway",
  });
}
