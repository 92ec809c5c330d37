import type { HttpTarget, Target } from "./types.js";

/** The same server for what is HTTP at its beginning alone (CONNECT, an upgrade): no proxy may take what follows for requests. */
export function throughTunnel(target: HttpTarget): Target {
  const { protocol, host, port } = target;
  return protocol === "https:" ? target : { protocol: "tcp:", carries: protocol, host, port };
}
