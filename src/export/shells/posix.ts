import { singleQuoted } from "../../base/quote-path.js";
import type { ShellSyntax, ShellValue } from "./types.js";

function word(value: ShellValue): string {
  switch (value.kind) {
    case "text":
      return [
        value.behind === undefined ? "" : `"$${value.behind} "`,
        singleQuoted(value.text),
        value.before === undefined ? "" : `" $${value.before}"`,
      ].join("");
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
export const zsh: ShellSyntax = { ...bash, comment: (text) => `: ${singleQuoted(text)}` };
