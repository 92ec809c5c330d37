import { codeOf, inParentheses } from "../base/error-code.js";
import { ConnectError } from "../base/errors.js";

function fault(message: string, remedy: string, cause?: unknown): ConnectError {
  return new ConnectError("PROXY_LOGIN_UNREADABLE", { hop: "local", message, remedy, cause });
}

export function loginOpenToOthers(path: string, proxy: string): ConnectError {
  return fault(
    `the login stored for ${proxy} is in a file that others can read or change: ${path}`,
    `chmod 600 ${path}, and change the password if it may have been read`,
  );
}

export function loginUnreadable(path: string, proxy: string, cause: unknown): ConnectError {
  return fault(
    `the login stored for ${proxy} cannot be read from ${path}${inParentheses(codeOf(cause))}`,
    "check whose file that is, or store the login again: sallyport login",
    cause,
  );
}

export function loginBroken(where: string, proxy: string): ConnectError {
  return fault(`what is stored for ${proxy} in ${where} is not a login`, `store it again: sallyport login ${proxy}`);
}

export function loginUnwritable(path: string, cause: unknown): ConnectError {
  return fault(
    `the login cannot be stored in ${path}${inParentheses(codeOf(cause))}`,
    "check that this user can write to that folder",
    cause,
  );
}
