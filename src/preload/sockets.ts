import type net from "node:net";
import { keepOriginals, type Originals } from "../dial/index.js";
import { isQuestion, type Above } from "./above.js";
import type { Loopback } from "./loopback.js";
import type { Marks } from "./marks.js";
import type { Asker, NewRequests } from "./new-requests.js";
import type { NamedProxies } from "./own-proxies.js";
import { Beneath } from "./beneath.js";
import { buffering } from "./buffering.js";
import { httpsPorts, isPort, isWebPort, readArguments, readMethodArguments, type Asked } from "./asked.js";
import type { Connect, Entrances } from "./entrances.js";
import { dressHttp2Sockets } from "./http2-sockets.js";
import { PendingSocket, type Connect as Connecting } from "./pending-socket.js";
import type { Joined, EngineAccess, HostPort, SocketOptions } from "./types.js";
import type { Open } from "./relay.js";
import { connectRelayed } from "./relayed.js";
import type { UndiciSigns } from "./undici-signs.js";
import { verifiedAnyway } from "./faults-warnings.js";
import { warnOnce } from "./warnings.js";
import { asksByName, framesOfNow } from "./who-asks.js";

/** Who may know more about a connection that is asked for. */
export interface Witnesses {
  readonly marks: Marks;
  readonly proxies: NamedProxies;
  readonly undici: UndiciSigns;
  readonly requests: NewRequests;
  readonly loopback: Loopback;
  readonly above: Above;
  readonly entrances: Entrances;
}

type Begun = Parameters<Connecting>[1];
type Dialling = (signal: AbortSignal, begun: Begun, alpn?: readonly string[]) => Promise<Joined>;

/** How a connection that carries no TLS of ours is made. */
interface Way {
  readonly open: Open;
  /** Where it leads, if TLS may be spoken on it. */
  readonly tunnel: HostPort | undefined;
}

/**
 * Takes over what asks node:net and node:tls for a connection to speak HTTP on. Whatever else is asked for, databases for one,
 * is none of ours. HTTP it is where that is said: by the ALPN protocols that are offered (node:http2, gRPC, undici), by who asks
 * (an agent of node:http's kind, a request or an HTTP/2 session that is given a function for it, undici, a library for WebSocket), or,
 * where nothing is said, by its port.
 */
export class Sockets {
  readonly #access: EngineAccess;
  readonly #witnesses: Witnesses;
  readonly #connectTls: Connect;
  readonly #connectNet: Connect;
  /** Where sockets that a program has connected by hand lead. */
  readonly #leading = new WeakMap<object, HostPort>();

  #frames: readonly string[] | undefined;

  constructor(access: EngineAccess, witnesses: Witnesses) {
    this.#access = access;
    this.#witnesses = witnesses;
    this.#connectTls = witnesses.entrances.tls.original;
    this.#connectNet = witnesses.entrances.net.original;
  }

