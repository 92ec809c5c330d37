import type { ClientRequest } from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { Above } from "./above.js";
import { Agents, type GatewayTest } from "./agents.js";
import type { Loopback } from "./loopback.js";
import type { Marks } from "./marks.js";
import { NewRequests } from "./new-requests.js";
import { NamedProxies } from "./own-proxies.js";
import { Sockets } from "./sockets.js";
import type { EngineAccess, HostPort, Settings } from "./types.js";
import { UndiciSigns } from "./undici-signs.js";

export interface Hooks {
  seeAgent(prototype: object): void;
  /** Every request of node:http, before anything is known of it. */
  seeRequest(request: ClientRequest): void;
  /** Somebody has put something of theirs before ours, and may answer for that host. */
  mustAsk(peer: HostPort): boolean;
}

/**
 * Puts the hooks in place, while node:http is being loaded or after. node:tls is loaded along: there is no sign of that one's
 * own loading, and its `connect` must be ours before anybody asks for it.
 */
export function installHooks(access: EngineAccess, settings: Settings, marks: Marks, loopback: Loopback): Hooks {
  const proxies = new NamedProxies(settings.given, settings.variables);
  const requests = new NewRequests();
  const above = new Above();
  const sockets = new Sockets(access, { marks, proxies, requests, loopback, above, undici: new UndiciSigns() });
  sockets.patch();
  // `import { connect } from "node:tls"` gets what is in place now.
  syncBuiltinESMExports();
  const agents = new Agents(access, sockets, marks, { proxies, loopback, above, gateway: gatewayOf(settings) });
  return {
    seeAgent: (prototype) => agents.see(prototype),
    seeRequest: (request) => requests.begin(request),
    mustAsk: (peer) => above.mustAsk(peer),
  };
}

/** Of `run`: a proxy that this process was given, and that the settings behind it do not name. */
function gatewayOf({ given, variables }: Settings): GatewayTest {
  const [shown, own] = [new NamedProxies(given), new NamedProxies(variables)];
  return (peer) => shown.isAt(peer) && !own.isAt(peer);
}
