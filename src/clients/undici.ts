import { createRequire } from "node:module";
import { markOwn } from "../base/own-diagnostics.js";
import type { Listener } from "./dispatcher/callbacks.js";
import { loadQuietClient, type QuietClient } from "./quiet-client.js";

type Undici = typeof import("undici");

/** The parts of undici that a dispatcher is made of. */
export interface UndiciCore extends Pick<Undici, "Client" | "Dispatcher" | "errors"> {
  readonly util: Pick<Undici["util"], "parseHeaders">;
  /** Undefined where its clients publish by themselves what they do. */
  readonly publishing: Publishing | undefined;
}

/** What it takes to publish in the place of undici's clients. */
export interface Publishing {
  /** A request as undici has it, which publishes what becomes of it, and tells its handler. */
  readonly Request: new (origin: string, options: object, handler: Listener) => Traced;
  readonly onHeaders: QuietClient["onHeaders"];
}

/** What others may change of it before it is written. */
export interface Traced extends Listener {
  onRequestSent(): void;
  readonly method: string;
  readonly path: string;
  readonly host: string | null;
  readonly headers: readonly (string | readonly string[])[];
  readonly contentLength: number | null;
  readonly reset: boolean | null;
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
  core ??= parts() ?? { ...loadUndici(), publishing: undefined };
  return core;
}

/** Undefined where this release of undici keeps them elsewhere. */
function parts(): UndiciCore | undefined {
  try {
    const quiet = loadQuietClient(require);
    return {
      Client: quiet?.Client ?? (require("undici/lib/dispatcher/client.js") as UndiciCore["Client"]),
      Dispatcher: require("undici/lib/dispatcher/dispatcher.js") as UndiciCore["Dispatcher"],
      errors: require("undici/lib/core/errors.js") as UndiciCore["errors"],
      util: require("undici/lib/core/util.js") as UndiciCore["util"],
      publishing: quiet && publishing(quiet),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** Loaded when somebody listens. */
function publishing({ onHeaders }: QuietClient): Publishing {
  let made: Publishing["Request"] | undefined;
  return {
    onHeaders,
    get Request() {
      if (made === undefined) {
        const Base = require("undici/lib/core/request.js") as Publishing["Request"];
        // By its undici's name, which programs may print.
        made = class Request extends Base {
          #isSent = false;

          /** Once, however often it is sent. */
          override onRequestSent(): void {
            if (!this.#isSent) super.onRequestSent();
            this.#isSent = true;
          }
        };
        markOwn(made.prototype);
      }
      return made;
    },
  };
}
