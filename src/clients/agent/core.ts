import { createRequire } from "node:module";
import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { canonicalHost, usualPort } from "../../base/hostname.js";
import { parseIp } from "../../base/ip.js";
import { dial, speaksOlderTls, throughTunnel } from "../../dial/index.js";
import type { Connection, DialContext, DialOptions, HttpTarget } from "../../dial/types.js";
import type { LiveSettings } from "../live/index.js";
import { SleepMark } from "../sleep-mark.js";
import { loginInRequest } from "../faults-request.js";
import { toAbsoluteForm } from "./absolute-form.js";
import type { ConnectOptions, NodeRequest } from "./node-agent.js";
import { carriesLogin, refusal } from "./refusals.js";
import { older, tunnelled, wantsTunnel, whySecond, type MarkedOptions, type Why } from "./option-marks.js";
import { sameAgain } from "./second-attempt.js";
import { RequestWatch, type Told } from "./watch-request.js";
import { SentBody } from "./sent-body.js";
import { clearTimeout, queueMicrotask, setTimeout } from "../../base/timers.js";

/** Which of Node's two modules an agent is for. */
export type AgentProtocol = "https:" | "http:";

/** What becomes of a dial besides what its request says. */
export interface DialWishes {
  readonly signal?: AbortSignal;
  /** Told of TLS before its handshake. */
  readonly onSecure?: (socket: TLSSocket) => void;
}

interface UnderWay {
  readonly watch: RequestWatch;
  readonly target: HttpTarget;
  readonly check: ConnectOptions["checkServerIdentity"];
  /** Of a request that may have to be sent again. */
  readonly body: SentBody | undefined;
}

const require = createRequire(import.meta.url);

/** What an agent does beyond node:http's: the class that is made of it only overrides and asks here. */
export class AgentCore {
  readonly #live: LiveSettings;
  readonly #protocol: AgentProtocol;
  readonly #told: Told;
  readonly #connections = new WeakMap<Socket, Connection>();
  /** Of which settings each connection was made. */
  readonly #madeOf = new WeakMap<Socket, DialContext>();
  /** Those on which nothing is under way. */
  readonly #idle = new Map<Socket, SleepMark>();
  readonly #requests = new WeakMap<ClientRequest, UnderWay>();
  readonly #dials = new Set<AbortController>();
  #running = 0;
  #closed = false;
  #drained: (() => void) | undefined;

