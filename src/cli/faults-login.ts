import { ConnectError } from "../base/errors.js";
import { usage } from "./faults-usage.js";
import { UsageError } from "./usage-error.js";

export const loginInUrl = usage(
  "a login among the arguments is shown to everybody by ps",
  "name the proxy alone, http://proxy:port: user and password are asked for",
);

export function noProxyNamed(command: string): UsageError {
  return new UsageError(
    "the settings name no single proxy",
    `name the one that is meant: sallyport ${command} http://proxy:port`,
  );
}

export const notOneProxy = usage(
  "that is not one proxy",
  "write its scheme, host and port: http://proxy.corp.example:3128",
);

export const noUser = usage(
  "there is no user name",
  "write it to standard input, with the password in the line after it, or pass --user NAME",
);

export const noPassword = usage(
  "there is no password",
  "write it to standard input, as one line after the user name's",
);

export function notForHeaders(proxy: string): ConnectError {
  return new ConnectError("PROXY_SCHEME_UNSUPPORTED", {
    hop: "local",
    message: `${proxy} is a SOCKS proxy, to which no header is sent`,
    remedy: "name an http:// or https:// proxy",
  });
}
