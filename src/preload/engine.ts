import { isIP, type Socket } from "node:net";
import tls, { type TLSSocket } from "node:tls";
import type { Agent } from "node:https";
import type { Dispatcher } from "undici";
import { isConnectError } from "../base/errors.js";
import { formatHostPort } from "../base/hostname.js";
import {
  LiveContext,
  makeAgent,
  makeDispatcher,
  settingsLoader,
  usualInterval,
  warnOfFailure,
  AgentCore,
  type AgentProtocol,
  ownOptions,
} from "../clients/index.js";
import { connectionFault, dial, identityFor, identityMeantFor, keepShown, openTls } from "../dial/index.js";
import type { DialContext, DialOptions } from "../dial/types.js";
import { isLeftAlone } from "../route/index.js";
import { settingsGone } from "./faults.js";
import { asNative } from "./native-errors.js";
import { answerConnect, forwardTo } from "./forward.js";
import type { Joined, HostPort, Settings, SocketOptions, Engine } from "./types.js";

/** @throws {ConnectError} for settings that are unusable */
export async function startEngine({ variables, prefix, options, fault }: Settings): Promise<Engine> {
  if (fault !== undefined) throw settingsGone(fault.path, fault.code);
  const given = { ...options, prefix, source: { variables } };
  const live = await LiveContext.open({ load: settingsLoader(given), watch: usualInterval, network: "later" });
  live.subscribe(warnOfFailure);
  return new LiveEngine(live);
}

type Begun = (secure: TLSSocket) => void;

/** A proxy's own word that it makes no tunnel to there. */
const noTunnel: ReadonlySet<string> = new Set(["PROXY_FORBIDDEN", "PROXY_REFUSED"]);

/** What a program wrote is no request of HTTP. */
const isNoRequest = (error: NodeJS.ErrnoException | undefined): boolean => error?.code?.startsWith("HPE_") === true;

/** Those of a program's own options that leave the TLS handshake to be the policy's. */
const notOfTls = new Set(["session", "localAddress", "lookup", "socketPath", "ALPNProtocols"]);

class LiveEngine implements Engine {
  readonly #live: LiveContext;
  readonly #cores = new Map<AgentProtocol, AgentCore>();
  #forwarding: Agent | undefined;
  #dispatcher: Dispatcher | undefined;

  constructor(live: LiveContext) {
    this.#live = live;
  }

