import { createRequire } from "node:module";

type Undici = typeof import("undici");

/** The parts of undici that a dispatcher is made of. */
export interface UndiciCore extends Pick<Undici, "Client" | "Dispatcher" | "errors"> {
  readonly util: Pick<Undici["util"], "parseHeaders">;
}

const require = createRequire(import.meta.url);
let undici: Undici | undefined;
let core: UndiciCore | undefined;

/**
 * undici, loaded at the first use: it costs three times the start of Node itself.
 *
 * Requiring it sets the process-wide dispatcher where none is set yet. Node's own fetch shares that slot, so it is made to
 * fill it first: loading a library must not change how the rest of the process reaches the network.
 */
export function loadUndici(): Undici {
  if (undici === undefined) {
    void globalThis.Response;
    undici = require("undici") as Undici;
  }
  return undici;
}

/**
 * What of undici moves bytes, which loads in a third of the time: no fetch, caches or mocks, and no process-wide dispatcher. These are
 * undici's own files, so that whoever loads all of it has the same classes.
 */
export function loadUndiciCore(): UndiciCore {
  core ??= undici ?? parts() ?? loadUndici();
  return core;
}

/** Undefined where this release of undici keeps them elsewhere. */
function parts(): UndiciCore | undefined {
  try {
    return {
      Client: require("undici/lib/dispatcher/client.js") as UndiciCore["Client"],
      Dispatcher: require("undici/lib/dispatcher/dispatcher.js") as UndiciCore["Dispatcher"],
      errors: require("undici/lib/core/errors.js") as UndiciCore["errors"],
      util: require("undici/lib/core/util.js") as UndiciCore["util"],
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}
