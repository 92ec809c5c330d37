import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import {
  type AgentProtocol,
  dialled,
  type ConnectOptions,
  type NodeAgent,
  type MarkedOptions,
  type NodeRequest,
  ownOptions,
  whySecond,
} from "../clients/index.js";
import { AgentPools } from "./agent-pools.js";
import type { Above } from "./above.js";
import type { Entrance } from "./entrances.js";
import type { Loopback } from "./loopback.js";
import type { Marks } from "./marks.js";
import { tellNatively } from "./native-errors.js";
import { hasProxyEnvironment, hasProxyOfItsOwn, type NamedProxies } from "./own-proxies.js";
import { hostPortKey, hostPortOfUrl } from "./host-port.js";
import { PendingSocket } from "./pending-socket.js";
import { absoluteUrl, isHttp, placeOf, placeOfAuthority, protocolOf } from "./request-target.js";
import type { Sockets } from "./sockets.js";
import { StandIns } from "./stand-ins.js";
import type { EngineAccess, HostPort } from "./types.js";
import { verifiedAnyway } from "./faults-warnings.js";
import { warnOnce } from "./warnings.js";

/** The last two, and a host in the place of options, are of Node 0.10; some callers remain. */
type AddRequest = (
  this: NodeAgent,
  ...given: [request: ClientRequest, options: ConnectOptions | string, port?: number, localAddress?: string]
) => void;

type AgentPrototype = Omit<NodeAgent, "addRequest"> & { addRequest: AddRequest };

/** Whether the gateway of `sallyport run` is at a peer. */
export type GatewayTest = (peer: HostPort) => boolean;

/** Who may know more about where an agent's requests go. */
export interface AgentWitnesses {
  readonly proxies: NamedProxies;
  readonly gateway: GatewayTest;
  readonly loopback: Loopback;
  readonly above: Above;
  /** What agents of node:https connect by. */
  readonly secureAgent: Entrance;
  /** What those of node:http do. */
  readonly plainNet: Entrance;
}

/** A request on its way into an agent. */
interface Entering {
  readonly agent: NodeAgent;
  readonly request: NodeRequest;
  /** As node:http would have them: the agent's own go before the request's. */
  readonly options: ConnectOptions;
  /** Lets the agent do as it would, with other options where some are given. */
  readonly proceed: (options?: MarkedOptions) => void;
}

/**
 * Takes the requests of node:http and node:https over at the one point that all agents have: `addRequest`. Agents that libraries
 * make for themselves are covered so; those that a program configured for a proxy of its own choice are left to do as they do.
 */
export class Agents {
  readonly #access: EngineAccess;
  readonly #sockets: Sockets;
  readonly #marks: Marks;
  readonly #proxies: NamedProxies;
  readonly #isGateway: GatewayTest;
  readonly #loopback: Loopback;
  readonly #above: Above;
  readonly #secureAgent: Entrance;
  readonly #plainNet: Entrance;
  readonly #pools: AgentPools;
  readonly #seen = new WeakSet<object>();
  readonly #standIns = new StandIns();
  #node: AgentPrototype | undefined;

  constructor(access: EngineAccess, sockets: Sockets, marks: Marks, witnesses: AgentWitnesses) {
    const { proxies, gateway, loopback, above, secureAgent, plainNet } = witnesses;
    this.#access = access;
    this.#secureAgent = secureAgent;
    this.#plainNet = plainNet;
    this.#pools = new AgentPools(access, secureAgent);
    this.#isGateway = gateway;
    this.#loopback = loopback;
    this.#above = above;
    this.#sockets = sockets;
    this.#marks = marks;
    this.#proxies = proxies;
  }

