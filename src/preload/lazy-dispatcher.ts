import type { Dispatcher } from "undici";
import { hostPortOfUrl } from "./host-port.js";
import type { EngineAccess, HostPort } from "./types.js";

/** What node:events exports: the class, and the function that each of its constructors calls. */
export type Emitter = typeof import("node:events").EventEmitter;

/** Of undici's Dispatcher; all of them come down to `dispatch`, and so are borrowed from it when somebody wants one. */
const borrowed = ["compose", "connect", "pipeline", "request", "stream", "upgrade"] as const;

type Callback = () => void;
/** Of the origin of a request, as undici's options have it. */
export type OriginTest = (origin: unknown) => boolean;

/**
 * A dispatcher in the place of undici's default one, which loads what it needs at the first request. It takes the requests of
 * undici 6 to 8 and of the built-in fetch: they differ in their handlers, which are handed on as they are.
 * @param isNodes whether requests to there go the way that they would go without us, as far as node:net and node:tls
 */
export function makeLazyDispatcher(Base: Emitter, access: EngineAccess, isNodes: OriginTest): object {
  class LazyDispatcher extends Base {
    /** For what is left alone: as undici's own default is. */
    #usual: Dispatcher | undefined;
    #ended: ((dispatcher: Dispatcher) => Promise<void>) | undefined;

    get closed(): boolean {
      return this.#ended !== undefined;
    }

    get destroyed(): boolean {
      return this.closed;
    }

    /** undici's WebSocket asks its dispatcher for these. The bounds are undici's own defaults. */
    get webSocketOptions(): object {
      return { maxFragments: 131_072, maxPayloadSize: 128 * 1024 * 1024 };
    }

    dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
      if (this.#ended === undefined && isNodes(options.origin))
        return (this.#usual ??= makeUsual()).dispatch(options, handler);
      const dispatched = access.now(({ dispatcher }) => dispatcher.dispatch(options, handler));
      if (dispatched !== undefined) return dispatched;
      access
        .open(async ({ dispatcher }) => {
          if (this.#ended !== undefined) await this.#ended(dispatcher);
          dispatcher.dispatch(options, handler);
        })
        .catch((error: Error) => fail(handler, error));
      return true;
    }

    close(callback?: Callback): Promise<void> | undefined {
      return this.#end((dispatcher) => dispatcher.close(), callback);
    }

    destroy(first?: Error | null | Callback, second?: Callback): Promise<void> | undefined {
      const callback = typeof first === "function" ? first : second;
      const error = typeof first === "function" ? null : (first ?? null);
      return this.#end((dispatcher) => dispatcher.destroy(error), callback);
    }

    /** Programs end with this: nothing is loaded for it where there was no request. */
    #end(how: (dispatcher: Dispatcher) => Promise<void>, callback: Callback | undefined): Promise<void> | undefined {
      this.#ended = how;
      const ours = access.now(({ dispatcher }) => how(dispatcher));
      const usual = this.#usual && how(this.#usual);
      const done = Promise.all([ours, usual]).then(() => undefined);
      if (callback === undefined) return done;
      void done.then(callback);
      return undefined;
    }
  }
  for (const name of borrowed) {
    Object.defineProperty(LazyDispatcher.prototype, name, {
      value(this: object, ...given: unknown[]): unknown {
        const { Dispatcher: Undici } = require("undici") as typeof import("undici");
        const method = Undici.prototype[name] as (...given: unknown[]) => unknown;
        return method.apply(this, given);
      },
      writable: true,
      configurable: true,
    });
  }
  return new LazyDispatcher();
}

/** Asks that of the origins of requests. One is mostly asked for several times in a row, and to read a URL is not cheap. */
export function makeOriginTest(isNodes: (peer: HostPort) => boolean): OriginTest {
  let latest: { readonly origin: string; readonly peer: HostPort | undefined } | undefined;
  const read = (text: string): HostPort | undefined => (URL.canParse(text) ? hostPortOfUrl(new URL(text)) : undefined);
  const peerOf = (origin: unknown): HostPort | undefined => {
    // A URL may be changed.
    if (typeof origin !== "string") return read(String(origin));
    if (latest?.origin !== origin) latest = { origin, peer: read(origin) };
    return latest.peer;
  };
  return (origin) => {
    const peer = peerOf(origin);
    return peer !== undefined && isNodes(peer);
  };
}

/** For a program's own undici, which made none since there is this one. The built-in fetch has Node's: see nodes-dispatcher.ts. */
function makeUsual(): Dispatcher {
  const { Agent } = require("undici") as typeof import("undici");
  // As the one that this Node was built with has it.
  const major = Number(process.versions["undici"]?.split(".")[0]);
  return new Agent({ allowH2: major >= 8 });
}

/** Tells a handler of either generation; the newer one expects something to steer by, although there is nothing to steer. */
function fail(handler: Dispatcher.DispatchHandler, error: Error): void {
  const older = handler as { onError?: (error: Error) => void };
  if (typeof handler.onRequestStart !== "function") {
    older.onError?.(error);
    return;
  }
  const nothing = (): void => undefined;
  const controller = { aborted: false, paused: false, reason: null, abort: nothing, pause: nothing, resume: nothing };
  handler.onResponseError?.(controller, error);
}
