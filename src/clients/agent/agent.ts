import { createRequire } from "node:module";
import type { AgentOptions as NodeAgentOptions, ClientRequest } from "node:http";
import type { Agent } from "node:https";
import type { Socket } from "node:net";
import { dial } from "../../dial/index.js";
import type { Connection, DialContext, Target } from "../../dial/types.js";
import { toAbsoluteForm } from "./absolute-form.js";
import type { ConnectOptions, Created, NodeAgent, NodeAgentClass, NodeRequest } from "./node-agent.js";
import { carriesLogin, refusal } from "./refusals.js";
import { loginInRequest } from "../dispatcher/request.js";
import { RequestWatch } from "./watch-request.js";

export type AgentProtocol = "https:" | "http:";

export interface AgentOptions {
  /** Milliseconds for which an idle connection is kept. Default 4000; less where the server says so. */
  readonly keepAliveTimeout?: number;
  /** As node:http's: connections to one origin at a time. Default: no bound. */
  readonly maxSockets?: number;
}

/**
 * An agent for node:https, or for node:http. Every connection of it is dialled with the context's policy, trust and identity;
 * plain http through a proxy goes in absolute form, WebSocket through a tunnel. (Its type is node:https's for both: that is
 * node:http's, and `options`.)
 */
export function makeAgent(context: DialContext, protocol: AgentProtocol, options: AgentOptions = {}): Agent {
  // Its base class is the real one; NodeAgent only tells more of it than its types do.
  return new (agentClass(protocol))(context, options) as unknown as Agent;
}

/** Waits for the requests that an agent of {@link makeAgent} has under way, then closes its connections. It takes no more. */
export async function drainAgent(agent: Agent): Promise<void> {
  await (agent as unknown as SallyportAgentType).drain();
}

/** Fails what is under way, closes the connections, and takes no more. */
export function shutAgent(agent: Agent): void {
  (agent as unknown as SallyportAgentType).shut();
}

interface SallyportAgentType extends NodeAgent {
  drain(): Promise<void>;
  shut(): void;
}

type SallyportAgentClass = new (context: DialContext, options: AgentOptions) => SallyportAgentType;
const made = new Map<AgentProtocol, SallyportAgentClass>();
const require = createRequire(import.meta.url);

/** Made at the first use: node:https brings all of TLS with it. */
function agentClass(protocol: AgentProtocol): SallyportAgentClass {
  let known = made.get(protocol);
  if (known === undefined) {
    const { Agent: Base } = require(protocol === "https:" ? "node:https" : "node:http") as { Agent: NodeAgentClass };
    known = extend(Base, protocol);
    made.set(protocol, known);
  }
  return known;
}

/** Marks the options of requests that need a tunnel, so that their pool is one of its own. */
const tunnelled = Symbol("tunnelled");

interface UnderWay {
  readonly watch: RequestWatch;
  readonly target: Target;
  readonly check: ConnectOptions["checkServerIdentity"];
}

interface MarkedOptions extends ConnectOptions {
  readonly [tunnelled]?: boolean;
}

