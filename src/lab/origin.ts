import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type Http2Session,
} from "node:http2";
import type { Socket } from "node:net";
import type { TlsOptions } from "node:tls";
import type { Issued } from "./ca.js";
import { Exchange, joinHeaders } from "./exchange.js";
import { Listener, tlsAcceptor, type Connection, type TlsAcceptor } from "./listener.js";
import { faultAtAccept, faultAtConnection, faultAtRequest, faultAtUpgrade } from "./origin-faults.js";
import { answer } from "./routes.js";
import { serverCertificate } from "./server-certificate.js";
import type { LabAuthorities, LabOrigin, OriginFault, OriginOptions } from "./types.js";
import { echoWebSocket } from "./websocket.js";
import type { World } from "./world.js";

/** A server of the lab that clients want to reach. */
export async function createOrigin(world: World, name: string, options: OriginOptions): Promise<LabOrigin> {
  const certificate =
    options.tls === false ? undefined : await serverCertificate(world.authorities, name, options.certificate ?? "good");
  const origin = new Origin(world, name, options, certificate);
  await origin.open();
  return origin;
}

class Origin implements LabOrigin {
  readonly name: string;
  readonly address: string;
  readonly tls: boolean;
  fault: OriginFault | undefined;
  readonly #world: World;
  readonly #tlsOptions: TlsOptions | undefined;
  /** One that refuses by alert and one, as nginx is, that lets everybody in and refuses by HTTP. */
  readonly #acceptors = new Map<"strict" | "lenient", TlsAcceptor>();
  readonly #connections = new WeakMap<Socket | Http2Session, Connection>();
  readonly #http1: Server;
  readonly #http2 = createHttp2Server();
  #listener: Listener | undefined;

  constructor(world: World, name: string, options: OriginOptions, certificate: Issued | undefined) {
    this.#world = world;
    this.name = name;
    this.address = options.address ?? "127.0.0.1";
    this.tls = certificate !== undefined;
    this.fault = options.fault;
    this.#tlsOptions = certificate && originTls(world.authorities, options, certificate);

    // Idle connections stay: a client's pool shall not depend on the lab's patience.
    this.#http1 = createServer({ keepAliveTimeout: 600_000 });
    this.#http1.on("request", (request, response) =>
      this.#serve(this.#connections.get(request.socket), request, response),
    );
    this.#http1.on("upgrade", (request, _socket, head) =>
      this.#upgrade(this.#connections.get(request.socket), request, head),
    );
    this.#http2.on("request", (request, response) => {
      const session = request.stream.session;
      this.#serve(session && this.#connections.get(session), request, response);
    });
    this.#http2.on("sessionError", () => {});
  }

  async open(): Promise<void> {
    this.#listener = await Listener.open({
      name: this.name,
      log: this.#world.log,
      address: this.address,
      onConnection: (connection) => void this.#accept(connection),
    });
    this.#world.names.add(this);
  }

  get port(): number {
    return this.#open.port;
  }

  get url(): string {
    return `${this.#scheme}://${this.name}:${this.port}`;
  }

  get directUrl(): string {
    return `${this.#scheme}://localhost:${this.port}`;
  }

  dropConnections(): void {
    this.#open.drop();
  }

  async close(): Promise<void> {
    this.#world.names.remove(this);
    await this.#open.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #scheme(): string {
    return this.tls ? "https" : "http";
  }

  get #open(): Listener {
    if (this.#listener === undefined) throw new Error(`${this.name} does not listen yet`);
    return this.#listener;
  }

  async #accept(connection: Connection): Promise<void> {
    if (faultAtAccept(this.fault, connection.raw)) return;
    if (this.#tlsOptions && !(await this.#open.secure(connection, this.#acceptor(this.#tlsOptions)))) return;
    const { socket } = connection;
    if (faultAtConnection(this.fault, socket)) return;
    if (connection.tls?.alpn === "h2") {
      // "session" is emitted before "connection" returns.
      this.#http2.once("session", (session: Http2Session) => this.#connections.set(session, connection));
      this.#http2.emit("connection", socket);
    } else {
      this.#connections.set(socket, connection);
      this.#http1.emit("connection", socket);
    }
  }

  #acceptor(options: TlsOptions): TlsAcceptor {
    const manner = this.fault === "nginx-400" ? "lenient" : "strict";
    const made =
      this.#acceptors.get(manner) ??
      tlsAcceptor(manner === "strict" ? options : { ...options, requestCert: true, rejectUnauthorized: false });
    this.#acceptors.set(manner, made);
    return made;
  }

  #serve(
    connection: Connection | undefined,
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ): void {
    if (connection === undefined) throw new Error("a request from nowhere");
    this.#logRequest(connection, request);
    const exchange = new Exchange(this.name, connection, request, response);
    const run = async () => {
      if (await faultAtRequest(this.fault, exchange)) return;
      await answer(exchange);
    };
    run().catch((error: unknown) => {
      // A client that has gone away in the middle is no event; anything else is a defect of the lab, and shall be seen.
      if (!exchange.gone.aborted && !response.headersSent)
        exchange.send(500, "text/plain", `the lab failed: ${String(error)}`);
    });
  }

  #upgrade(connection: Connection | undefined, request: IncomingMessage, head: Buffer): void {
    if (connection === undefined) throw new Error("a request from nowhere");
    this.#logRequest(connection, request);
    if (faultAtUpgrade(this.fault, connection)) return;
    echoWebSocket(request, connection.socket, head, { stalls: this.fault === "stalled-stream" });
  }

  #logRequest(connection: Connection, request: IncomingMessage | Http2ServerRequest): void {
    this.#world.log.add({
      by: this.name,
      kind: "request",
      connection: connection.number,
      method: request.method ?? "GET",
      url: request.url ?? "/",
      httpVersion: request.httpVersion,
      headers: joinHeaders(request.rawHeaders),
      peer: connection.peer,
      inspected: false,
    });
  }
}

function originTls(authorities: LabAuthorities, options: OriginOptions, certificate: Issued): TlsOptions {
  const asks = options.clientCertificate ?? "none";
  return {
    cert: options.certificate === "no-intermediate" ? certificate.cert : certificate.chain,
    key: certificate.key,
    ca: authorities.client.cert,
    requestCert: asks !== "none",
    rejectUnauthorized: asks === "required",
    ALPNProtocols: options.http2 === false ? ["http/1.1"] : ["h2", "http/1.1"],
    minVersion: options.minVersion ?? "TLSv1.2",
    maxVersion: options.maxVersion ?? "TLSv1.3",
  };
}
