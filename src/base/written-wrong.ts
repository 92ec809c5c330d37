/** How people write values, whatever they are for, so that no program reads them as they were meant. */

/** What is inside the quotation marks that surround a text; undefined where there are none. */
export function unquoted(text: string): string | undefined {
  return /^(["'])(.*)\1$/s.exec(text)?.[2];
}

/** `$HOME`, `${HOME}`, `$env:HOME`, `$(pwd)`, `%USERPROFILE%`, `{{ home }}`. */
export function holdsVariable(text: string): boolean {
  return /\$(?:[A-Za-z_(]|\{\w)|%[A-Za-z_]\w*%|\{\{/.test(text);
}
