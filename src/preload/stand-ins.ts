import type { AgentOptions } from "node:http";
import type { AgentProtocol, ConnectOptions, NodeAgent } from "../clients/index.js";

type Kind = new (options: AgentOptions) => NodeAgent;

/**
 * Agents of Node's own kind, for requests whose own agent would go to a proxy of the variables by itself. Each agent of the
 * program's has one to itself, as it has its own connections and TLS sessions without the preload: what one agent found good is no
 * word for another that pins its server's certificate.
 */
export class StandIns {
  readonly #agents = new WeakMap<object, Map<AgentProtocol, NodeAgent>>();
  readonly #all = new WeakSet<object>();
  readonly #kinds = new Map<AgentProtocol, Kind>();

  has(agent: object): boolean {
    return this.#all.has(agent);
  }

  /** The one that stands in for `agent`. */
  agent(agent: NodeAgent & { readonly keepAlive?: boolean }, protocol: AgentProtocol): NodeAgent {
    const known = this.#agents.get(agent) ?? new Map<AgentProtocol, NodeAgent>();
    this.#agents.set(agent, known);
    let own = known.get(protocol);
    if (own === undefined) {
      const { timeout } = agent.options ?? {};
      // agent-base before 7 calls its one connection for each request `maxSockets: 1`.
      const bounds = isNodes(agent) ? { maxSockets: agent.maxSockets, maxTotalSockets: agent.maxTotalSockets } : {};
      own = new (this.#kind(protocol))({ keepAlive: agent.keepAlive ?? false, ...bounds, ...(timeout && { timeout }) });
      known.set(protocol, own);
      this.#all.add(own);
    }
    return own;
  }

  #kind(protocol: AgentProtocol): Kind {
    let kind = this.#kinds.get(protocol);
    if (kind === undefined) {
      const { Agent } = process.getBuiltinModule(protocol === "https:" ? "node:https" : "node:http");
      kind = withWholeNames(Agent as unknown as Kind);
      this.#kinds.set(protocol, kind);
    }
    return kind;
  }
}

/** Of node:http's descent: only such a one means anything by its bounds. */
function isNodes(agent: object): boolean {
  return agent instanceof process.getBuiltinModule("node:http").Agent;
}

/** What decides about a connection's TLS, and is left out of the names that most Nodes give to their pools. */
const leftOut = ["checkServerIdentity", "secureContext", "ALPNProtocols", "passphrase", "allowPartialTrustChain"];

function withWholeNames(Base: Kind): Kind {
  return class extends Base {
    override getName(options?: ConnectOptions): string {
      const more = leftOut.map((name) => nameOf(options?.[name]));
      return more.every((name) => name === "") ? super.getName(options) : [super.getName(options), ...more].join("|");
    }
  };
}

const numbers = new WeakMap<object, number>();
let given = 0;

/** Functions and contexts are told apart as what they are: two that read the same may do something else. */
function nameOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(nameOf).join(",");
  if (typeof value === "string" || typeof value === "boolean") return `${value}`;
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return "";
  const number = numbers.get(value) ?? ++given;
  numbers.set(value, number);
  return `#${number}`;
}
