import type { Context } from "./context.js";
import type { EnvFlags } from "./program.js";

export function envCommand(_flags: EnvFlags, _context: Context): Promise<number> {
  return Promise.reject(new Error("not there yet"));
}
