import { once } from "node:events";
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Lab } from "../../../src/lab/index.js";
import type { Visit } from "../evidence.js";

/** Answers a request of a protocol that the lab's own origins do not speak; false for one that is none of its own. */
export type Handler = (request: Http2ServerRequest, response: Http2ServerResponse) => boolean;

export interface UpstreamOptions {
  readonly name: string;
  readonly clientCertificate: boolean;
  readonly handlers: readonly Handler[];
  /** For what attaches itself to a server: socket.io. */
  readonly attach?: (server: Http2SecureServer) => () => Promise<void> | void;
}

/** A TLS server beside the lab's origins, with a certificate of its authorities: HTTP/2 and HTTP/1.1. */
export class Upstream implements AsyncDisposable {
  readonly name: string;
  readonly visits: Visit[] = [];
  readonly #server: Http2SecureServer;
  readonly #sockets = new Set<Socket>();
  #detach: (() => Promise<void> | void) | undefined;

  private constructor(name: string, server: Http2SecureServer) {
    this.name = name;
    this.#server = server;
  }

  static async open(lab: Lab, options: UpstreamOptions): Promise<Upstream> {
    const { intermediate, client } = lab.authorities;
    const issued = await intermediate.issue({ commonName: options.name, hosts: [options.name], usage: "server" });
    const server = createSecureServer({
      allowHTTP1: true,
      cert: issued.chain,
      key: issued.key,
      ca: client.cert,
      requestCert: options.clientCertificate,
      rejectUnauthorized: options.clientCertificate,
      ...(options.clientCertificate ? { minVersion: "TLSv1.3" } : {}),
    });
    const side = new Upstream(options.name, server);
    server.on("connection", (socket: Socket) =>
      side.#sockets.add(socket.once("close", () => side.#sockets.delete(socket))),
    );
    server.on("request", (request, response) => {
      side.visits.push(visitOf(request));
      if (!options.handlers.some((handler) => handler(request, response)) && options.attach === undefined)
        response.writeHead(404).end();
    });
    server.on("upgrade", (request: Http2ServerRequest) => side.visits.push(visitOf(request)));
    server.on("sessionError", () => {});
    side.#detach = options.attach?.(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return side;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#detach?.();
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await closed;
  }
}

function visitOf(request: Http2ServerRequest): Visit {
  return { peer: peerOf(request), proxyLogin: request.headers["proxy-authorization"]?.toString() };
}

function peerOf(request: Http2ServerRequest): string | undefined {
  // An HTTP/1.1 request carries its TLS socket, one of HTTP/2 has it behind its session.
  const socket = (request.stream?.session?.socket ?? request.socket) as TLSSocket;
  const subject = socket.getPeerX509Certificate()?.subject;
  return subject === undefined ? undefined : (/^CN=(.*)$/m.exec(subject)?.[1] ?? subject);
}
