import type { Route } from "../route/types.js";

/** A route as it is shown: without logins. */
export interface RouteReport {
  readonly kind: "direct" | "proxy";
  readonly hops: readonly { readonly protocol: string; readonly host: string; readonly port: number }[];
  readonly reason: string;
}

export function reportRoute({ kind, hops, reason }: Route): RouteReport {
  return { kind, hops: hops.map(({ protocol, host, port }) => ({ protocol, host, port })), reason };
}