  patch(): void {
    const { above, entrances } = this.#witnesses;
    const { net: plain, socket, tls } = entrances;
    keepOriginals({
      connect: plain.original,
      connectTls: tls.original,
      connectSocket: socket.original,
    } as unknown as Originals);
    tls.put((...given) => this.#entered(() => this.#secure(given) ?? this.#connectTls(...this.#completed(given))));
    plain.put((...given) => this.#entered(() => this.#plain(given) ?? this.#connectNet(...given)));
    above.install(entrances, (own, given) => this.#byHand(own, given));
  }

  /** One call of a program's may come to several of these, and who calls is the same for all. */
  #entered<T>(work: () => T): T {
    try {
      return work();
    } finally {
      this.#frames = undefined;
    }
  }

  get #callers(): readonly string[] {
    return (this.#frames ??= framesOfNow());
  }

  /** For agents that override something and come to node:http's own connections nevertheless. */
  agentConnection(given: readonly unknown[]): net.Socket | undefined {
    return this.#plain(given, true);
  }

  #secure(given: readonly unknown[]): net.Socket | undefined {
    if (isQuestion(given)) return undefined;
    const asked = readArguments(given, 443);
    if (asked === undefined) return this.#secureLater(given);
    const { options, peer, callback } = asked;
    const asker = offersHttp(options["ALPNProtocols"]) || this.#isHttp(asked) ? "known" : this.#asker(asked);
    if (asker === undefined && !this.#speaksHttp(asked)) return undefined;
    // The program looked the address up itself; a proxy wants the name, and the policy's rules are about names.
    const target = typeof asker === "object" && asker.host !== undefined ? { ...peer, host: asker.host } : peer;
    if (this.#isOwn(peer) || this.#witnesses.loopback.isLeftAlone(target)) return undefined;
    // In Node, too, such a call throws, and opens nothing.
    if (!isPort(peer.port)) return undefined;
    tryMaterial(options);
    if (options.rejectUnauthorized === false) warnOnce(verifiedAnyway);
    if (offersHttp2(options["ALPNProtocols"]) || (typeof asker === "object" && asker.http2 === true))
      dressHttp2Sockets();
    const dial = (signal: AbortSignal, begun: Begun, alpn?: readonly string[]): Promise<Joined> => {
      const agreed = alpn === undefined ? options : { ...options, ALPNProtocols: [...alpn] };
      return this.#access.open((engine) => engine.secure(target, agreed, signal, begun));
    };
    const pending = new PendingSocket(this.#asking(this.#connectTls, asked, dial), true);
    pending.target = target;
    return dressed(pending, options, "secureConnect", callback);
  }

  /** TLS on a connection of ours that is not there yet, while the policy is still being read: then both are made in one. */
  #secureLater(given: readonly unknown[]): net.Socket | undefined {
    const [options] = given.filter((each): each is SocketOptions => typeof each === "object" && each !== null);
    const below: net.Socket | undefined = options?.socket as net.Socket | undefined;
    if (this.#access.isOpen || below === undefined) return undefined;
    const isOurs = PendingSocket.is(below);
    const tunnel = isOurs ? below.tunnel : this.#leading.get(below);
    if (tunnel === undefined) return undefined;
    const last = given.at(-1);
    if (options?.rejectUnauthorized === false) warnOnce(verifiedAnyway);
    if (isOurs) below.destroy();
    // In Node TLS hears of it from the beginning.
    else below.on("error", () => undefined);
    const { socket: _socket, ...own } = options ?? {};
    const pending = new PendingSocket(
      (signal, begun) =>
        this.#access.open((engine) =>
          isOurs ? engine.secure(tunnel, own, signal, begun) : engine.secureOn(below, tunnel, own, signal, begun),
        ),
      true,
    );
    const callback = typeof last === "function" ? (last as () => void) : undefined;
    return dressed(pending, own, "secureConnect", callback);
  }

  /** TLS on a connection of ours: the program speaks it itself, and lacks what the policy knows. */
  #completed(given: unknown[]): unknown[] {
    return given.map((each) => {
      const { socket } = (typeof each === "object" && each !== null ? each : {}) as { readonly socket?: object };
      const isOurs = PendingSocket.is(socket);
      const tunnel = isOurs ? socket.tunnel : socket && this.#leading.get(socket);
      if (!isOurs && tunnel === undefined) return each;
      // Where both are made in one, TLS is begun when the connection tells that it is there.
      const isAwaited = !isOurs || (tunnel !== undefined && socket.connecting);
      const options = { ...(each as SocketOptions), socket: isAwaited ? socket : new Beneath(socket) } as SocketOptions;
      if (tunnel === undefined) return options;
      if (options.rejectUnauthorized === false) warnOnce(verifiedAnyway);
      return this.#access.now((engine) => engine.completed(tunnel, options)) ?? options;
    });
  }

  #plain(given: readonly unknown[], byAgent = false): net.Socket | undefined {
    if (this.#witnesses.loopback.isPlainlyLeftAlone(given[0])) return undefined;
    const asked = readArguments(given, 80);
    if (asked === undefined) return undefined;
    const { options, peer, callback } = asked;
    if (this.#witnesses.loopback.isLeftAlone(peer)) return undefined;
    const way = this.#ofRequest(asked, byAgent);
    if (way === undefined) return undefined;
    const pending = new PendingSocket(this.#asking(this.#connectNet, asked, way.open), false);
    pending.tunnel = way.tunnel;
    return dressed(pending, options, "connect", callback);
  }

  /** For a request that is under way, or an HTTP/2 session. */
  #ofRequest(asked: Asked, byAgent = false): Way | undefined {
    const { options, peer } = asked;
    const asker = byAgent || this.#isHttp(asked) ? undefined : this.#asker(asked);
    if (!(byAgent || this.#isHttp(asked) || asker !== undefined) || this.#isOwn(peer)) return undefined;
    if (asker?.http2 === true) dressHttp2Sockets();
    const upgrade = hasUpgrade(options["headers"]) || asker?.opaque === true;
    // It may be connected first, and TLS be spoken then.
    const isForTls = (asker?.protocol ?? this.#witnesses.marks.protocolFor(peer)) === "https:";
    const open = (signal: AbortSignal): Promise<Joined> =>
      this.#access.open((engine) =>
        isForTls ? engine.raw(peer, options, signal) : engine.plain(peer, options, upgrade, signal),
      );
    return { open, tunnel: isForTls ? peer : undefined };
  }

  /** Connects a program's own socket, where HTTP will be spoken on it. False: it goes its own way. */
  #byHand(socket: net.Socket, given: readonly unknown[]): boolean {
    const { above, loopback, entrances } = this.#witnesses;
    // One of TLS, or of the file system; and a list of addresses that must not be connected to is for Node to observe.
    const { _handle: has, blockList } = socket as unknown as Readonly<Record<"_handle" | "blockList", unknown>>;
    if (has || blockList) return false;
    const [first] = given;
    if (loopback.isPlainlyLeftAlone(Array.isArray(first) ? first[0] : first)) return false;
    const asked = readMethodArguments(given);
    if (asked === undefined || loopback.isLeftAlone(asked.peer)) return false;
    // A mock has the name looked up otherwise where it answers in the server's stead, and lets through what it does not.
    if (typeof asked.options.lookup === "function" && !above.isEmpty) return false;
    const way = this.#entered(() => this.#ofRequest(asked) ?? this.#toWebServer(asked));
    if (way === undefined) return false;
    const { peer, callback } = asked;
    if (way.tunnel === undefined) this.#leading.delete(socket);
    else this.#leading.set(socket, way.tunnel);
    connectRelayed(socket, entrances.socket.original, { host: peer.host, callback, open: way.open });
    return true;
  }

  /** Nothing is said of what it is for: told by its port, or by who opens it. */
  #toWebServer({ options, peer }: Asked): Way | undefined {
    if (!(isWebPort(peer.port) || asksByName(this.#callers)) || this.#isOwn(peer)) return undefined;
    const isForTls = httpsPorts.has(peer.port);
    const open = (signal: AbortSignal): Promise<Joined> =>
      this.#access.open((engine) =>
        isForTls ? engine.raw(peer, options, signal) : engine.byHand(peer, options, signal),
      );
    return { open, tunnel: peer };
  }

  /** Where somebody stands above us, that one is asked first. */
  #asking(connect: Connect, { options, peer }: Asked, dial: Dialling): Connecting {
    const { above } = this.#witnesses;
    if (!above.mustAsk(peer)) return dial;
    const { lookup, timeout: _timeout, onread: _onread, signal: _signal, ...rest } = options;
    const own = lookup === undefined ? rest : { ...rest, lookup };
    return (signal, begun) =>
      above.ask(peer, {
        lookup,
        open: (others) => connect({ ...own, ...others }),
        dial: (alpn) => dial(signal, begun, alpn),
        signal,
      });
  }

  /** node:http's agents write a name for their pool into the options; without an agent, a request's options come as they are. */
  #isHttp({ options, peer }: Asked): boolean {
    return (
      typeof options["_agentKey"] === "string" ||
      typeof options["createConnection"] === "function" ||
      this.#witnesses.marks.protocolFor(peer) !== undefined ||
      this.#witnesses.undici.expects(peer)
    );
  }

  /** TLS that says nothing of what it is for: told by its port, or by who opens it. Databases and mail have ports of their own. */
  #speaksHttp({ options, peer }: Asked): boolean {
    if (options["ALPNProtocols"] !== undefined && options["ALPNProtocols"] !== null) return false;
    return httpsPorts.has(peer.port) || asksByName(this.#callers);
  }

  #asker({ options, peer }: Asked): Asker | undefined {
    return this.#witnesses.requests.asking(this.#callers, peer, options.servername);
  }

  /** Goes to a proxy: one that the program chose, or one of the variables' by a library's own reading. */
  #isOwn(peer: HostPort): boolean {
    const { marks, proxies, undici } = this.#witnesses;
    return marks.spares(peer) || undici.isProxy(peer) || proxies.isAt(peer);
  }
}

function dressed(
  pending: PendingSocket,
  options: SocketOptions,
  event: string,
  callback: Asked["callback"],
): net.Socket {
  if (callback !== undefined) pending.once(event, callback);
  if (typeof options.timeout === "number" && options.timeout > 0) pending.setTimeout(options.timeout);
  buffering(pending, options);
  if (options["allowHalfOpen"] === true) pending.allowHalfOpen = true;
  if (options["noDelay"] === true) pending.setNoDelay(true);
  if (options["keepAlive"] === true) pending.setKeepAlive(true, options["keepAliveInitialDelay"] as number | undefined);
  // A socket in all that programs ask of one; it has no handle, and none may rely on that.
  return pending as unknown as net.Socket;
}

/** What OpenSSL has to understand. */
const material = ["ca", "cert", "key", "pfx", "crl", "ciphers", "ecdhCurve", "sigalgs", "minVersion", "maxVersion"];

/** @throws {Error} what Node throws for options of TLS that cannot be used, when the connection is asked for */
function tryMaterial(options: SocketOptions): void {
  if (options.secureContext !== undefined || material.every((name) => options[name] === undefined)) return;
  // Without its authorities Node would read all of its own.
  process.getBuiltinModule("node:tls").createSecureContext({ ...options, ca: options.ca ?? [] });
}

/** A list of names, or one in the form in which TLS sends it: each behind its length. */
function offers(protocols: unknown, name: string): boolean {
  if (Array.isArray(protocols)) return protocols.includes(name);
  if (!ArrayBuffer.isView(protocols)) return false;
  const wire = Buffer.from(protocols.buffer, protocols.byteOffset, protocols.byteLength);
  return wire.includes(`${String.fromCharCode(name.length)}${name}`);
}

const offersHttp2 = (protocols: unknown): boolean => offers(protocols, "h2");
const offersHttp = (protocols: unknown): boolean => offersHttp2(protocols) || offers(protocols, "http/1.1");

function hasUpgrade(headers: unknown): boolean {
  return (
    typeof headers === "object" && headers !== null && Object.keys(headers).some((name) => /^upgrade$/i.test(name))
  );
}
