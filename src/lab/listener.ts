import { AsyncLocalStorage } from "node:async_hooks";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";
import type { EventLog } from "./log.js";
import type { LabEcho } from "./types.js";

/** One accepted TCP connection, and what is known of its client. */
export interface Connection {
  /** From 1, for each listener again. */
  readonly number: number;
  readonly raw: Socket;
  /** What HTTP is spoken on: the TLSSocket after the handshake, `raw` without TLS. */
  socket: Socket;
  /** The client certificate comes from an authority that is trusted here. */
  authorized: boolean;
  /** Common name of the client certificate that was shown on this connection. */
  peer: string | undefined;
  tls: LabEcho["tls"];
}

export interface ListenerOptions {
  readonly name: string;
  readonly log: EventLog;
  readonly address: string;
  readonly onConnection: (connection: Connection) => void;
}

/** A listening port whose connections are counted and logged, and can all be dropped at once. */
export class Listener {
  readonly name: string;
  /** Stays known after {@link close}. */
  port = 0;
  readonly #log: EventLog;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #accepted = 0;

  private constructor(options: ListenerOptions) {
    this.name = options.name;
    this.#log = options.log;
    // Half-open, since a client may end its side first; no delay, so that each event of a stream leaves at once.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (raw) => {
      const connection: Connection = {
        number: ++this.#accepted,
        raw,
        socket: raw,
        authorized: false,
        peer: undefined,
        tls: null,
      };
      this.adopt(raw);
      this.#log.add({ by: this.name, kind: "accept", connection: connection.number });
      raw.once("close", () => this.#log.add({ by: this.name, kind: "close", connection: connection.number }));
      options.onConnection(connection);
    });
  }

  static async open(options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options);
    await new Promise<void>((resolve, reject) => {
      listener.#server.once("error", reject);
      listener.#server.listen(0, options.address, resolve);
    });
    listener.port = (listener.#server.address() as AddressInfo).port;
    return listener;
  }

  /** Counts a further socket (to an origin, say) among those that {@link drop} and {@link close} end. */
  adopt(socket: Socket): void {
    if (this.#sockets.has(socket)) return;
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    // Clients go away here all the time; whoever cares listens for "close".
    socket.on("error", () => {});
  }

  /** TLS on the TCP connection itself: true, and known to the connection, or false and over. */
  async secure(connection: Connection, accept: TlsAcceptor): Promise<boolean> {
    const secured = await this.handshake(connection, accept, connection.raw);
    if (secured === undefined) return false;
    const certificate = secured.getPeerX509Certificate();
    connection.socket = secured;
    connection.authorized = secured.authorized;
    connection.peer = certificate && commonName(certificate.subject);
    connection.tls = {
      ...factsOf(secured),
      ...(certificate === undefined ? {} : { issuerSeen: commonName(certificate.issuer) }),
    };
    return true;
  }

  /** Runs a handshake, on whatever layer, and logs how it went; undefined when it failed. */
  async handshake(connection: Connection, accept: TlsAcceptor, socket: Duplex): Promise<TLSSocket | undefined> {
    const about = { by: this.name, connection: connection.number };
    try {
      const secured = await accept(socket);
      secured.on("error", () => {});
      const certificate = secured.getPeerX509Certificate();
      const peer = certificate && commonName(certificate.subject);
      this.#log.add({ ...about, kind: "tls", ...factsOf(secured), servername: servernameOf(secured), peer });
      return secured;
    } catch (error) {
      this.#log.add({ ...about, kind: "tls-failed", error: error instanceof Error ? describe(error) : String(error) });
      socket.destroy();
      return undefined;
    }
  }

  drop(): void {
    for (const socket of this.#sockets) {
      if (socket.destroyed) continue;
      socket.resetAndDestroy();
    }
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

export type TlsAcceptor = (socket: Duplex) => Promise<TLSSocket>;

interface Handshake {
  done(socket: TLSSocket): void;
  failed(error: Error): void;
}

const handshakes = new AsyncLocalStorage<Handshake>();

/**
 * A TLS server without a port: takes sockets that are open already. Session tickets hold across all of them.
 *
 * `tls.Server` tells which TLSSocket is done, not which socket it runs on; the asynchronous context of the handshake does.
 */
export function tlsAcceptor(options: TlsOptions): TlsAcceptor {
  const server = createTlsServer(options);
  const pending = new WeakMap<object, Handshake>();
  server.on("secureConnection", (socket) => handshakes.getStore()?.done(socket));
  server.on("tlsClientError", (error, socket) => {
    // For a refused certificate Node says no more than "socket hang up", and that from the context of the socket below; the
    // reason is kept on the TLSSocket.
    const below: unknown = Reflect.get(socket, "_parent");
    const handshake =
      handshakes.getStore() ?? (typeof below === "object" && below !== null ? pending.get(below) : undefined);
    const reason: unknown = socket.authorizationError;
    handshake?.failed(typeof reason === "string" ? new Error(`client certificate refused: ${reason}`) : error);
  });
  return (socket) =>
    new Promise((resolve, reject) => {
      const handshake: Handshake = { done: resolve, failed: reject };
      pending.set(socket, handshake);
      // One turn later, so that a more telling error comes first.
      socket.once("close", () => setImmediate(() => reject(new Error("closed during the handshake"))));
      handshakes.run(handshake, () => server.emit("connection", socket));
    });
}

function factsOf(socket: TLSSocket): { version: string; alpn: string | false; resumed: boolean } {
  return {
    version: socket.getProtocol() ?? "unknown",
    alpn: socket.alpnProtocol ?? false,
    resumed: socket.isSessionReused(),
  };
}

function servernameOf(socket: TLSSocket): string | false {
  // Not in the types: the server's side of a TLSSocket carries the name that SNI gave, false or null without one.
  const name: unknown = Reflect.get(socket, "servername");
  return typeof name === "string" && name !== "" ? name : false;
}

function commonName(subject: string): string {
  return /^CN=(.*)$/m.exec(subject)?.[1] ?? subject;
}

function describe(error: Error): string {
  const code: unknown = Reflect.get(error, "code");
  // OpenSSL's own text adds addresses and line numbers.
  return typeof code === "string" ? code : error.message;
}
