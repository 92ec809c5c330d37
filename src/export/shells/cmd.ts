import type { ShellSyntax, ShellValue } from "./types.js";

/**
 * A batch file's `set "NAME=text"`. Everything up to the line's last quote is the value, `%` is doubled, and what follows a quote
 * within the value stands outside of quotes as cmd counts them: there the characters of its own take a caret.
 */
function assignment(
  name: string,
  text: string,
  around: { readonly left?: string; readonly right?: string } = {},
): string {
  const { left = "", right = "" } = around;
  let inQuotes = true;
  let escaped = "";
  for (const character of text) {
    if (character === '"') inQuotes = !inQuotes;
    if (character === "%") escaped += "%%";
    else if (!inQuotes && /[&|<>^()!]/.test(character)) escaped += `^${character}`;
    else escaped += character;
  }
  return `set "${name}=${left}${escaped}${right}"`;
}

/**
 * A variable's value without cmd reading it again, as `%NAME%` would: `set NAME` prints all whose names begin so, and what a
 * `for` variable holds is taken as it is.
 */
const reading = (from: string, then: string): string =>
  `@for /f "tokens=1* delims==" %%a in ('set ${from} 2^>nul') do @if /i "%%a"=="${from}" ${then}`;
const copied = (from: string, to: string): string => reading(from, `set "${to}=%%b"`);

/**
 * cmd.exe, as a batch file: at its prompt a `%` cannot be escaped, and every percent-encoded login has some.
 * https://learn.microsoft.com/windows-server/administration/windows-commands/set and …/for
 */
export const cmd: ShellSyntax = {
  // `rem` looks at what follows: a `%` would begin a variable, and `&` another command.
  comment: (text) => `@rem ${text.replaceAll("%", "%%").replace(/[&|<>^]/g, " ")}`,
  set(name: string, value: ShellValue) {
    switch (value.kind) {
      case "text":
        if (/[\r\n\0]/.test(value.text)) return undefined;
        if (value.behind !== undefined) return reading(value.behind, assignment(name, value.text, { left: "%%b " }));
        if (value.before !== undefined) return reading(value.before, assignment(name, value.text, { right: " %%b" }));
        return `@${assignment(name, value.text)}`;
      case "variable":
        return copied(value.variable, name);
      case "command":
        // Neither a first character nor blanks mean anything: `eol` and `delims` are empty, which quotes cannot say.
        return `@for /f delims^=^ eol^= %%a in ('${value.command}') do @set "${name}=%%a"`;
    }
  },
  unset: (name) => `@set "${name}="`,
  keep: (name, as) => `@if not defined ${as} ${copied(name, as).slice(1)}`,
  restore: (name, from) => `${copied(from, name)}\n@set "${from}="`,
  // A batch file is read in the console's code page, and what we print is UTF-8.
  wrap: (lines) =>
    // oxlint-disable-next-line no-control-regex -- "beyond ASCII" is what is asked
    lines.every((line) => /^[\x00-\x7f]*$/.test(line))
      ? lines
      : [
          `@for /f "tokens=2 delims=:." %%a in ('chcp') do @set "SALLYPORT_CODE_PAGE=%%a"`,
          "@chcp 65001 >nul",
          ...lines,
          "@chcp %SALLYPORT_CODE_PAGE% >nul",
          `@set "SALLYPORT_CODE_PAGE="`,
        ],
  caseless: () => true,
  usage: (command) => `${command} > "%TEMP%\\sallyport-env.cmd" && call "%TEMP%\\sallyport-env.cmd"`,
};
