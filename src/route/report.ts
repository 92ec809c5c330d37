import type { Route, RouteReport } from "./types.js";

/** A route as it is shown and as machine output has it: no login, and no source beyond what the reason says. */
export function reportRoute({ kind, hops, reason }: Route): RouteReport {
  return { kind, hops: hops.map(({ protocol, host, port }) => ({ protocol, host, port })), reason };
}
