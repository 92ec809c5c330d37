import { ConnectError } from "../base/errors.js";
import { resolvePath } from "../base/path.js";
import type { Candidate } from "./findings.js";
import { settingName } from "./setting-name.js";
import type { Source } from "./types.js";

export interface PathContext {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  /** The working directory; for what a config file says, that file's own directory. */
  readonly directory: string;
}

/** A path as a setting: absolute from here on, with a warning where it was not written so. */
export function pathCandidate(name: string, text: string, source: Source, context: PathContext): Candidate<string> {
  const { path, spelling } = resolvePath(text.trim(), context);
  const candidate = { name, value: path, source, shown: path };
  // No shell reads a config file: there `~/` is the usual way to write it.
  if (spelling === "absolute" || (spelling === "home" && source.kind === "file")) return candidate;
  const setting = settingName(source);
  const relative = source.kind === "file" ? "a relative path" : "a relative path, which changes with the directory";
  const message =
    spelling === "home" ? `${setting} begins with "~/", which the shell did not expand` : `${setting} is ${relative}`;
  return {
    ...candidate,
    warnings: [
      new ConnectError("PATH_RELATIVE", {
        message: `${message}; it is read as ${path}`,
        remedy: `set ${setting} to ${path}`,
        hop: "local",
      }),
    ],
  };
}
