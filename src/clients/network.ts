import type http from "node:http";
import type https from "node:https";
import type { Dispatcher } from "undici";
import type { ConnectError } from "../base/errors.js";
import { dial } from "../dial/index.js";
import type { Connection, DialOptions, Target } from "../dial/types.js";
import type { Identities } from "../identity/index.js";
import type { Policy } from "../policy/index.js";
import type { Route } from "../route/index.js";
import type { TrustBundle } from "../trust/index.js";
import { drainAgent, makeAgent, shutAgent, type AgentOptions, type AgentProtocol } from "./agent/agent.js";
import { settingsLoader, type ContextOptions } from "./context.js";
import { makeDispatcher, type DispatcherOptions } from "./dispatcher/dispatcher.js";
import { makeFetch } from "./fetch.js";
import { LiveContext, usualInterval, warnOfFailure } from "./live/index.js";
import { foreignNetwork } from "./faults-settings.js";
import { ownIdentityLoader, type IdentityChoice } from "./own-identity.js";
import { makeWebSocket, type WebSocketClass } from "./websocket.js";

/** How a network is made: where its settings come from, settings in code, and what its parts are bounded by. */
export interface NetworkOptions extends ContextOptions {
  /** Of the dispatcher, and so of `fetch` and `WebSocket`. */
  readonly dispatcher?: DispatcherOptions;
  /** Of the agents for node:http and node:https. */
  readonly agent?: AgentOptions;
  /**
   * Watches the files that settings come from, for programs that live longer than their certificates: what has changed is loaded, checked,
   * and used for the next connection. Unusable changes leave the old settings in force, with one process warning. Default false.
   */
  readonly watch?: boolean;
  /**
   * Follows the machine into other networks (office, home, VPN), at the latest two seconds after it has settled in one: idle connections are
   * closed, and so are those from an address that the machine no longer has; PAC files and the proxies of the operating system are read
   * again. It is looked for each 1.5 seconds, at no cost to speak of. Default: what `watch` says.
   */
  readonly followNetwork?: boolean;
}

/** As got takes them; axios takes them apart, as `httpAgent` and `httpsAgent`. */
export interface Agents {
  /** For `http:` and `ws:`. */
  readonly http: http.Agent;
  /** For `https:` and `wss:`. */
  readonly https: https.Agent;
}

/** The way out, as the settings have it, in every form that a program may want it. */
export interface Network extends AsyncDisposable {
  /** The settings in force, as are `trust`, `identities` and `warnings`. */
  readonly policy: Policy;
  readonly trust: TrustBundle;
  readonly identities: Identities;
  /** What is doubtful about the settings, and works nevertheless. */
  readonly warnings: readonly ConnectError[];
  /** Node's fetch. A failure is its TypeError with the ConnectError as `cause`. */
  readonly fetch: typeof globalThis.fetch;
  /** For undici 6 and 7, and the built-in fetch of Node 20 to 26. Made at the first use, as all that follow. */
  readonly dispatcher: Dispatcher;
  /** A class with the global WebSocket's constructor. */
  readonly WebSocket: WebSocketClass;
  /** For node:http and node:https, and the clients that are built on them. */
  readonly agents: Agents;
  /** Where a URL goes, and why. May take time where a PAC file decides. */
  route(url: string | URL): Route | Promise<Route>;
  /** A connection of one's own. @throws {ConnectError} */
  dial(target: Target, options?: DialOptions): Promise<Connection>;
  /**
   * Loads the settings again: config files, certificates, authorities, and secrets in files or of commands. Variables stay as they were.
   * New connections are made by them, and requests under way finish on the old ones.
   * @throws {ConnectError} for unusable ones; the old ones stay in force then
   */
  reload(): Promise<void>;
  /** Waits for the requests under way, then closes every connection. */
  close(): Promise<void>;
  /** Fails the requests under way, and closes every connection. */
  destroy(error?: Error): Promise<void>;
}

/**
 * Reads the environment once and gives the way out that it describes.
 * @throws {ConnectError} for a setting that is unusable; see {@link loadContext}
 */
export async function createNetwork(options: NetworkOptions = {}): Promise<Network> {
  const { watch = false, followNetwork = watch } = options;
  const load = settingsLoader(options);
  const live = await LiveContext.open({ load, watch: watch && usualInterval, network: followNetwork });
  return new LiveNetwork(live, options);
}

