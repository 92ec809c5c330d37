import { ConnectError } from "../base/errors.js";

/** A login in a request's own headers would reach the server through a tunnel. It belongs to the proxy's setting. */
export function loginInRequest(): ConnectError {
  return new ConnectError("CONFIG_INVALID", {
    hop: "local",
    message:
      "a request must not carry Proxy-Authorization: inside a tunnel it would show the proxy's login to the server",
    remedy:
      "remove the header, and put the login into the proxy's URL (http://user:password@proxy:port) or the config file",
  });
}

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
  return new ConnectError("CONFIG_INVALID", {
    hop: "local",
    message: `the request option \`${option}\` ${why}`,
    remedy,
  });
}

export function otherHost(authority: string): ConnectError {
  return new ConnectError("CONFIG_INVALID", {
    hop: "local",
    message: `the path of a request to ${JSON.stringify(authority)} names another host`,
    remedy: "make the request to the intended host, with a path that begins with a slash",
  });
}
