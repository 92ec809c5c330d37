import type { Dispatcher } from "undici";
import { loadUndici } from "../undici.js";

type Options = Dispatcher.DispatchOptions;

/** Of undici 6. */
interface Older {
  /** Its handlers see to it by themselves. */
  readonly throwOnError?: unknown;
  /** Later ones have an interceptor for it. */
  readonly maxRedirections?: unknown;
}

/**
 * Sends a request of undici 6 that has an option which later versions refuse. Undefined, with nothing done, for any other request.
 */
export function dispatchOlder(
  dispatcher: Dispatcher,
  options: Options,
  handler: Dispatcher.DispatchHandler,
): boolean | undefined {
  const { throwOnError, maxRedirections }: Older = options as object;
  if (throwOnError === undefined && maxRedirections === undefined) return undefined;
  // By which its own handlers are told.
  if (!("throwOnError" in handler)) return undefined;
  const { throwOnError: _theirs, maxRedirections: _count, ...rest } = options as Older;
  if (!maxRedirections) return dispatcher.dispatch(rest as Options, handler);
  const following = dispatcher.compose(loadUndici().interceptors.redirect());
  return following.dispatch({ ...rest, maxRedirections } as unknown as Options, handler);
}
