import { ConnectError } from "../base/errors.js";
import { UsageError } from "./usage-error.js";

export function loginInUrl(): UsageError {
  return new UsageError(
    "a login among the arguments is shown to everybody by ps",
    "name the proxy alone, http://proxy:port: user and password are asked for",
  );
}

export function noProxyNamed(command: string): UsageError {
  return new UsageError(
    "the settings name no single proxy",
    `name the one that is meant: sallyport ${command} http://proxy:port`,
  );
}

export function notOneProxy(): UsageError {
  return new UsageError("that is not one proxy", "write its scheme, host and port: http://proxy.corp.example:3128");
}

export function noUser(): UsageError {
  return new UsageError(
    "there is no user name",
    "write it to standard input, with the password in the line after it, or pass --user NAME",
  );
}

export function noPassword(): UsageError {
  return new UsageError("there is no password", "write it to standard input, as one line after the user name's");
}

export function notForHeaders(proxy: string): ConnectError {
  return new ConnectError("PROXY_SCHEME_UNSUPPORTED", {
    hop: "local",
    message: `${proxy} is a SOCKS proxy, to which no header is sent`,
    remedy: "name an http:// or https:// proxy",
  });
}
