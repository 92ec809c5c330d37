import { createRequire } from "node:module";
import type { AgentOptions as NodeAgentOptions, ClientRequest } from "node:http";
import type { Agent } from "node:https";
import type { Socket } from "node:net";
import type { DialContext } from "../../dial/types.js";
import { afterPoll } from "../after-poll.js";
import { unchanging, type LiveSettings } from "../live/index.js";
import type { Told } from "./watch-request.js";
import { AgentCore, type AgentProtocol } from "./core.js";
import { nameSuffix, type MarkedOptions } from "./option-marks.js";
import {
  dialled,
  type ConnectOptions,
  type Created,
  type NodeAgent,
  type NodeAgentClass,
  type NodeRequest,
} from "./node-agent.js";

export type { AgentProtocol } from "./core.js";

/** There is no bound on the number of connections: libraries bound their requests under way by options of their own. */
export interface AgentOptions {
  /** Milliseconds for which an idle connection is kept. Default 4000; less where the server says so. */
  readonly keepAliveTimeout?: number;
}

/**
 * An agent for node:https, or for node:http. Every connection of it is dialled with the policy, trust and identity of a context;
 * plain http through a proxy goes in absolute form, WebSocket through a tunnel. Where the context changes, new requests go on new
 * connections, and those of the old one are closed once they are idle. (Its type is node:https's for both: that is node:http's, and
 * `options`.)
 * @param told puts the errors of answers that are cut short into other words
 */
export function makeAgent(
  settings: DialContext | LiveSettings,
  protocol: AgentProtocol,
  options: AgentOptions = {},
  told: Told = (error) => error,
): Agent {
  const { keepAliveTimeout = 4000 } = options;
  const live = "current" in settings ? settings : unchanging(settings);
  // No `maxSockets`: Node's queue behind it is served when a connection ends, and never when a dial fails.
  const nodeOptions = { keepAlive: true, scheduling: "lifo" } as const;
  const agent = new (agentClass(protocol))(new AgentCore(live, protocol, told), nodeOptions, keepAliveTimeout);
  // Its base class is the real one; NodeAgent only tells more of it than its types do.
  return agent as unknown as Agent;
}

/** Waits for the requests that an agent of {@link makeAgent} has under way, then closes its connections. It takes no more. */
export async function drainAgent(agent: Agent): Promise<void> {
  const ours = agent as unknown as DialledAgent;
  await ours.core.drained();
  ours.destroy();
}

/** Fails what is under way, closes the connections, and takes no more. */
export function shutAgent(agent: Agent): void {
  const ours = agent as unknown as DialledAgent;
  ours.core.close();
  ours.destroy();
}

interface DialledAgent extends NodeAgent {
  readonly core: AgentCore;
}

type AgentClass = new (core: AgentCore, options: NodeAgentOptions, keepAliveTimeout: number) => DialledAgent;
const made = new Map<AgentProtocol, AgentClass>();
const require = createRequire(import.meta.url);

/** Made at the first use: node:https brings all of TLS with it. */
function agentClass(protocol: AgentProtocol): AgentClass {
  let known = made.get(protocol);
  if (known === undefined) {
    const { Agent: Base } = require(protocol === "https:" ? "node:https" : "node:http") as { Agent: NodeAgentClass };
    known = extend(Base);
    Object.defineProperty(known.prototype, dialled, { value: true });
    made.set(protocol, known);
  }
  return known;
}

function extend(Base: NodeAgentClass): AgentClass {
  return class SallyportAgent extends Base implements DialledAgent {
    readonly #core: AgentCore;
    readonly #keepAliveTimeout: number;

    constructor(core: AgentCore, options: NodeAgentOptions, keepAliveTimeout: number) {
      super(options);
      this.#core = core;
      this.#keepAliveTimeout = keepAliveTimeout;
    }

    get core(): AgentCore {
      return this.#core;
    }

    override addRequest(request: ClientRequest, given: ConnectOptions): void {
      const node = request as NodeRequest;
      const options = this.#core.accept(node, given);
      if (options instanceof Error) return node.onSocket(undefined, options);
      const name = this.getName(options);
      if (this.freeSockets[name] === undefined) return super.addRequest(request, options);
      afterPoll(() => {
        this.#core.retireOf(this.freeSockets[name]);
        super.addRequest(request, options);
      });
    }

    override createSocket(request: ClientRequest, options: MarkedOptions, done: Created): void {
      const node = request as NodeRequest;
      // The base class does its accounting round `createConnection`, which knows of no request: that is told what is under way.
      const connected = this.#core.connect(node, options);
      super.createSocket(request, { ...options, connected }, (error, socket) => {
        if (error !== null && error !== undefined) return done(error);
        const fault = this.#core.prepare(node, socket as Socket);
        if (fault !== undefined) socket?.destroy();
        done(fault ?? null, fault === undefined ? socket : undefined);
      });
    }

    override createConnection(options: ConnectOptions, done?: Created): undefined {
      const connected = (options["connected"] as Promise<Socket> | undefined) ?? this.#core.dial(options);
      connected.then(
        (socket) => done?.(null, socket),
        (error: Error) => done?.(error),
      );
      return undefined;
    }

    override getName(options?: MarkedOptions): string {
      return `${super.getName(options)}${nameSuffix(options)}`;
    }

    override keepSocketAlive(socket: Socket): boolean {
      return super.keepSocketAlive(socket) && keepFor(this.#core, socket, this.#keepAliveTimeout);
    }

    override reuseSocket(socket: Socket, request: ClientRequest): void {
      this.#core.wake(socket);
      socket.setTimeout(0);
      super.reuseSocket(socket, request);
      const fault = this.#core.prepare(request as NodeRequest, socket);
      if (fault !== undefined) request.destroy(fault);
    }

    override destroy(): void {
      this.#core.abortDials();
      super.destroy();
    }
  };
}

/** Bounds the time for which an idle connection is kept, which the base class leaves to the server. False: not worth it. */
function keepFor(core: AgentCore, socket: Socket, milliseconds: number): boolean {
  if (!core.keep(socket)) return false;
  const announced = socket.timeout ?? 0;
  socket.setTimeout(announced === 0 ? milliseconds : Math.min(announced, milliseconds));
  return true;
}
