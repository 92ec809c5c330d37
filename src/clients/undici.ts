import { createRequire } from "node:module";

export type Undici = typeof import("undici");

let undici: Undici | undefined;

/**
 * undici, loaded at the first use: it costs three times the start of Node itself.
 *
 * Requiring it sets the process-wide dispatcher where none is set yet. Node's own fetch shares that slot, so it is made to
 * fill it first: loading a library must not change how the rest of the process reaches the network.
 */
export function loadUndici(): Undici {
  if (undici === undefined) {
    void globalThis.Response;
    const require = createRequire(import.meta.url);
    undici = require("undici") as Undici;
  }
  return undici;
}
