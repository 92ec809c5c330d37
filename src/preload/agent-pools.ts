import net, { type Socket } from "node:net";
import type { ClientRequest } from "node:http";
import type { TLSSocket } from "node:tls";
import { hangUp } from "../base/hang-up.js";
import { putMethod } from "../base/own-method.js";
import {
  afterPoll,
  nameSuffix,
  SentBody,
  tunnelled,
  wantsTunnel,
  whySecond,
  type AgentCore,
  type AgentProtocol,
  type ConnectOptions,
  type MarkedOptions,
  type NodeAgent,
  type NodeRequest,
} from "../clients/index.js";
import type { Entrance } from "./entrances.js";
import { buffering } from "./buffering.js";
import type { Engine, EngineAccess } from "./types.js";

/** A socket that `createConnection` is to give, and the name of the pool that it came to be in. */
interface Ready {
  readonly socket: Socket;
  name: string;
}

const ready = Symbol("ready");

interface ReadyOptions extends MarkedOptions {
  readonly [ready]?: Ready;
}

/** With the name that the agent has given it. */
type KeyedOptions = ReadyOptions & { readonly _agentKey?: string };

type CreateSocket = NodeAgent["createSocket"];
type Done = Parameters<CreateSocket>[2];

/** The tables of Node's agents. `totalSocketCount` is in no type. */
type Pool = NodeAgent & { totalSocketCount: number };

/** A request that goes by the policy, in an agent of the program's. */
interface Taken {
  readonly request: NodeRequest;
  readonly protocol: AgentProtocol;
  options: MarkedOptions;
  /** Kept from the start: the policy is known later. */
  readonly body: SentBody | undefined;
  core: AgentCore | undefined;
  refused: Error | undefined;
}

/**
 * Agents of the program's keep their requests and connections by Node's own machinery, so that their tables, events, bounds and names are
 * Node's own. What is ours are the connections, and what is done to a request when it gets one.
 *
 * Node makes its sockets at once, and dialling takes time: meanwhile one that leads nowhere holds the place, so that bounds are kept,
 * whoever waits has his turn when a dial fails, and `destroy` of the agent ends it.
 */
export class AgentPools {
  readonly #access: EngineAccess;
  readonly #taken = new WeakMap<ClientRequest, Taken>();
  /** By whom each connection was made. */
  readonly #cores = new WeakMap<object, AgentCore>();
  readonly #secureAgent: Entrance;
  #createSocket: CreateSocket | undefined;
  #isSecurePatched = false;
  /** Before that no options bear a mark: programs that ask nobody but this machine do so by the thousand. */
  #hasTaken = false;

  /** @param secureAgent what agents of node:https connect by */
  constructor(access: EngineAccess, secureAgent: Entrance) {
    this.#access = access;
    this.#secureAgent = secureAgent;
  }

  /** node:http's, of which that of node:https descends. */
  patch(prototype: NodeAgent): void {
    const { createSocket, getName, keepSocketAlive } = prototype;
    const [taken, connect] = [this.#taken, this.#connect.bind(this)];
    const hasTaken = (): boolean => this.#hasTaken;
    const keeps = (socket: Socket): boolean => this.#cores.get(socket)?.keep(socket) ?? true;
    this.#createSocket = createSocket;
    patchConnections(prototype, hasTaken);
    prototype.createSocket = function (this: NodeAgent, request, options, done) {
      const known = taken.get(request);
      if (known === undefined) createSocket.call(this, request, options, done);
      else connect(this as Pool, known, options, done);
    };
    prototype.getName = function (this: NodeAgent, options?: MarkedOptions) {
      const name = getName.call(this, options);
      return hasTaken() ? name + nameSuffix(options) : name;
    };
    prototype.keepSocketAlive = function (this: NodeAgent, socket) {
      return keepSocketAlive.call(this, socket) && keeps(socket);
    };
  }

  /** @param add has the agent go on with these options */
  take(agent: NodeAgent, request: NodeRequest, protocol: AgentProtocol, given: ConnectOptions, add: AddMarked): void {
    this.#hasTaken = true;
    if (protocol === "https:" && !this.#isSecurePatched) {
      // Not before: it cannot be loaded while node:http is.
      const { original } = this.#secureAgent;
      this.#secureAgent.put(function (this: unknown, ...asked) {
        return giveReady(asked[0] as KeyedOptions) ?? Reflect.apply(original, this, asked);
      });
      this.#isSecurePatched = true;
    }
    const options = protocol === "http:" && wantsTunnel(request) ? { ...given, [tunnelled]: true } : given;
    const body = protocol === "http:" && whySecond(options) === undefined ? new SentBody(request) : undefined;
    const taken: Taken = { request, protocol, options, body, core: undefined, refused: undefined };
    this.#taken.set(request, taken);
    this.#watchSocket(agent, taken);
    // Where this fails, the connection will.
    const ignore = (): void => undefined;
    this.#access.use((engine) => void accept(taken, engine), ignore);
    add(taken.options);
  }

  #connect(agent: Pool, taken: Taken, options: MarkedOptions, done: Done): void {
    const hold = (): Ready => this.#put(agent, taken, options, new Place(), () => undefined);
    const { socket: place, name } = withoutWrappers(agent, hold);
    const fail = (error: Error): void => {
      leaveQueue(agent, taken.request);
      done(error);
      place.destroy();
    };
    const put = (socket: Socket): void => {
      if (place.destroyed) {
        socket.destroy();
        return fail(hangUp());
      }
      this.#put(agent, taken, options, socket, (error, made) => {
        leavePlace(agent, name, place);
        done(error, made);
      });
    };
    this.#access.use((engine) => void this.#dial(agent, taken, place, engine).then(put, fail), fail);
  }

  async #dial(agent: Pool, taken: Taken, place: Socket, engine: Engine): Promise<Socket> {
    const abort = new AbortController();
    if (place.destroyed) throw hangUp();
    place.once("close", () => abort.abort(hangUp()));
    const core = accept(taken, engine);
    if (taken.refused !== undefined) throw taken.refused;
    const onSecure = (secure: TLSSocket): void => tellKeys(agent, secure);
    const socket = await core.connect(taken.request, taken.options, { signal: abort.signal, onSecure });
    this.#cores.set(socket, core);
    return socket;
  }

  /** Has Node's own machinery take a socket into the agent's tables. */
  #put(agent: Pool, { request }: Taken, options: MarkedOptions, socket: Socket, done: Done): Ready {
    const entry: Ready = { socket, name: "" };
    const given: ReadyOptions = { ...options, [ready]: entry };
    this.#createSocket?.call(agent, request, given, done);
    return entry;
  }

  /** The last moment before a request is written to a socket. */
  #watchSocket(agent: NodeAgent, taken: Taken): void {
    const { request } = taken;
    const { onSocket } = request;
    const give = (socket: Socket | undefined, error?: Error): void => onSocket.call(request, socket, error);
    const hand = (socket: Socket, core: AgentCore): void => {
      if (!core.isFit(socket) && request.reusedSocket) {
        socket.destroy();
        if (request.destroyed) return give(undefined);
        request.reusedSocket = false;
        return agent.createSocket(request, taken.options, (error, made) =>
          request.onSocket(made as Socket | undefined, error ?? undefined),
        );
      }
      core.wake(socket);
      const fault = request.destroyed ? undefined : (taken.refused ?? core.prepare(request, socket));
      if (fault === undefined) return give(socket);
      socket.destroy();
      give(undefined, fault);
    };
    putMethod(request, "onSocket", (socket, error) => {
      const core = this.#cores.get(socket ?? {});
      if (core === undefined || !socket || error) give(socket ?? undefined, error);
      else if (request.reusedSocket) afterPoll(() => hand(socket, core));
      else hand(socket, core);
    });
  }
}

