import type { ShellSyntax, ShellValue } from "./types.js";

/** In single quotes, a backslash escapes a quote and itself alone. */
const quoted = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;

function word(value: ShellValue): string {
  switch (value.kind) {
    case "text":
      return [
        value.behind === undefined ? "" : `"$${value.behind} "`,
        quoted(value.text),
        value.before === undefined ? "" : `" $${value.before}"`,
      ].join("");
    case "variable":
      return `"$${value.variable}"`;
    case "command":
      // As one word, whatever it holds: fish splits what a command prints at line ends.
      return `(${value.command} | string collect)`;
  }
}

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
