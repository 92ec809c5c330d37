import { createServer, type IncomingMessage } from "node:http";
import { Agent } from "node:https";
import { isIP, type Socket } from "node:net";
import { formatHead, plainAnswer, type Answer } from "./answers.js";
import { dialOut, formatAuthority, splice, type Target } from "./connect.js";
import { joinHeaders } from "./exchange.js";
import { forward, openRequest, type Forwarding } from "./forward.js";
import { tlsAcceptor, type Connection, type TlsAcceptor } from "./listener.js";
import type { Endpoint } from "./names.js";
import type { ProxyContext } from "./service.js";
import type { LabAuthorities } from "./types.js";

/** The first octet of a TLS handshake record. */
const HANDSHAKE = 0x16;

export interface InspectedTarget extends Target {
  readonly where: Endpoint;
}

interface Inspected {
  readonly proxy: ProxyContext;
  readonly connection: Connection;
  readonly target: InspectedTarget;
  readonly agent: Agent;
}

/**
 * Ends the TLS of tunnels with certificates of its own, and begins another to the origin, HTTP/1.1 on both sides and without
 * a client certificate: it has none that is not its own.
 */
export class Inspector {
  readonly #authorities: LabAuthorities;
  readonly #exempt: readonly string[];
  readonly #acceptors = new Map<string, Promise<TlsAcceptor>>();
  readonly #tunnels = new WeakMap<Socket, Inspected>();
  readonly #server = createServer({ keepAliveTimeout: 600_000 });

  constructor(authorities: LabAuthorities, exempt: readonly string[]) {
    this.#authorities = authorities;
    this.#exempt = exempt.map((host) => host.toLowerCase());
    this.#server.on("request", (request, response) => {
      const tunnel = this.#tunnels.get(request.socket);
      if (tunnel === undefined) throw new Error("a request from nowhere");
      logRequest(tunnel, request);
      forward(request, response, {
        ...this.#onward(tunnel, request),
        failed: (error) => {
          const { status, headers, body } = badGateway(tunnel, error);
          response.writeHead(status, headers.flat()).end(body);
        },
      });
    });
    this.#server.on("upgrade", (request, _socket, head: Buffer) => {
      const tunnel = this.#tunnels.get(request.socket);
      if (tunnel === undefined) throw new Error("a request from nowhere");
      logRequest(tunnel, request);
      this.#upgrade(tunnel, request, head);
    });
  }

  /** Exact names, or `.suffix` for all below it. */
  exempts(host: string): boolean {
    const name = host.toLowerCase().replace(/\.$/, "");
    return this.#exempt.some((entry) => (entry.startsWith(".") ? name.endsWith(entry) : name === entry));
  }

  /** Takes over a tunnel that has been granted. What is not TLS passes untouched. */
  async open(proxy: ProxyContext, connection: Connection, target: InspectedTarget): Promise<void> {
    const { socket } = connection;
    const first = await firstOctets(socket);
    if (first === undefined) return void socket.destroy();
    socket.unshift(first);
    if (first[0] !== HANDSHAKE) {
      const upstream = await dialOut(proxy.listener, target.where);
      if (typeof upstream === "string") return void socket.destroy();
      return splice(socket, upstream);
    }
    const secured = await proxy.listener.handshake(connection, await this.#acceptor(target.host.toLowerCase()), socket);
    if (secured === undefined) return;
    const agent = new Agent({ keepAlive: true });
    secured.once("close", () => agent.destroy());
    this.#tunnels.set(secured, { proxy, connection, target, agent });
    this.#server.emit("connection", secured);
  }

  /** Certificates are minted once for each host. */
  #acceptor(host: string): Promise<TlsAcceptor> {
    const made = this.#acceptors.get(host) ?? this.#mint(host);
    this.#acceptors.set(host, made);
    return made;
  }

  async #mint(host: string): Promise<TlsAcceptor> {
    const { chain, key } = await this.#authorities.inspector.issue({
      commonName: host,
      hosts: [host],
      usage: "server",
    });
    return tlsAcceptor({ cert: chain, key, ALPNProtocols: ["http/1.1"] });
  }

  #onward(tunnel: Inspected, request: IncomingMessage): Omit<Forwarding, "failed"> {
    const { proxy, target, agent } = tunnel;
    return {
      proxy: proxy.name,
      adopt: (socket) => proxy.listener.adopt(socket),
      options: {
        protocol: "https:",
        host: target.where.address,
        port: target.where.port,
        path: pathOf(request),
        // An empty name sends no SNI, and has the address checked instead.
        servername: isIP(target.host) === 0 ? target.host : "",
        ca: this.#authorities.root.cert,
        agent,
      },
    };
  }

  #upgrade(tunnel: Inspected, request: IncomingMessage, head: Buffer): void {
    const client = request.socket;
    const failed = (error: Error) => {
      const answer = badGateway(tunnel, error);
      client.end(formatHead(answer, [...answer.headers, ["Connection", "close"]]) + answer.body);
    };
    const outgoing = openRequest(request, { ...this.#onward(tunnel, request), failed }, request.rawHeaders);
    outgoing.once("upgrade", (answer, upstream: Socket, rest) => {
      client.write(rawHead(answer));
      if (rest.length > 0) upstream.unshift(rest);
      if (head.length > 0) client.unshift(head);
      splice(client, upstream);
    });
    outgoing.once("response", (answer) => {
      client.write(rawHead(answer));
      answer.pipe(client);
    });
    outgoing.on("error", failed);
    outgoing.end();
  }
}

function logRequest(tunnel: Inspected, request: IncomingMessage): void {
  const { proxy, connection, target } = tunnel;
  const authority = target.port === 443 ? formatAuthority(target).replace(/:443$/, "") : formatAuthority(target);
  proxy.world.log.add({
    by: proxy.name,
    kind: "request",
    connection: connection.number,
    method: request.method ?? "GET",
    url: `https://${authority}${pathOf(request)}`,
    httpVersion: request.httpVersion,
    headers: joinHeaders(request.rawHeaders),
    peer: undefined,
    inspected: true,
  });
}

/** Some clients that know of a proxy name the whole URL within the tunnel, too (lftp): a server takes it (RFC 9112 section 3.2.2). */
function pathOf({ url = "/" }: IncomingMessage): string {
  if (!/^https?:/i.test(url) || !URL.canParse(url)) return url;
  const { pathname, search } = new URL(url);
  return pathname + search;
}

function badGateway({ target }: Inspected, error: Error): Answer {
  const code: unknown = Reflect.get(error, "code");
  return plainAnswer(502, `cannot speak TLS with ${target.host}: ${typeof code === "string" ? code : error.message}`);
}

/** The head of an answer as it came; used where the connection ends with the answer, or becomes something else. */
function rawHead(answer: IncomingMessage): string {
  const pairs = answer.rawHeaders.flatMap((name, at) =>
    at % 2 === 0 ? [[name, answer.rawHeaders[at + 1] ?? ""] as const] : [],
  );
  return formatHead({ status: answer.statusCode ?? 502, reason: answer.statusMessage, headers: [], body: "" }, pairs);
}

/** Undefined when the peer ends without a word. */
function firstOctets(socket: Socket): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const done = (chunk?: Buffer) => {
      socket.pause();
      socket.off("data", done).off("end", ended).off("close", ended);
      resolve(chunk);
    };
    const ended = () => done();
    socket.once("data", done).once("end", ended).once("close", ended);
  });
}
