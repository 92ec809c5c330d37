import { quotePath } from "../base/quote-path.js";
import { settingName } from "../policy/index.js";
import type { FileSetting } from "../policy/types.js";

/** How a message about a file begins: its setting and its path. */
export function about({ source, value, text }: FileSetting): string {
  return text === undefined ? `${settingName(source)}: ${value}` : value;
}

/** What to write for the file in a command: a text has to be put into one. */
export function inputOf({ value, text }: FileSetting): string {
  return text === undefined ? quotePath(value) : "FILE";
}

/** Follows a command with {@link inputOf}. */
export function inputNote({ text }: FileSetting): string {
  return text === undefined ? "" : " (FILE: a file with that text)";
}