type AddMarked = (options: MarkedOptions) => void;

/** Holds the place of a connection that is being made. */
class Place extends net.Socket {
  override connecting = true;
}

/** Once for each request, as soon as the policy is known. */
function accept(taken: Taken, engine: Engine): AgentCore {
  if (taken.core !== undefined) return taken.core;
  const core = engine.core(taken.protocol);
  taken.core = core;
  // Of verification is no choice, and it has been said so.
  const { rejectUnauthorized: _choice, ...options } = taken.options;
  const accepted = core.accept(taken.request, options, taken.body);
  if (accepted instanceof Error) taken.refused = accepted;
  else taken.options = { ...taken.options, ...accepted };
  return core;
}

/** Its own sockets, and those that are asked for by who has one. */
function patchConnections(prototype: NodeAgent, hasTaken: () => boolean): void {
  const { createConnection } = prototype;
  prototype.createConnection = function (this: NodeAgent, ...given) {
    const own = hasTaken() ? giveReady(given[0]) : undefined;
    return own ?? createConnection.apply(this, given);
  };
}

function giveReady(options: KeyedOptions | undefined): Socket | undefined {
  const entry = options?.[ready];
  if (entry === undefined) return undefined;
  const { socket } = entry;
  entry.name = options?._agentKey ?? "";
  if (options?.timeout !== undefined && !socket.connecting) socket.setTimeout(options.timeout);
  buffering(socket, { ...options });
  return socket;
}

/** Tools that put themselves around `createConnection` are told of connections, and not of what holds their places. */
function withoutWrappers<T>(agent: NodeAgent, work: () => T): T {
  const own = Object.getOwnPropertyDescriptor(agent, "createConnection");
  // A frozen one stays as it is.
  const isHidden = Reflect.defineProperty(agent, "createConnection", {
    value: giveReady,
    writable: true,
    configurable: true,
  });
  try {
    return work();
  } finally {
    if (own !== undefined) Reflect.defineProperty(agent, "createConnection", own);
    else if (isHidden) Reflect.deleteProperty(agent, "createConnection");
  }
}

/** Node leaves one there whose connection is made because another one has gone, until it can have it. */
function leaveQueue({ requests }: Pool, request: NodeRequest): void {
  for (const [name, queue = []] of Object.entries(requests)) {
    const at = queue.indexOf(request);
    if (at === -1) continue;
    queue.splice(at, 1);
    if (queue.length === 0) delete (requests as Record<string, unknown>)[name];
  }
}

/** Makes room for the connection that it was held for: nobody else's turn has come. */
function leavePlace(agent: Pool, name: string, place: Socket): void {
  const sockets = agent.sockets[name] ?? [];
  const at = sockets.indexOf(place);
  if (at === -1) return;
  sockets.splice(at, 1);
  agent.totalSocketCount--;
  place.removeAllListeners().destroy();
}

/** Keys for a log are told in the handshake, when Node does not listen yet. */
function tellKeys(agent: NodeAgent, secure: TLSSocket): void {
  if (agent.listenerCount("keylog") === 0) return;
  const tell = (line: Buffer): void => void agent.emit("keylog", line, secure);
  secure.on("keylog", tell).once("secureConnect", () => secure.off("keylog", tell));
}
