import type { IncomingHttpHeaders } from "node:http";
import type { Duplex } from "node:stream";
import type { Dispatcher } from "undici";
import type { UndiciCore } from "../undici.js";
import type { Listener } from "./callbacks.js";

export type { Listener } from "./callbacks.js";

/** Takes a handler in either of undici 7's two styles; `onRequestStart` tells the newer one, as it does for undici itself. */
export function listenerOf(handler: Dispatcher.DispatchHandler, undici: UndiciCore): Listener {
  // The older style is what Listener describes; undici checks its presence in the same way, and no further.
  return typeof handler.onRequestStart === "function"
    ? new ControllerListener(handler, undici)
    : (handler as unknown as Listener);
}

/** Speaks to a handler of the newer style, which steers the exchange by a controller. */
class ControllerListener implements Listener {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #undici: UndiciCore;
  #controller: Controller | undefined;

  constructor(handler: Dispatcher.DispatchHandler, undici: UndiciCore) {
    this.#handler = handler;
    this.#undici = undici;
  }

  get #control(): Controller {
    // An error may come before there is anything to steer.
    return (this.#controller ??= new Controller(() => undefined));
  }

  onConnect(abort: (reason?: Error) => void): void {
    this.#controller = new Controller(abort);
    this.#handler.onRequestStart?.(this.#controller, null);
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.();
  }

  onHeaders(status: number, headers: Buffer[], resume: () => void, statusText: string): boolean {
    const control = this.#control;
    control.resumed = resume;
    control.rawHeaders = headers;
    this.#handler.onResponseStart?.(control, status, this.#parse(headers), statusText);
    return !control.paused;
  }

  onData(chunk: Buffer): boolean {
    this.#handler.onResponseData?.(this.#control, chunk);
    return !this.#control.paused;
  }

  onComplete(trailers: Buffer[] | null): void {
    this.#control.rawTrailers = trailers;
    this.#handler.onResponseEnd?.(this.#control, this.#parse(trailers ?? []));
  }

  onError(error: Error): void {
    this.#handler.onResponseError?.(this.#control, error);
  }

  onUpgrade(status: number, headers: Buffer[] | null, socket: Duplex): void {
    this.#control.rawHeaders = headers;
    this.#handler.onRequestUpgrade?.(this.#control, status, this.#parse(headers ?? []), socket);
  }

  #parse(headers: Buffer[]): IncomingHttpHeaders {
    return this.#undici.util.parseHeaders(headers);
  }
}

class Controller implements Dispatcher.DispatchController {
  readonly #abort: (reason: Error) => void;
  #paused = false;
  #aborted = false;
  #reason: Error | null = null;
  resumed: (() => void) | undefined;
  rawHeaders: Buffer[] | null = null;
  rawTrailers: Buffer[] | null = null;

  constructor(abort: (reason: Error) => void) {
    this.#abort = abort;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): Error | null {
    return this.#reason;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.resumed?.();
  }

  abort(reason: Error): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    this.#abort(reason);
  }
}
