/**
 * Set for commands that we run (one that prints a password, say): which ones, as digests. What such a command does is none of the
 * program's doing that needs it, and cannot wait for what it is itself to give.
 */
export const withinVariable = "SALLYPORT_WITHIN";

/** The variables of this process, as they are now. */
export function currentVariables(): Record<string, string | undefined> {
  return { ...process.env };
}

/** Sets a variable of this process, and so of the children that inherit its environment. Undefined: takes it away. */
export function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

/** Synchronous, for what a program needs before its first line. @throws The ErrnoException of `fs.readFileSync`. */
export function readTextNow(path: string): string {
  // Not imported: the ES face of node:fs loads node:fs/promises with it.
  return process.getBuiltinModule("node:fs").readFileSync(path, "utf8");
}
