import { codeOf, inParentheses } from "./error-code.js";
import { notExpanded, writeInFull } from "./faults-path.js";
import { holdsVariable } from "./written-wrong.js";

/** In words what a failed file read says, and what to do: `predicate` follows the path. */
export interface Unreadable {
  readonly predicate: string;
  readonly remedy: string;
}

export function describeReadError(error: unknown, path: string): Unreadable {
  const code = codeOf(error);
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return describeMissing(path);
    case "EACCES":
    case "EPERM":
      return {
        predicate: "is not readable by this user",
        remedy: `let this user read it: check owner and mode of ${path} and of the folders above it`,
      };
    case "EISDIR":
      return { predicate: "is a directory", remedy: "name a file in it" };
    default:
      return {
        predicate: `cannot be read${inParentheses(code)}`,
        remedy: "check the path and the file system it is on",
      };
  }
}

/** Any character may be in the name of a file that is there: how the path is written is asked where it is not. */
function describeMissing(path: string): Unreadable {
  if (holdsVariable(path)) {
    return { predicate: `does not exist; the path ${notExpanded}`, remedy: writeInFull };
  }
  // A drive letter's colon is no separator.
  return /[;,]|:[\\/](?<!^.:[\\/])/.test(path)
    ? { predicate: "does not exist", remedy: "name a single file: this setting does not take a list of paths" }
    : { predicate: "does not exist", remedy: "correct the path, or put the file there" };
}
