import { isConnectError } from "../base/errors.js";
import type { Route } from "../route/types.js";
import type { DialContext } from "./types.js";

/** What a proxy that is not there, or is none, fails with beside what fails on the way to it. */
const nobodyThere: ReadonlySet<string> = new Set([
  "PROXY_CLOSED",
  "PROXY_TIMEOUT",
  "PROXY_NOT_HTTP",
  "PROXY_NOT_TLS",
  "PROXY_NEEDS_TLS",
  "SOCKS_NOT_SOCKS",
]);

/**
 * Whether `error` says that the first proxy of a way cannot be used at all, so that the next way of a PAC file is worth a try. What a proxy
 * answers (a refusal, a login) is an answer: another proxy would be a way round it.
 */
function isOutOfReach(error: unknown): boolean {
  if (!isConnectError(error) || error.hop !== "proxy") return false;
  const { stage, code } = error;
  return stage === "dns" || stage === "tcp" || stage === "proxy-tls" || nobodyThere.has(code);
}

/**
 * Tries the ways of a route one after the other, as far as their proxies cannot be reached; these are set aside for later dials. Where the
 * last way is none either, the first fault tells: a direct connection out of a network that has a proxy fails for no other reason.
 */
export async function byOneOf<T>(route: Route, context: DialContext, go: (way: Route) => Promise<T>): Promise<T> {
  const { others = [] } = route;
  let first: unknown;
  for (const [index, way] of [route, ...others].entries()) {
    try {
      return await go(way);
    } catch (error) {
      const unreachable = isOutOfReach(error);
      const [proxy] = way.hops;
      const isSilent = isConnectError(error) && ["dns", "tcp"].includes(error.stage);
      if (unreachable && proxy !== undefined) context.setAside?.(proxy, isSilent);
      first ??= error;
      if (!unreachable) throw isSilent ? first : error;
      if (index === others.length) throw first;
    }
  }
  throw first;
}
