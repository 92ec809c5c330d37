import type { ConnectError } from "../base/errors.js";
import type { PathMistake } from "../base/faults-path.js";
import type { OsProxySettings } from "./os-proxy/index.js";

/** A configuration file as it was found: its text, or why it could not be read. Not parsed: that is the policy's work. */
export interface ConfigFile {
  readonly path: string;
  readonly scope: "user" | "managed";
  /** True where a setting names the file: then it must exist. The default places may be empty. */
  readonly required: boolean;
  readonly text?: string;
  /** The error code of the read (`EACCES`, `EISDIR`, …). A missing file that nothing requires is left out altogether. */
  readonly error?: string;
  /** Why the setting that should name the file names none; `path` is then a placeholder, and nothing was read. */
  readonly mistake?: PathMistake;
  /** The path may be a secret in the wrong place: it is not to be shown unless there is such a file. */
  readonly doubtful?: true;
  /** Permission bits, where the platform has them: a file with a password should be its owner's alone. */
  readonly mode?: number;
}

/** Where a variable stands that is not (only) in the process's environment. */
export interface VariableOrigin {
  readonly path: string;
  /** JSON pointer. */
  readonly pointer: string;
  readonly scope: "user" | "managed";
}

/** All that the policy is made from, read once. Plain data: the same snapshot gives the same policy. */
export interface Snapshot {
  readonly variables: Readonly<Record<string, string>>;
  /** Of those that another program's settings gave. */
  readonly origins?: Readonly<Record<string, VariableOrigin>>;
  /** Warnings of where the variables were gathered. */
  readonly told?: readonly ConnectError[];
  readonly platform: NodeJS.Platform;
  /** For relative paths, which work with a warning. */
  readonly cwd: string;
  readonly home: string;
  readonly configFiles: readonly ConfigFile[];
  /** The user's own bundle of authorities (`sallyport trust add`), and whether it is there. Absent where a snapshot was made by hand. */
  readonly trusted?: { readonly path: string; readonly isThere: boolean };
  /** The prefix of the variables that name the config file: `SALLYPORT` unless an author chose another. */
  readonly prefix?: string;
  /**
   * The proxy settings of the operating system or the desktop. Asked only where nothing else names a proxy, since it may start a program
   * (5 to 30 ms), and read once: the same snapshot always gives the same ones.
   *
   * @param now to have them read once more, and told as they are by now
   */
  readonly osProxy?: (now?: boolean) => OsProxySettings | undefined;
  /** Claude Code's settings of the administrator and of the user, in the order in which they count, as far as there are any. Read once. */
  readonly claudeSettings?: () => readonly ConfigFile[];
}