function extend(Base: NodeAgentClass, protocol: AgentProtocol): SallyportAgentClass {
  return class SallyportAgent extends Base {
    readonly #context: DialContext;
    readonly #keepAliveTimeout: number;
    readonly #connections = new WeakMap<Socket, Connection>();
    readonly #requests = new WeakMap<ClientRequest, UnderWay>();
    readonly #dials = new Set<AbortController>();
    #running = 0;
    #closed = false;
    #drained: (() => void) | undefined;

    constructor(context: DialContext, { keepAliveTimeout = 4000, maxSockets }: AgentOptions) {
      const own: NodeAgentOptions = { keepAlive: true, scheduling: "lifo", ...(maxSockets === undefined ? {} : { maxSockets }) };
      super(own);
      this.#context = context;
      this.#keepAliveTimeout = keepAliveTimeout;
    }

    override addRequest(request: ClientRequest, given: ConnectOptions): void {
      const node = request as NodeRequest;
      const refused = this.#closed ? new Error("the network that this agent belongs to was closed") : refusal(node, given);
      if (refused !== undefined) return node.onSocket(undefined, refused);
      this.#running++;
      const target = targetOf(given);
      this.#requests.set(request, { target, check: given.checkServerIdentity, watch: new RequestWatch(request, { target, firstByte: this.#context.policy.timeouts.firstByte, over: () => this.#over() }) });
      const options: MarkedOptions = wantsTunnel(request) ? { ...given, [tunnelled]: true } : given;
      if (this.freeSockets[this.getName(options)] === undefined) return super.addRequest(request, options);
      // What the network has to say about an idle connection is heard before it gets another request.
      setImmediate(() => {
        this.#dropStale(this.getName(options));
        super.addRequest(request, options);
      });
    }

    override createSocket(request: ClientRequest, options: MarkedOptions, done: Created): void {
      const watch = this.#requests.get(request)?.watch;
      const abort = new AbortController();
      this.#dials.add(abort);
      const signal = watch === undefined ? abort.signal : AbortSignal.any([abort.signal, watch.signal]);
      const timer = dialTimer(request as NodeRequest);
      const connected = this.#dial(options, signal).finally(() => {
        this.#dials.delete(abort);
        clearTimeout(timer());
      });
      // The base class does its accounting round `createConnection`, which knows of no request: hand it what is under way.
      super.createSocket(request, { ...options, connected }, (error, socket) => {
        if (error !== null && error !== undefined) return done(error);
        const fault = this.#prepare(request as NodeRequest, socket as Socket);
        if (fault === undefined) return done(null, socket);
        socket?.destroy();
        done(fault);
      });
    }

    override createConnection(options: ConnectOptions, done?: Created): undefined {
      const connected = (options["connected"] as Promise<Socket> | undefined) ?? this.#dial(options, new AbortController().signal);
      connected.then(
        (socket) => done?.(null, socket),
        (error: Error) => done?.(error),
      );
      return undefined;
    }

    override getName(options?: MarkedOptions): string {
      return options?.[tunnelled] === true ? `${super.getName(options)}:tunnel` : super.getName(options);
    }

    override keepSocketAlive(socket: Socket): boolean {
      if (!super.keepSocketAlive(socket) || socket.readableEnded || !socket.writable) return false;
      const announced = socket.timeout ?? 0;
      socket.setTimeout(announced === 0 ? this.#keepAliveTimeout : Math.min(announced, this.#keepAliveTimeout));
      return true;
    }

    override reuseSocket(socket: Socket, request: ClientRequest): void {
      socket.setTimeout(0);
      super.reuseSocket(socket, request);
      const fault = this.#prepare(request as NodeRequest, socket);
      if (fault !== undefined) request.destroy(fault);
    }

    async drain(): Promise<void> {
      this.#closed = true;
      if (this.#running > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
      this.destroy();
    }

    shut(): void {
      this.#closed = true;
      this.destroy();
    }

    #over(): void {
      this.#running--;
      if (this.#running === 0) this.#drained?.();
    }

    override destroy(): void {
      for (const abort of this.#dials) abort.abort(new Error("the agent was destroyed"));
      super.destroy();
    }

    async #dial(options: MarkedOptions, signal: AbortSignal): Promise<Socket> {
      const plain = options[tunnelled] === true ? "tunnel" : "absolute";
      const connection = await dial(this.#context, targetOf(options), { signal, plain });
      const { socket } = connection;
      // Between here and the request's own listeners there is none, and an error without one ends the process.
      socket.on("error", () => undefined);
      this.#connections.set(socket, connection);
      return socket;
    }

    /** The last moment before the request is written to this socket. */
    #prepare(request: NodeRequest, socket: Socket): Error | undefined {
      const connection = this.#connections.get(socket);
      const known = this.#requests.get(request);
      if (connection === undefined || known === undefined) return undefined;
      // Set after the request was made: checked once more.
      if (carriesLogin(request)) return loginInRequest();
      const mistrust = checkIdentity(known, socket);
      if (mistrust !== undefined) return mistrust;
      known.watch.on(connection);
      if (connection.forward !== undefined) toAbsoluteForm(request, known.target, connection.forward.headers);
      return undefined;
    }

    #dropStale(name: string): void {
      for (const socket of this.freeSockets[name] ?? []) {
        // Bytes that nobody asked for would be taken for the next request's answer.
        if (socket.readableEnded || socket.readableLength > 0 || !socket.writable) socket.destroy();
      }
    }
  };

  function targetOf(options: ConnectOptions): Target {
    const host = options.host ?? options.hostname ?? "localhost";
    const { servername } = options;
    const own = servername === undefined || servername === "" || servername === host ? {} : { servername };
    return { protocol, host, port: Number(options.port ?? (protocol === "https:" ? 443 : 80)), ...own };
  }

}

/**
 * The caller's own check of the certificate (a pin, say), after the usual one. Done for every request, since a connection is kept
 * for others as well.
 */
function checkIdentity({ check, target }: UnderWay, socket: Socket): Error | undefined {
  if (check === undefined) return undefined;
  // Some clients hand over Node's own function, which has been applied.
  const { TLSSocket, checkServerIdentity } = require("node:tls") as typeof import("node:tls");
  if (check === checkServerIdentity || !(socket instanceof TLSSocket)) return undefined;
  return check(target.servername ?? target.host, socket.getPeerCertificate(true));
}

/** CONNECT, and upgrades (WebSocket): what follows is not HTTP, so a proxy must not take it for that. */
function wantsTunnel(request: ClientRequest): boolean {
  return request.method === "CONNECT" || request.hasHeader("upgrade") || /\r\nupgrade:/i.test((request as NodeRequest)._header ?? "");
}

/** The caller's `timeout` counts while the connection is made, too: Node would tell it by the socket's idle timer. */
function dialTimer(request: NodeRequest): () => NodeJS.Timeout | undefined {
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  // `request.setTimeout` may be called right after the request was made.
  queueMicrotask(() => {
    if (!over && request.timeout !== undefined && request.timeout > 0) timer = setTimeout(() => request.emit("timeout"), request.timeout);
  });
  return () => {
    over = true;
    return timer;
  };
}
