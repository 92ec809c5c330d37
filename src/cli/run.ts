import type { Context } from "./context.js";
import type { RunFlags } from "./program.js";

export function runCommand(_argv: readonly string[], _flags: RunFlags, _context: Context): Promise<number> {
  return Promise.reject(new Error("not there yet"));
}