  constructor(live: LiveSettings, protocol: AgentProtocol, told: Told) {
    this.#live = live;
    this.#protocol = protocol;
    this.#told = told;
    live.subscribe(({ kind }) => {
      if (kind === "reloaded") this.retireOf([...this.#idle.keys()]);
    });
  }

  /**
   * Takes a request over; gives its options as the pool is to see them, or why it is refused.
   * @param sent what the caller has written since the request was made, where that was a while ago
   */
  accept(request: NodeRequest, given: ConnectOptions, sent?: SentBody): MarkedOptions | Error {
    const options = this.#protocol === "https:" ? withServerName(request, given) : given;
    const isSecond = whySecond(options) !== undefined;
    if (this.#closed && !isSecond) return new Error("the network that this agent belongs to was closed");
    const refused = refusal(request, options, this.#live.current.policy.prefix);
    if (refused !== undefined) return refused;
    this.#running++;
    const target = this.#targetOf(options);
    const { firstByte } = this.#live.current.policy.timeouts;
    const body = isSecond || this.#protocol === "https:" ? undefined : (sent ?? new SentBody(request));
    const again = (path: string, why: Why): ClientRequest => sameAgain(request, options, path, why);
    const watch = new RequestWatch(request, {
      target,
      firstByte,
      body,
      again,
      over: () => this.#over(),
      told: this.#told,
    });
    this.#requests.set(request, { target, watch, check: options.checkServerIdentity, body });
    const marked = wantsTunnel(request) ? { ...options, [tunnelled]: true } : options;
    return this.#speaksOlderTls(target, options) ? { ...marked, [older]: true } : marked;
  }

  #speaksOlderTls(target: HttpTarget, options: ConnectOptions): boolean {
    if (this.#protocol === "http:") return false;
    return whySecond(options) === "older TLS" || speaksOlderTls(this.#live.current, target);
  }

  /** A connection for a request, for as long as that is wanted. */
  connect(request: NodeRequest, options: MarkedOptions, wishes: DialWishes = {}): Promise<Socket> {
    const watch = this.#requests.get(request)?.watch;
    const abort = new AbortController();
    this.#dials.add(abort);
    const signals = [abort.signal, watch?.signal, wishes.signal].filter((each) => each !== undefined);
    const timer = dialTimer(request);
    return this.dial(options, { ...wishes, signal: AbortSignal.any(signals) }).finally(() => {
      this.#dials.delete(abort);
      clearTimeout(timer());
    });
  }

  async dial(options: MarkedOptions, wishes: DialWishes = {}): Promise<Socket> {
    const target = this.#targetOf(options);
    const context = this.#live.current;
    const connection = await dial(context, options[tunnelled] === true ? throughTunnel(target) : target, {
      ...wishes,
      ...directly(options),
      ...(whySecond(options) === "older TLS" && { maxVersion: "TLSv1.2" }),
    });
    const { socket } = connection;
    // Between here and the request's own listeners there is none, and an error without one ends the process.
    socket.on("error", () => undefined);
    this.#connections.set(socket, connection);
    this.#madeOf.set(socket, context);
    socket.once("close", () => this.#idle.delete(socket));
    return socket;
  }

  /** The last moment before a request is written to this socket. Gives why that must not happen. */
  prepare(request: NodeRequest, socket: Socket): Error | undefined {
    const connection = this.#connections.get(socket);
    const known = this.#requests.get(request);
    if (connection === undefined || known === undefined) return undefined;
    // Set after the request was made: checked once more.
    if (carriesLogin(request)) return loginInRequest();
    const mistrust = checkIdentity(known, socket);
    if (mistrust !== undefined) return mistrust;
    if (connection.forward?.mayRefuse !== true) known.body?.drop();
    const forwarded = known.watch.on(connection);
    try {
      if (forwarded !== undefined) toAbsoluteForm(request, known.target, forwarded);
    } catch (error) {
      return error as Error;
    }
    return undefined;
  }

  /** Settings that are no longer in force, a login that is not to be sent again, or a machine that slept while it was idle. */
  #isOutdated(socket: Socket): boolean {
    return (
      this.#madeOf.get(socket) !== this.#live.current ||
      this.#connections.get(socket)?.forward?.isOutdated === true ||
      this.#idle.get(socket)?.slept === true
    );
  }

  /** Whether a request may go out on it. */
  isFit(socket: Socket): boolean {
    return socket.writable && !socket.readableEnded && !this.#isOutdated(socket);
  }

  /** Keeps a connection on which nothing is under way, until it is woken. False: it is not worth it. */
  keep(socket: Socket): boolean {
    if (!this.isFit(socket)) return false;
    this.#idle.set(socket, new SleepMark(this.#live.current.system));
    for (const event of lastWords) socket.on(event, giveUp);
    return true;
  }

  /** Ends those of these idle sockets that are not to be used again, and takes them out of their agents' tables at once. */
  retireOf(idle: readonly Socket[] = []): void {
    for (const socket of idle.filter((each) => this.#isOutdated(each))) {
      socket.destroy();
      socket.emit("agentRemove");
    }
  }

  wake(socket: Socket): void {
    this.#idle.delete(socket);
    for (const event of lastWords) socket.off(event, giveUp);
  }

  /** Resolves when no request is under way; from now on none is taken. */
  async drained(): Promise<void> {
    this.close();
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
  }

  close(): void {
    this.#closed = true;
  }

  abortDials(): void {
    for (const abort of this.#dials) abort.abort(new Error("the agent was destroyed"));
  }

  #over(): void {
    this.#running--;
    if (this.#running === 0) this.#drained?.();
  }

  #targetOf({ host, hostname, port, servername }: ConnectOptions): HttpTarget {
    const name = host ?? hostname ?? "localhost";
    const own = servername === undefined || servername === "" || servername === name ? {} : { servername };
    return { protocol: this.#protocol, host: name, port: Number(port ?? usualPort(this.#protocol)), ...own };
  }
}

/** Which kind of address a connection goes to that passes no proxy. */
function directly({ family }: ConnectOptions): Pick<DialOptions, "direct"> {
  return family === 4 || family === 6 ? { direct: { family } } : {};
}

/**
 * As node:https has it: the name for SNI, and the one that the certificate is checked for, is what the Host header says, where no option
 * names another. Node does so itself, but only after the request was taken over.
 */
function withServerName(request: NodeRequest, options: ConnectOptions): ConnectOptions {
  const { servername, host, hostname } = options;
  const header = request.getHeader("host");
  if (servername !== undefined || typeof header !== "string") return options;
  const name = header.startsWith("[") ? header.slice(1).split("]", 1)[0] : header.split(":", 1)[0];
  if (name === undefined || name === "" || canonicalHost(name) === canonicalHost(host ?? hostname ?? ""))
    return options;
  if (parseIp(name) !== undefined) return options;
  return { ...options, servername: name };
}

/** An idle connection that the server ends, or on which it says what nobody asked for: the next request's answer would suffer. */
const lastWords = ["data", "end"] as const;

function giveUp(this: Socket): void {
  this.destroy();
}

/** What each connection was found right by: a caller is asked once, as by Node in the handshake. */
const checked = new WeakMap<Socket, WeakSet<NonNullable<ConnectOptions["checkServerIdentity"]>>>();

/**
 * The caller's own check of the certificate (a pin, say), after the usual one. Done when a request gets a connection, since that may
 * have been made for others.
 */
function checkIdentity({ check, target }: UnderWay, socket: Socket): Error | undefined {
  if (check === undefined) return undefined;
  // Some clients hand over Node's own function, which has been applied.
  const { TLSSocket, checkServerIdentity } = require("node:tls") as typeof import("node:tls");
  if (check === checkServerIdentity || !(socket instanceof TLSSocket)) return undefined;
  const known = checked.get(socket) ?? new WeakSet();
  checked.set(socket, known);
  if (known.has(check)) return undefined;
  const mistrust = check(target.servername ?? canonicalHost(target.host), socket.getPeerCertificate(true));
  if (mistrust === undefined) known.add(check);
  return mistrust;
}

/** The caller's `timeout` counts while the connection is made, too: Node would tell it by the socket's idle timer. */
function dialTimer(request: NodeRequest): () => NodeJS.Timeout | undefined {
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  // `request.setTimeout` may be called right after the request was made.
  queueMicrotask(() => {
    const timeout = request.timeout ?? request.agent.options?.timeout;
    if (!over && timeout !== undefined && timeout > 0) timer = setTimeout(() => request.emit("timeout"), timeout);
  });
  return () => {
    over = true;
    return timer;
  };
}
