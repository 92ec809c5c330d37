import { ConnectError } from "../base/errors.js";
import { describeReadError } from "../base/faults-read.js";
import { settingName } from "../policy/index.js";
import type { FileSetting } from "../policy/types.js";
import { adviseFile } from "./faults-setting.js";

type WarningCode = "CA_FILE_UNREADABLE" | "CA_FILE_INVALID" | "CA_EXPIRED";

export function fileInsteadOfDirectory(setting: FileSetting, cause: unknown): ConnectError {
  return warning(setting, "CA_FILE_UNREADABLE", {
    message: `${setting.value} is a file, not a directory`,
    remedy: adviseFile(setting.source),
    cause,
  });
}

export function unreadableDirectory(setting: FileSetting, cause: unknown): ConnectError {
  const { value: directory, doubtful } = setting;
  const { predicate, remedy } = describeReadError(cause, directory);
  // The path may be a secret in the wrong place, and Node's error holds it as well.
  return warning(
    setting,
    "CA_FILE_UNREADABLE",
    doubtful
      ? { message: `the directory that it names ${predicate}`, remedy: "set it to the directory's absolute path" }
      : { message: `the directory ${directory} ${predicate}`, remedy, cause },
  );
}

/** `names`: of files, here and below. */
export function unreadableEntries(setting: FileSetting, names: readonly string[]): ConnectError {
  return warning(setting, "CA_FILE_UNREADABLE", {
    message: `cannot be read in ${setting.value}: ${several(names)}`,
    remedy: "let this user read them, or remove them from the directory",
  });
}

export function damagedEntries(setting: FileSetting, names: readonly string[]): ConnectError {
  return warning(setting, "CA_FILE_INVALID", {
    message: `without a whole PEM certificate in ${setting.value}: ${several(names)}`,
    remedy: "replace them with PEM certificates, or remove them from the directory",
  });
}

export function expiredEntries(setting: FileSetting, names: readonly string[]): ConnectError {
  return warning(setting, "CA_EXPIRED", {
    message: `expired and left out, of ${setting.value}: ${several(names)}`,
    remedy: "replace them with the authorities' current ones, or remove them from the directory",
  });
}

/** A certificate that has expired, among the names. */
export function expiredIn(name: string, subject: string): string {
  return `${subject} in ${name}`;
}

function warning(
  setting: FileSetting,
  code: WarningCode,
  { message, remedy, cause }: { message: string; remedy: string; cause?: unknown },
): ConnectError {
  return new ConnectError(code, {
    message: `${settingName(setting.source)}: ${message}`,
    remedy,
    cause,
    hop: "local",
    severity: "warning",
  });
}

function several(names: readonly string[]): string {
  const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
  return `${names.slice(0, 3).join(", ")}${more}`;
}
