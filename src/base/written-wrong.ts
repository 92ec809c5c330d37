/** How people write values, whatever they are for, so that no program reads them as they were meant. */

/** What is inside the quotation marks that surround a text; undefined where there are none. */
export function unquoted(text: string): string | undefined {
  return /^(["'])(.*)\1$/s.exec(text)?.[2];
}

/** Where such quotation marks come from. */
export const quotesRemain = "Docker's env files keep them, and so does SET on Windows";

/** Follows a setting's name. */
export const notExpanded = "holds a variable that was not expanded";

/** What to do about that in a path. */
export const writeInFull = "write the path in full: neither single quotes nor env files nor JSON expand variables";

/** `$HOME`, `${HOME}`, `$env:HOME`, `$(pwd)`, `%USERPROFILE%`, `{{ home }}`. */
export function holdsVariable(text: string): boolean {
  return /\$(?:[A-Za-z_(]|\{\w)|%[A-Za-z_]\w*%|\{\{/.test(text);
}
