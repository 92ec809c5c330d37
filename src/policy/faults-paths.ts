import type { FaultCode, Severity } from "../base/codes.js";
import { ConnectError } from "../base/errors.js";
import { quotesRemain, type PathMistake } from "../base/faults-path.js";
import type { PathValue } from "../base/path-value.js";
import type { Source } from "./types.js";
import { settingName } from "./setting-name.js";

/** What to do with a PEM text in place of a path. */
export const pemIntoFile = "write the text into a file with mode 0600, and set this to the file's path";
export const pemIntoFiles = "set SSL_CERT_FILE (in a config file: ca.files) to the text, and unset this";
export const pemIntoPair =
  "set the certificate and the key to their PEM texts instead, and unset this: PKCS#12 is binary";

export function invalidPath(
  code: FaultCode,
  setting: string,
  { problem, remedy }: PathMistake,
  severity: Severity,
): ConnectError {
  return new ConnectError(code, { message: `${setting} ${problem}`, remedy, hop: "local", severity });
}

export function pathInQuotes(code: FaultCode, setting: string): ConnectError {
  return new ConnectError(code, {
    severity: "warning",
    hop: "local",
    message: `${setting} is wrapped in quotes, which most programs take as part of the path; sallyport ignores them`,
    remedy: `remove the quotes from ${setting}: ${quotesRemain}`,
  });
}

export function relative(
  { path, spelling, doubtful }: Extract<PathValue, { kind: "path" }>,
  source: Source,
): ConnectError {
  const setting = settingName(source);
  const kind = source.kind === "file" ? "a relative path" : "a relative path, which changes with the directory";
  const against = source.kind === "file" ? "the file's own directory" : "the working directory";
  const message =
    spelling === "home" ? `${setting} begins with "~/", which the shell did not expand` : `${setting} is ${kind}`;
  return new ConnectError("PATH_RELATIVE", {
    message: doubtful ? `${message}; it is resolved against ${against}` : `${message}; it is read as ${path}`,
    remedy: doubtful ? `set ${setting} to the absolute path` : `set ${setting} to ${path}`,
    hop: "local",
  });
}