  get #context(): DialContext {
    return this.#live.current;
  }

  get dispatcher(): Dispatcher {
    return (this.#dispatcher ??= makeDispatcher(this.#live, {}, (error) => asNative(error, "undici") as Error));
  }

  get settings(): object {
    return this.#live.current;
  }

  leavesAlone({ host, port }: HostPort): boolean {
    return isLeftAlone(this.#context.policy, host, port);
  }

  core(protocol: AgentProtocol): AgentCore {
    let core = this.#cores.get(protocol);
    if (core === undefined) {
      core = new AgentCore(this.#live, protocol, (error) => asNative(error, "node:http") as Error);
      this.#cores.set(protocol, core);
    }
    return core;
  }

  secure(peer: HostPort, options: SocketOptions, signal: AbortSignal, begun: Begun): Promise<Joined<TLSSocket>> {
    const own = ownOptions(options).some((name) => !notOfTls.has(name));
    return own || hasOwnCheck(options)
      ? secureOnOwnTerms(this.#context, peer, options, { signal, onSecure: begun })
      : securePolicyWay(this.#context, peer, options, { signal, onSecure: begun });
  }

  async plain(peer: HostPort, options: SocketOptions, upgrade: boolean, signal: AbortSignal): Promise<Joined> {
    if (!upgrade) {
      const { hops } = await this.#context.route(`http://${formatHostPort(peer.host, peer.port)}/`);
      const last = hops.at(-1);
      // Such a proxy wants requests in another form than the program will write: they are read here, and made again.
      if (last?.protocol === "http" || last?.protocol === "https") return this.#forwarded(peer);
    }
    return this.#tunnel(peer, options, signal);
  }

  async byHand(peer: HostPort, options: SocketOptions, signal: AbortSignal): Promise<Joined> {
    try {
      return await this.#tunnel(peer, options, signal);
    } catch (error) {
      // Many proxies allow tunnels to the ports of https alone, and forward plain requests to any.
      if (!isConnectError(error) || !noTunnel.has(error.code)) throw error;
      const { socket } = this.#forwarded(peer);
      // What is no request that could be forwarded meets with the proxy's word.
      return { socket, explain: (broken) => (broken === undefined || isNoRequest(broken) ? error : broken) };
    }
  }

  async #tunnel(peer: HostPort, options: SocketOptions, signal: AbortSignal): Promise<Joined> {
    const target = { protocol: "tcp:", carries: "http:", ...peer } as const;
    return joined((await dial(this.#context, target, { signal, ...ownWay(options) })).socket);
  }

  async raw(peer: HostPort, options: SocketOptions, signal: AbortSignal): Promise<Joined<Socket>> {
    return joined(await connectRaw(this.#context, peer, { signal, ...ownWay(options) }));
  }

  #forwarded(peer: HostPort): Joined {
    return {
      socket: forwardTo(peer, (this.#forwarding ??= makeAgent(this.#live, "http:"))),
      explain: (error) => error,
    };
  }

  secureOn(
    socket: Socket,
    peer: HostPort,
    options: SocketOptions,
    signal: AbortSignal,
    begun: Begun,
  ): Promise<Joined<TLSSocket>> {
    return secureOver(socket, completed(this.#context, peer, options), { signal, onSecure: begun });
  }

  completed(peer: HostPort, options: SocketOptions): SocketOptions {
    return completed(this.#context, peer, options);
  }

  proxy(): Joined {
    const raw = (peer: HostPort, signal: AbortSignal): Promise<Socket> => connectRaw(this.#context, peer, { signal });
    return { socket: answerConnect(raw), explain: (error) => error };
  }
}

/**
 * A program may have its own way to look up names, which counts where names are looked up here at all, and say where a connection that passes
 * no proxy begins.
 */
function ownWay({ lookup, localAddress, family }: SocketOptions): Pick<DialOptions, "lookup" | "direct"> {
  const direct = {
    ...(typeof localAddress === "string" && { localAddress }),
    ...((family === 4 || family === 6) && { family }),
  };
  return { direct, ...(lookup !== undefined && lookup !== null && { lookup }) };
}

function joined<Kind extends Socket>(socket: Kind): Joined<Kind> {
  // Until somebody listens; and the fault of a late error is asked for by who explains it.
  socket.on("error", () => undefined);
  return { socket, explain: (error) => connectionFault(socket) ?? error };
}

function protocolsOf({ ALPNProtocols: given }: SocketOptions): readonly string[] {
  const offered = Array.isArray(given)
    ? given.filter((each): each is string => typeof each === "string")
    : decode(given);
  return offered.length === 0 ? ["http/1.1"] : offered;
}

/** The form in which TLS sends them: each behind its length. */
function decode(given: unknown): string[] {
  if (!ArrayBuffer.isView(given)) return [];
  const wire = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  const names: string[] = [];
  for (let at = 0; at < wire.length; at += 1 + (wire[at] ?? 0))
    names.push(wire.toString("latin1", at + 1, at + 1 + (wire[at] ?? 0)));
  return names;
}

async function securePolicyWay(
  context: DialContext,
  peer: HostPort,
  options: SocketOptions,
  dialOptions: DialOptions,
): Promise<Joined<TLSSocket>> {
  const { servername } = options;
  const target = { protocol: "https:" as const, ...peer, ...(servername && { servername }) };
  const { socket } = await dial(context, target, {
    ...dialOptions,
    alpn: protocolsOf(options),
    ...ownWay(options),
  });
  return joined(socket as TLSSocket);
}

function hasOwnCheck({ checkServerIdentity: check }: SocketOptions): boolean {
  return typeof check === "function" && check !== tls.checkServerIdentity;
}

/** TLS as the program set it up, over the policy's way. */
async function secureOnOwnTerms(
  context: DialContext,
  peer: HostPort,
  options: SocketOptions,
  { signal, onSecure }: { readonly signal: AbortSignal; readonly onSecure: Begun },
): Promise<Joined<TLSSocket>> {
  const socket = await connectRaw(context, peer, { signal, ...ownWay(options) }, !hasIdentity(options));
  return secureOver(socket, { ...completed(context, peer, options), host: peer.host }, { signal, onSecure });
}

/** TLS with these options on a connection. */
async function secureOver(
  socket: Socket,
  options: SocketOptions,
  { signal, onSecure }: { readonly signal: AbortSignal; readonly onSecure: Begun },
): Promise<Joined<TLSSocket>> {
  const { path: _path, lookup: _lookup, timeout: _timeout, ...asked } = options;
  const secure = openedTls({ ...asked, socket }, socket);
  onSecure(secure);
  keepShown(secure, options.session);
  await established(secure, signal);
  return { socket: secure, explain: (error) => error };
}

/** @throws {Error} for options that cannot be used, with nothing left open */
function openedTls(options: Parameters<typeof openTls>[0], socket: Socket): TLSSocket {
  try {
    return openTls(options);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/**
 * Its own authorities are the only ones that count if the program names some, and its own certificate is shown if it has one.
 * What it leaves open is filled in from the policy; verification is no matter of choice.
 */
function completed(context: DialContext, peer: HostPort, options: SocketOptions): SocketOptions {
  const { servername = isIP(peer.host) === 0 ? peer.host : "" } = options;
  const checked = { ...options, servername, rejectUnauthorized: true };
  if (options.secureContext !== undefined) return checked;
  const identity = hasIdentity(options)
    ? undefined
    : identityMeantFor(context, servername === "" ? peer.host : servername, peer.port);
  // The connection itself fails where it cannot be used.
  const material = identity !== undefined && "material" in identity ? identity.material() : {};
  return { ...checked, ca: options.ca ?? [...context.trust.certificates], ...material };
}

/** A client certificate of the program's own. */
function hasIdentity({ cert, key, pfx }: SocketOptions): boolean {
  return [cert, key, pfx].some((value) => value !== undefined && value !== null);
}

/** The way that https takes to a peer, without its TLS. `shown`: the policy's client certificate will be shown there. */
async function connectRaw(context: DialContext, peer: HostPort, options: DialOptions, shown = true): Promise<Socket> {
  // Throws where the certificate that is meant for this peer cannot be used.
  if (shown) identityFor(context, peer.host, peer.port);
  return (await dial(context, { protocol: "tcp:", carries: "https:", ...peer }, options)).socket;
}

function established(secure: TLSSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => void secure.destroy(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    secure.once("secureConnect", () => {
      signal.removeEventListener("abort", abort);
      resolve();
    });
    secure.on("error", reject);
    secure.once("close", () => reject(new Error("the connection was closed in the TLS handshake")));
  });
}
