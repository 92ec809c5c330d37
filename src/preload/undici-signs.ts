import { subscribe } from "node:diagnostics_channel";
import { isOwn, markOwn } from "../base/own-diagnostics.js";
import { hostPortKey, hostPortOfUrl, usualPort } from "./host-port.js";
import type { HostPort } from "./types.js";
import { queueMicrotask } from "../base/timers.js";

interface BeforeConnect {
  readonly connectParams: { readonly hostname?: string; readonly port?: string | number; readonly protocol?: string };
  readonly connector: object;
}

interface RequestCreated {
  readonly request: { readonly method?: string; readonly path?: string; readonly origin?: unknown };
}

/** What undici says, whichever copy and major of it, about the connections that its own agents are about to make. */
export class UndiciSigns {
  readonly #proxies = new Set<string>();
  #expected: string | undefined;

  constructor() {
    const connecting = markOwn((message: unknown) => this.#connecting(message as BeforeConnect));
    const created = markOwn((message: unknown) => this.#requested(message as RequestCreated));
    subscribe("undici:client:beforeConnect", connecting);
    subscribe("undici:request:create", created);
  }

  /** The connection that is asked for at this moment is one of undici's. */
  expects(peer: HostPort): boolean {
    return this.#expected === hostPortKey(peer);
  }

  /** undici goes there as to a proxy, which the program chose: it was given to a ProxyAgent. */
  isProxy(peer: HostPort): boolean {
    return this.#proxies.has(hostPortKey(peer));
  }

  /** Published right before the connector is called, and that asks node:net or node:tls at once if it is undici's own. */
  #connecting({ connectParams: { hostname, port, protocol }, connector }: BeforeConnect): void {
    if (hostname === undefined || isOwn(connector)) return;
    this.#expected = hostPortKey({ host: hostname, port: Number(port) || usualPort(protocol) });
    queueMicrotask(() => (this.#expected = undefined));
  }

  #requested({ request }: RequestCreated): void {
    const { method, path = "", origin } = request;
    // Nearly all of them.
    if (method !== "CONNECT" && path.startsWith("/")) return;
    if (isOwn(request)) return;
    if (method !== "CONNECT" && !/^[a-z]+:\/\//i.test(path)) return;
    const url = String(origin);
    if (URL.canParse(url)) this.#proxies.add(hostPortKey(hostPortOfUrl(new URL(url))));
  }
}
