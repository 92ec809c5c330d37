import type { ShellSyntax, ShellValue } from "./types.js";
import { wordOf } from "./word.js";

/** In single quotes, a backslash escapes a quote and itself alone. */
const quoted = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;

/** fish splits what a command prints at line ends, unless it is collected. */
const word = (value: ShellValue): string => wordOf(value, quoted, (command) => `(${command} | string collect)`);

export const fish: ShellSyntax = {
  comment: (text) => `# ${text}`,
  set: (name, value) => `set -gx ${name} ${word(value)}`,
  // A variable of any scope: `-g` alone would leave a universal one in force.
  unset: (name) => `set -e ${name}`,
  keep: (name, as) => `set -q ${as}; or set -gx ${as} "$${name}"`,
  restore: (name, from) => `set -gx ${name} "$${from}"; set -e ${from}`,
  caseless: () => false,
  usage: (command) => `${command} | source`,
};
