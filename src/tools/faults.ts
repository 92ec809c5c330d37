import { configWarning } from "../base/faults-config.js";
import { ConnectError } from "../base/errors.js";

/** A variable has one value in the shell and another in Claude Code's settings. */
export function settingsDiffer(name: string, path: string, order: "over" | "under"): ConnectError {
  const counts = order === "over" ? "what Claude Code uses" : "the shell's";
  return new ConnectError("CLAUDE_SETTINGS_CONFLICT", {
    hop: "local",
    message: `${name} has one value in the shell and another in ${path} (env): Claude Code uses the latter, all other programs the former; here ${counts} counts`,
    remedy: `give both the same value, or take ${name} out of one of them`,
  });
}

/** @param error the code of the system where it could not be read */
export function settingsUnread(path: string, error: string | undefined): ConnectError {
  return configWarning(
    `${path} ${error === undefined ? "is not a JSON object" : `cannot be read (${error})`}, so the network settings in it (env) do not count`,
    `correct ${path}`,
  );
}
