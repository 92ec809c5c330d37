import type { ShellSyntax, ShellValue } from "./types.js";

/** Within single quotes nothing is special but the quote itself: no `$`, no backslash, and no `!` of the history either. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function word(value: ShellValue): string {
  switch (value.kind) {
    case "text":
      return `${value.behind === undefined ? "" : `"$${value.behind} "`}${quoted(value.text)}`;
    case "variable":
      return `"$${value.variable}"`;
    case "command":
      return `"$(${value.command})"`;
  }
}

/** The shells of POSIX (XCU section 2): bash, and also dash, ksh and busybox sh. */
export const bash: ShellSyntax = {
  comment: (text) => `# ${text}`,
  set: (name, value) => `export ${name}=${word(value)}`,
  unset: (name) => `unset ${name}`,
  keep: (name, as) => `export ${as}="\${${as}-\${${name}-}}"`,
  restore: (name, from) => `export ${name}="$${from}"; unset ${from}`,
  caseless: () => false,
  usage: (command) => `eval "$(${command})"`,
};

/** zsh knows no comments at its prompt unless `interactive_comments` is set; what `:` is given goes nowhere just as well. */
export const zsh: ShellSyntax = { ...bash, comment: (text) => `: ${quoted(text)}` };
