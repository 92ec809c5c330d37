/** A path as it is typed into a shell: in quotes where it has characters that the shell would take for its own. */
export function quotePath(path: string): string {
  if (/^[\w./~:@%+=-]+$/.test(path) || /^[A-Za-z]:[\w.\\/-]+$/.test(path)) return path;
  // PowerShell and cmd both take double quotes, and no Windows path can hold one.
  return /^[A-Za-z]:[\\/]|^\\\\/.test(path) ? `"${path}"` : singleQuoted(path);
}

/** For POSIX shells. Nothing is special in there but the quote itself: no `$`, no backslash, and no `!` of the history either. */
export const singleQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
