import type { DialContext } from "../../dial/index.js";
import { outOfRange } from "../faults.js";
import { checkToken, makeToken } from "./token.js";
import type { GatewayOptions, ResolvedOptions } from "../types.js";

/** The options with their defaults. `token` is the one that is in force: undefined asks clients for none. */
export function resolveOptions(options: GatewayOptions, token: string | undefined): ResolvedOptions {
  return {
    token,
    drainTimeout: atLeast("drainTimeout", options.drainTimeout ?? 30_000, 0),
    maximumConnections: atLeast("maximumConnections", options.maximumConnections ?? 4096, 1),
    maximumHeadSize: atLeast("maximumHeadSize", options.maximumHeadSize ?? 16_384, 512),
    headTimeout: atLeast("headTimeout", options.headTimeout ?? 30_000, 1),
    linkLocal: options.linkLocal ?? false,
  };
}

/** @throws {ConnectError} CONFIG_INVALID for a token that nobody could present */
export function chooseToken({ token }: GatewayOptions): string | undefined {
  if (token === false) return undefined;
  return token === undefined ? makeToken() : checkToken(token);
}

/** The hosts whose TLS is to be intercepted, as they were written, each once: those of identities, and those that were asked for. */
export function hostsToIntercept(context: DialContext, { intercept = [] }: GatewayOptions): readonly string[] {
  if (intercept === false) return [];
  // A host whose identity cannot be used is intercepted as well: to be told so, and not to be reached without one.
  const { origins, broken } = context.identities;
  const limited = [...origins, ...broken].flatMap(({ hosts }) =>
    hosts === "all" ? [] : hosts.map(({ text }) => text),
  );
  return [...new Set([...limited, ...intercept])];
}

function atLeast(name: string, value: number, least: number): number {
  // Node's timers and buffers end at 2^31 - 1.
  if (Number.isInteger(value) && value >= least && value <= 0x7fffffff) return value;
  throw outOfRange(name, least);
}
