import type { ProxyServer, Source } from "../policy/types.js";

/** A proxy, as it is shown: without its login. */
export interface HopReport {
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
}

/** A route, as it is shown: without logins, and with no source beyond what the reason says. */
export interface RouteReport {
  readonly kind: "direct" | "proxy";
  readonly hops: readonly HopReport[];
  /** A sentence for people, which names the setting that decided. */
  readonly reason: string;
}

/** How one target is reached, and why. */
export interface Route {
  /** The target's origin, e.g. `https://api.example.com:443`; the port is always there. */
  readonly origin: string;
  readonly kind: "direct" | "proxy";
  /** The proxies in the order in which they are passed. Empty for a direct route. */
  readonly hops: readonly ProxyServer[];
  /** A sentence for people, which names the setting that decided. Holds no secret. */
  readonly reason: string;
  readonly source: Source;
  /** A PAC file named several ways: the others, in the order in which they are tried where a proxy of the one before cannot be reached. */
  readonly others?: readonly Route[];
  /** The same URL may be answered otherwise later on: a PAC file says so. */
  readonly mayChange?: true;
}
