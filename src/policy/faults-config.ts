import type { ConfigFile } from "../env/index.js";
import { configInvalid } from "../base/faults-config.js";
import { ConnectError } from "../base/errors.js";
import type { JsonProblem } from "./json-syntax.js";

/** `at`: the file and the place in it, as in "/etc/sallyport/config.json: /proxy". */
export function unknownValue(at: string, known: readonly unknown[]): ConnectError {
  return configInvalid(
    `${at} has a value that is not known`,
    `write ${known.map((value) => JSON.stringify(value)).join(" or ")}`,
  );
}

export function notUtf8(path: string): ConnectError {
  return configInvalid(`${path} is not UTF-8 text`, "save the file as UTF-8");
}

export function invalidJson(path: string, syntax: JsonProblem): ConnectError {
  return configInvalid(
    `${path}, line ${syntax.line}, column ${syntax.column}: ${syntax.problem}`,
    `correct ${path} there: it must be JSON`,
  );
}

export function unreadable(file: ConfigFile, variable: string | undefined): ConnectError {
  const { path, error = "EUNKNOWN", mistake } = file;
  if (mistake !== undefined) {
    return configInvalid(`${variable ?? "the setting of the config file"} ${mistake.problem}`, mistake.remedy);
  }
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "does not exist",
    EACCES: "is not readable by this user",
    EPERM: "is not readable by this user",
    EISDIR: "is a directory",
  };
  const named = variable === undefined ? "" : ` (${variable})`;
  const place = file.doubtful ? "that a setting names" : path;
  const message = `the config file ${place}${named} ${reasons[error] ?? `cannot be read (${error})`}`;
  const remedy =
    error === "ENOENT"
      ? `correct ${variable ?? "the setting that names it"}, or unset it`
      : "let this user read it, or name another file";
  return configInvalid(message, remedy);
}

export function readableByOthers({ path, mode = 0 }: ConfigFile): ConnectError {
  return new ConnectError("KEY_PERMISSIONS", {
    hop: "local",
    message: `${path} holds a secret and is readable by other users (mode ${mode.toString(8).padStart(4, "0")})`,
    remedy: `run: chmod 600 ${path}`,
  });
}

export function outOfRange(at: string): ConnectError {
  return configInvalid(`${at} is out of range`, "write a whole number of milliseconds, 1 or more");
}

export function emptySetting(at: string): ConnectError {
  return configInvalid(`${at} is empty`, "write a value, or remove the setting");
}

export function missingSetting(at: string, expected: string): ConnectError {
  return configInvalid(`${at} is missing`, `add it: ${expected}`);
}

export function wrongType(at: string, expected: string, where: string): ConnectError {
  return configInvalid(
    `${at} must be ${expected}`,
    `replace the value of ${where} with ${expected}; see schema/config.json`,
  );
}

export function notTogether(at: string, known: readonly string[]): ConnectError {
  return configInvalid(`${at} holds settings that cannot be used together`, `keep one of ${known.join(", ")}`);
}

/** @param managed it stands at the top of a managed file */
export function unknownSetting(at: string, known: readonly string[], managed: boolean): ConnectError {
  const hint = managed ? 'a managed file holds "enforced" and "defaults"; ' : "";
  return configInvalid(`${at} is not a known setting`, `${hint}known here: ${known.join(", ")}`);
}

export function misspeltSetting(at: string, meant: string): ConnectError {
  return configInvalid(`${at} is not a known setting`, `did you mean "${meant}"?`);
}
