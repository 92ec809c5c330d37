import type { Route, RouteReport } from "../route/types.js";

export type { RouteReport } from "../route/types.js";

export function reportRoute({ kind, hops, reason }: Route): RouteReport {
  return { kind, hops: hops.map(({ protocol, host, port }) => ({ protocol, host, port })), reason };
}
