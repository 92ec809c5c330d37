import { configFault, configInvalid } from "../base/faults-config.js";
import type { ConnectError } from "../base/errors.js";

/** A login in a request's own headers would reach the server through a tunnel. It belongs to the proxy's setting. */
export const loginInRequest = configFault(
  "a request must not carry Proxy-Authorization: inside a tunnel it would show the proxy's login to the server",
  "remove the header, and put the login into the proxy's URL (http://user:password@proxy:port) or the config file",
);

/** A request's own `rejectUnauthorized: false`. */
export function verificationOff(instead: string): ConnectError {
  return unsupportedOption(
    "rejectUnauthorized: false",
    "is not possible: certificates are always verified",
    `${instead}, and remove the option`,
  );
}

export function optionOfRequest(option: string, instead: string): ConnectError {
  return unsupportedOption(option, "cannot be set on a single request through this agent", instead);
}

function unsupportedOption(option: string, why: string, remedy: string): ConnectError {
  return configInvalid(`the request option \`${option}\` ${why}`, remedy);
}

export function otherHost(authority: string): ConnectError {
  return configInvalid(
    `the path of a request to ${JSON.stringify(authority)} names another host`,
    "make the request to the intended host, with a path that begins with a slash",
  );
}
