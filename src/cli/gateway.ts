import type { Context } from "./context.js";
import type { GatewayFlags } from "./program.js";

export function gatewayCommand(_flags: GatewayFlags, _context: Context): Promise<number> {
  return Promise.reject(new Error("not there yet"));
}
