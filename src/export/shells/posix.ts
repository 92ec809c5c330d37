import { singleQuoted } from "../../base/quote-path.js";
import type { ShellSyntax, ShellValue } from "./types.js";
import { wordOf } from "./word.js";

const word = (value: ShellValue): string => wordOf(value, singleQuoted, (command) => `"$(${command})"`);

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
