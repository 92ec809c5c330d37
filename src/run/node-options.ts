/**
 * NODE_OPTIONS with a module that is loaded before all others, in Node's own quoting (doc/api/cli.md): double quotes, in which a backslash
 * escapes. It goes first, since Node stops reading, without a word, at whatever is no option (`undefined`, a file's name, quotes that a
 * shell kept), and takes what follows for nothing.
 */
export function requireFirst(file: string, existing = ""): string {
  const option = `--require "${file.replace(/["\\]/g, "\\$&")}"`;
  // A child of a child: once is enough. An older one may stand behind what nobody reads.
  const others = ` ${existing} `.replaceAll(` ${option} `, " ").trim();
  return others === "" ? option : `${option} ${others}`;
}
