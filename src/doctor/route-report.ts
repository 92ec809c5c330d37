import type { Route } from "../route/types.js";
import type { RouteReport } from "./types.js";

/** A route as machine output shows it: no login, and no source beyond what the reason says. */
export function reportRoute(route: Route): RouteReport {
  return {
    kind: route.kind,
    hops: route.hops.map(({ protocol, host, port }) => ({ protocol, host, port })),
    reason: route.reason,
  };
}