  /** Called with the prototype of every agent, and first with that of node:http's. */
  see(prototype: object): void {
    const owner = ownerOf(prototype, "addRequest");
    if (owner === undefined || this.#seen.has(owner) || dialled in prototype) return;
    this.#seen.add(owner);
    const agent = owner as AgentPrototype;
    if (this.#node === undefined) this.#patchNode(agent);
    else this.#patchOther(agent);
  }

  #patchNode(prototype: AgentPrototype): void {
    const sockets = this.#sockets;
    const { createConnection } = prototype;
    const loopback = this.#loopback;
    const { ours, original } = this.#plainNet;
    // Node's agents have its function from the beginning: ours, which would look at the same again.
    const nodes =
      (createConnection as unknown) === ours ? (original as unknown as typeof createConnection) : createConnection;
    prototype.createConnection = function (this: NodeAgent, ...given) {
      if (loopback.isPlainlyLeftAlone(given[0])) return nodes.apply(this, given);
      return sockets.agentConnection(given) ?? createConnection.apply(this, given);
    };
    this.#pools.patch(prototype);
    this.#node = prototype;
    this.#wrap(prototype, (entering) => this.#enter(entering));
  }

  /** Agents of another descent (agent-base before 7), and those that do something of their own to each request. */
  #patchOther(prototype: AgentPrototype): void {
    this.#wrap(prototype, (entering) => {
      const protocol = this.#takenOver(entering);
      if (protocol !== undefined) this.#delegate(entering, protocol, entering.options);
      else this.#leave(entering, placeOf(entering.options));
    });
  }

  #wrap(prototype: AgentPrototype, enter: (entering: Entering) => void): void {
    const { addRequest } = prototype;
    const isNothing = this.#isNothingOfOurs.bind(this);
    prototype.addRequest = function (this: NodeAgent, request, asked, port, localAddress) {
      if (isNothing(this, request, asked)) {
        addRequest.call(this, request, asked);
        return;
      }
      const proceed: Entering["proceed"] = (other) =>
        other === undefined
          ? addRequest.call(this, request, asked, port, localAddress)
          : addRequest.call(this, request, other);
      // Ours; or a class that only has a method of that name.
      if (dialled in this || typeof (request as Partial<NodeRequest> | undefined)?.onSocket !== "function")
        return proceed();
      const first = typeof asked === "string" ? { host: asked, port, localAddress } : asked;
      const options: ConnectOptions = { ...first, ...this.options };
      if (options.socketPath) return proceed();
      enter({ agent: this, request: request as NodeRequest, options, proceed });
    };
  }

  /** What {@link #enter} would leave alone, seen at a glance: an ordinary request to this machine itself, by an agent that goes to no proxy. */
  #isNothingOfOurs(agent: NodeAgent, request: unknown, asked: unknown): boolean {
    const { path, method } = (request ?? {}) as Partial<NodeRequest>;
    const { socketPath } = (asked ?? {}) as ConnectOptions;
    if (path?.startsWith("/") !== true || method === "CONNECT" || socketPath) return false;
    const { options, proxy, proxyOptions } = agent as NodeAgent & Readonly<Record<"proxy" | "proxyOptions", unknown>>;
    const { proxyEnv, host, port } = (options ?? {}) as Readonly<Record<string, unknown>>;
    const isOrdinary = (proxy ?? proxyOptions ?? proxyEnv ?? host ?? port) === undefined;
    return isOrdinary && !this.#standIns.has(agent) && this.#loopback.isPlainlyLeftAlone(asked);
  }

  #enter(entering: Entering): void {
    const { agent, request, options, proceed } = entering;
    const absolute = absoluteUrl(request.path);
    if (this.#standIns.has(agent)) {
      // With TLS settings of its own it is made in the program's way, and is ours from node:net or node:tls on.
      if (ownOptions(options).length > 0) proceed();
      else this.#pools.take(agent, request, protocolOf(request), options, proceed);
    } else if (absolute !== undefined && this.#isForProxy(entering, absolute)) {
      this.#enterAbsolute(entering, absolute);
    } else if (request.method === "CONNECT") {
      this.#enterConnect(entering);
    } else if (this.#isLeftAlone(entering)) {
      proceed();
    } else if (!this.#isPlain(agent)) {
      const protocol = this.#takenOver(entering);
      if (protocol === undefined) this.#leave(entering, placeOf(options));
      else this.#delegate(entering, protocol, options);
    } else if (ownOptions(options).length > 0 && !hasProxyEnvironment(agent)) {
      // Its connection is made in the program's own way, and is ours from node:net or node:tls on.
      proceed();
    } else {
      this.#delegate(entering, protocolOf(request), options);
    }
  }

  /**
   * A program speaks to a proxy. One of the variables' is not asked, but stood in for: the policy's way may be another. A gateway goes by
   * the policy itself, and shows the certificate where a program's own TLS on the tunnel, gRPC's say, would show none.
   */
  #enterConnect(entering: Entering): void {
    const { agent, request, options } = entering;
    const target = placeOfAuthority(request.path);
    const isTheirs = !this.#proxies.isAt(placeOf(options)) || this.#isGateway(placeOf(options));
    if (target === undefined || isTheirs || !this.#isPlain(agent)) {
      this.#leave(entering, undefined);
      return;
    }
    const pending = new PendingSocket(() => this.#access.open((engine) => engine.proxy()), false);
    pending.tunnel = target;
    request.onSocket(pending as unknown as Socket);
  }

  /** A few programs use the absolute form for the server itself. Some agents rewrite the path, and connect elsewhere then. */
  #isForProxy({ agent, options }: Entering, url: URL): boolean {
    return (
      hostPortKey(hostPortOfUrl(url)) !== hostPortKey(placeOf(options)) ||
      !this.#isPlain(agent) ||
      hasProxyEnvironment(agent)
    );
  }

  /** A request in the form that proxies read. To one of the variables' proxies it is undone, and goes as the policy says. */
  #enterAbsolute(entering: Entering, url: URL): void {
    const { agent, request, options } = entering;
    const named =
      this.#proxies.isAt(placeOf(options)) ||
      this.#proxies.isOf(agent) ||
      (hasProxyEnvironment(agent) && !hasProxyOfItsOwn(agent, this.#proxies));
    // A head that has been written down says the absolute form, and the login.
    if (!named || request._header !== null || !isHttp(url.protocol)) {
      this.#leave(entering, undefined);
      return;
    }
    request.path = url.href.slice(url.origin.length);
    for (const name of ["proxy-authorization", "proxy-connection"]) request.removeHeader(name);
    // What else the options say of the connection was meant for the one to the proxy.
    const { timeout, method } = options;
    this.#delegate(entering, url.protocol, { ...hostPortOfUrl(url), method, timeout });
  }

  /** Not where the agent goes to a proxy of the variables even for this machine: that way is the policy's. */
  #isLeftAlone(entering: Entering): boolean {
    const { agent, options } = entering;
    const isOurs = hasProxyEnvironment(agent) || this.#takenOver(entering) !== undefined;
    return !isOurs && this.#loopback.isLeftAlone(placeOf(options));
  }

  /** Nothing of how it connects is overridden. */
  #isPlain(agent: NodeAgent): boolean {
    const node = this.#node;
    if (agent.createSocket !== node?.createSocket || hasProxyOfItsOwn(agent, this.#proxies)) return false;
    const { createConnection } = agent as { readonly createConnection: unknown };
    return createConnection === node.createConnection || createConnection === this.#secureAgent.ours;
  }

  /** The protocol of a request whose agent goes to one of the variables' proxies, by its own reading of them. */
  #takenOver({ agent, request }: Entering): AgentProtocol | undefined {
    return this.#proxies.isOf(agent) && request.method !== "CONNECT" ? protocolOf(request) : undefined;
  }

  #leave({ request, proceed }: Entering, target: HostPort | undefined): void {
    this.#marks.run(request, target, proceed);
  }

  #delegate({ agent, request, proceed }: Entering, protocol: AgentProtocol, options: ConnectOptions): void {
    if (options["rejectUnauthorized"] === false && protocol === "https:") warnOnce(verifiedAnyway);
    const isPlain = this.#isPlain(agent);
    // Whoever stands above us sees what Node opens.
    if (isPlain && this.#above.mustAsk(placeOf(options))) {
      proceed();
      return;
    }
    tellNatively(request);
    // One that stands for another must not wait until that one has made room.
    if (ownOptions(options).length > 0 || !isPlain || whySecond(options) !== undefined)
      this.#standIns.agent(agent, protocol).addRequest(request, options);
    else this.#pools.take(agent, request, protocol, options, proceed);
  }
}

function ownerOf(object: object, name: string): object | undefined {
  for (let owner: object | null = object; owner !== null; owner = Object.getPrototypeOf(owner) as object | null) {
    if (Object.hasOwn(owner, name)) return owner;
  }
  return undefined;
}