/**
 * The same way out, with one client certificate in place of those of the settings: for a server that is to see that one alone. It follows
 * the reloads of the network that it was made from, and ends with it.
 * @throws {ConnectError} CONFIG_INVALID for a name that no identity has; what is wrong with the certificate
 */
export async function withIdentity(network: Network, identity: IdentityChoice): Promise<Network> {
  if (!(network instanceof LiveNetwork)) throw foreignNetwork();
  return network.withIdentity(identity);
}

class LiveNetwork implements Network {
  readonly fetch: typeof globalThis.fetch;
  readonly #live: LiveContext;
  readonly #options: NetworkOptions;
  readonly agents: Agents;
  readonly #agents = new Map<AgentProtocol, https.Agent>();
  readonly #fetching = new Set<Promise<Response>>();
  /** Those that were made from this one, for as long as they are open. */
  readonly #derived = new Set<LiveNetwork>();
  #dispatcher: Dispatcher | undefined;
  #webSocket: WebSocketClass | undefined;
  #ended: () => void = () => undefined;

  constructor(live: LiveContext, options: NetworkOptions) {
    this.#live = live;
    this.#options = options;
    this.fetch = makeFetch(() => this.dispatcher, this.#fetching);
    // Made at the first look at each: node:https brings all of TLS with it.
    const agent = (protocol: AgentProtocol): https.Agent => this.#agent(protocol);
    this.agents = {
      get http() {
        return agent("http:");
      },
      get https() {
        return agent("https:");
      },
    };
    live.subscribe(warnOfFailure);
  }

  get policy(): Policy {
    return this.#live.current.policy;
  }

  get trust(): TrustBundle {
    return this.#live.current.trust;
  }

  get identities(): Identities {
    return this.#live.current.identities;
  }

  get warnings(): readonly ConnectError[] {
    return [...this.policy.warnings, ...this.trust.warnings, ...this.identities.warnings];
  }

  get dispatcher(): Dispatcher {
    return (this.#dispatcher ??= makeDispatcher(this.#live, this.#options.dispatcher));
  }

  get WebSocket(): WebSocketClass {
    return (this.#webSocket ??= makeWebSocket(() => this.dispatcher));
  }

  #agent(protocol: AgentProtocol): https.Agent {
    let agent = this.#agents.get(protocol);
    if (agent === undefined) {
      agent = makeAgent(this.#live, protocol, this.#options.agent);
      this.#agents.set(protocol, agent);
    }
    return agent;
  }

  route(url: string | URL): Route | Promise<Route> {
    return this.#live.current.route(String(url));
  }

  dial(target: Target, options?: DialOptions): Promise<Connection> {
    return dial(this.#live.current, target, options);
  }

  reload(): Promise<void> {
    return this.#live.reload();
  }

  async withIdentity(identity: IdentityChoice): Promise<Network> {
    const watch = this.#options.watch === true && usualInterval;
    const live = await LiveContext.open({ load: ownIdentityLoader(this.#live, identity), watch });
    const network = new LiveNetwork(live, this.#options);
    this.#derived.add(network);
    let known = this.#live.current.policy;
    const unsubscribe = this.#live.subscribe((event) => {
      if (event.kind !== "reloaded") return;
      const { policy, route, setAside, elsewhere } = this.#live.current;
      // In another network nothing is loaded again, the passphrase of its key least of all.
      if (event.by === "network" && policy === known)
        live.routeBy({ route, ...(setAside && { setAside }), ...(elsewhere && { elsewhere }) });
      // What it fails with is told by the other's own subscription.
      else live.reload().catch(() => undefined);
      known = policy;
    });
    network.#ended = () => {
      unsubscribe();
      this.#derived.delete(network);
    };
    return network;
  }

  async close(): Promise<void> {
    this.#ended();
    this.#live.close();
    await Promise.all([...this.#derived].map((network) => network.close()));
    const agents = Promise.all([...this.#agents.values()].map(drainAgent));
    await Promise.allSettled(this.#fetching);
    await Promise.all([this.#dispatcher?.close(), agents]);
  }

  async destroy(error?: Error): Promise<void> {
    this.#ended();
    this.#live.close();
    await Promise.all([...this.#derived].map((network) => network.destroy(error)));
    for (const agent of this.#agents.values()) shutAgent(agent);
    await this.#dispatcher?.destroy(error ?? null);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
