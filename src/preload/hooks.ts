import type { ClientRequest } from "node:http";
import { Above } from "./above.js";
import { Agents, type GatewayTest } from "./agents.js";
import type { Entrances } from "./entrances.js";
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

/** Of the first part of the preload. */
export interface Begun {
  readonly access: EngineAccess;
  readonly settings: Settings;
  readonly marks: Marks;
  readonly loopback: Loopback;
  readonly entrances: Entrances;
}

/** Puts the hooks in place, while node:http is being loaded or after, or where a program opens TLS before. */
export function installHooks({ access, settings, marks, loopback, entrances }: Begun): Hooks {
  const proxies = new NamedProxies(settings.given, settings.variables);
  const requests = new NewRequests();
  const above = new Above();
  const sockets = new Sockets(access, {
    marks,
    proxies,
    requests,
    loopback,
    above,
    entrances,
    undici: new UndiciSigns(),
  });
  sockets.patch();
  const { secureAgent, net: plainNet } = entrances;
  const gateway = gatewayOf(settings);
  const agents = new Agents(access, sockets, marks, { proxies, loopback, above, secureAgent, plainNet, gateway });
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
