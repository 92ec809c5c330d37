import type { Agent } from "node:https";
import { drainAgent, makeAgent, shutAgent, type AgentProtocol } from "../../clients/index.js";
import { formatHostPort, hostPortOf } from "../../base/hostname.js";
import { identityMeantFor } from "../../dial/index.js";
import type { DialContext } from "../../dial/types.js";
import { reportRoute, type RouteReport } from "../../route/index.js";

/** How a target is reached, for the status. */
export interface Way {
  route?: RouteReport;
  identity?: string;
}

const remembered = 256;

/** The agents of the settings in force. Those of earlier ones finish what they have under way, and take nothing more. */
export class ForwardAgents {
  readonly #agents = new Map<AgentProtocol, Agent>();
  readonly #ways = new Map<string, Way>();
  readonly #draining = new Map<Agent, Promise<void>>();
  #context: DialContext | undefined;
  #closed = false;

  agent(context: DialContext, protocol: AgentProtocol): Agent {
    this.#use(context);
    const known = this.#agents.get(protocol);
    if (known !== undefined) return known;
    const made = makeAgent(context, protocol);
    this.#agents.set(protocol, made);
    if (this.#closed) shutAgent(made);
    return made;
  }

  /** Filled in as soon as it is known; empty where the route is refused, which the dial then tells. */
  way(context: DialContext, url: URL): Way {
    this.#use(context);
    const { protocol } = url;
    const { host, port } = hostPortOf(url);
    const key = `${protocol}//${formatHostPort(host, port)}/`;
    const known = this.#ways.get(key);
    if (known !== undefined) return known;
    const way: Way = {};
    this.#ways.set(key, way);
    const oldest = this.#ways.keys().next().value;
    if (this.#ways.size > remembered && oldest !== undefined) this.#ways.delete(oldest);
    void learn(way, context, key);
    const identity = protocol === "https:" ? identityMeantFor(context, host, port) : undefined;
    if (identity !== undefined) way.identity = identity.name;
    return way;
  }

  /** Waits for what is under way; ends it where the signal aborts. Later requests fail. */
  async close(signal: AbortSignal): Promise<void> {
    this.#closed = true;
    this.#retire();
    const shut = (): void => {
      for (const agent of this.#draining.keys()) shutAgent(agent);
    };
    signal.addEventListener("abort", shut);
    if (signal.aborted) shut();
    await Promise.all(this.#draining.values());
    signal.removeEventListener("abort", shut);
  }

  #use(context: DialContext): void {
    if (context === this.#context) return;
    this.#retire();
    this.#ways.clear();
    this.#context = context;
  }

  #retire(): void {
    for (const agent of this.#agents.values()) {
      const drained = drainAgent(agent).then(() => void this.#draining.delete(agent));
      this.#draining.set(agent, drained);
    }
    this.#agents.clear();
  }
}

async function learn(way: Way, context: DialContext, url: string): Promise<void> {
  try {
    const route = context.route(url);
    way.route = reportRoute("then" in route ? await route : route);
  } catch {
    // Told by the dial, to whom it concerns.
  }
}
