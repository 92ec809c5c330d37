/**
 * NODE_OPTIONS with a module that is loaded first. What was there is kept, and comes first: it may hold a loader of the user's
 * that other modules are meant to see. In Node's own quoting (doc/api/cli.md): double quotes, in which a backslash escapes.
 */
export function requireFirst(file: string, existing = ""): string {
  const option = `--require "${file.replace(/["\\]/g, "\\$&")}"`;
  // A child of a child: once is enough.
  if (existing.includes(option)) return existing;
  return existing.trim() === "" ? option : `${existing.trim()} ${option}`;
}
