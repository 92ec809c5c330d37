import { Agent, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { formatHead, plainAnswer, reasonOf, unreachable, withLength, type Answer } from "./answers.js";
import { dialOut, parseAuthority, splice, type Target } from "./connect.js";
import { joinHeaders } from "./exchange.js";
import { forward } from "./forward.js";
import type { Inspector } from "./inspect.js";
import type { Connection } from "./listener.js";
import { faultAtAnswer, faultyAnswer } from "./proxy-faults.js";
import type { ProxyContext, Service } from "./service.js";

/** CONNECT, and requests in absolute form (RFC 9112 section 3.2). */
export function httpService(proxy: ProxyContext, inspector: Inspector | undefined): Service {
  const connections = new WeakMap<Socket, Connection>();
  const agents = new WeakMap<Connection, Agent>();
  const server = createServer({ keepAliveTimeout: 600_000 });

  const start: Service = (connection) => {
    connections.set(connection.socket, connection);
    server.emit("connection", connection.socket);
  };
  server.on("connect", (request, _socket, head: Buffer) => {
    const connection = connections.get(request.socket);
    if (connection === undefined) throw new Error("a request from nowhere");
    const tunnel = new Tunnel({ proxy, inspector, connection, request, head, next: () => start(connection) });
    tunnel.serve().catch(() => connection.raw.destroy());
  });
  server.on("request", (request, response) => {
    const connection = connections.get(request.socket);
    if (connection === undefined) throw new Error("a request from nowhere");
    serveAbsolute(proxy, connection, agentOf(agents, connection), request, response);
  });
  return start;
}

/** One CONNECT, and where it came in. */
interface Asked {
  readonly proxy: ProxyContext;
  readonly inspector: Inspector | undefined;
  readonly connection: Connection;
  readonly request: IncomingMessage;
  readonly head: Buffer;
  /** Reads the next request from the same connection. */
  readonly next: () => void;
}

class Tunnel {
  readonly #asked: Asked;

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  async serve(): Promise<void> {
    const { proxy, connection, request } = this.#asked;
    if (faultAtAnswer(proxy.fault, connection.socket, connection.raw)) return this.#log(-1);

    const faulty = faultyAnswer(proxy.fault);
    if (faulty !== undefined && !isSuccess(faulty.status)) return this.#refuse(faulty);
    const refusal = checkLogin(proxy, request);
    if (refusal !== undefined) return this.#refuse(refusal);
    const target = parseAuthority(request.url ?? "");
    if (target === undefined) return this.#refuse(plainAnswer(400, "CONNECT takes host:port"));
    await this.#open(target, faulty ?? { status: 200, reason: "Connection established", headers: [], body: "" });
  }

  async #open(target: Target, success: Answer): Promise<void> {
    const { proxy, connection } = this.#asked;
    const { name, world, listener } = proxy;
    const { socket } = connection;
    const where = world.names.resolve(name, target.host, target.port);
    const inspector = this.#asked.inspector?.exempts(target.host) === false ? this.#asked.inspector : undefined;
    if (inspector !== undefined && typeof where === "object") {
      this.#succeed(success);
      return inspector.open(proxy, connection, { ...target, where });
    }
    const upstream = await dialOut(listener, where);
    if (typeof upstream === "string") return this.#refuse(unreachable(upstream, target));
    if (socket.destroyed) {
      upstream.destroy();
      return this.#log(-1);
    }
    this.#succeed(success);
    splice(socket, upstream);
  }

  #succeed(answer: Answer): void {
    const { connection, head } = this.#asked;
    this.#log(answer.status);
    connection.socket.write(formatHead(answer, answer.headers));
    if (head.length > 0) connection.socket.unshift(head);
  }

  #refuse(answer: Answer): void {
    const { connection, request, head, next } = this.#asked;
    const { socket } = connection;
    this.#log(answer.status);
    const wished = `${request.headers.connection ?? ""},${String(request.headers["proxy-connection"] ?? "")}`;
    const closes =
      /\bclose\b/i.test(wished) ||
      answer.headers.some(([key, value]) => /^connection$/i.test(key) && /\bclose\b/i.test(value));
    socket.write(formatHead(answer, withLength(answer)) + answer.body);
    if (closes) return socket.destroySoon();
    if (head.length > 0) socket.unshift(head);
    next();
  }

  #log(status: number): void {
    const { proxy, connection, request } = this.#asked;
    const headers = joinHeaders(request.rawHeaders);
    proxy.world.log.add({
      by: proxy.name,
      kind: "connect",
      connection: connection.number,
      target: request.url ?? "",
      authorization: headers["proxy-authorization"],
      status,
      headers,
    });
  }
}

function serveAbsolute(
  proxy: ProxyContext,
  connection: Connection,
  agent: Agent,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { name, world, listener, fault } = proxy;
  const url = request.url ?? "";
  world.log.add({
    by: name,
    kind: "request",
    connection: connection.number,
    method: request.method ?? "GET",
    url,
    httpVersion: request.httpVersion,
    headers: joinHeaders(request.rawHeaders),
    peer: connection.peer,
    inspected: false,
  });
  const reply = (answer: Answer) => {
    request.resume();
    response.writeHead(answer.status, reasonOf(answer), withLength(answer).flat());
    response.end(answer.body);
  };

  if (faultAtAnswer(fault, connection.socket, connection.raw)) return;
  const refusal = faultyAnswer(fault) ?? checkLogin(proxy, request);
  if (refusal !== undefined) return reply(refusal);
  const target = /^http:\/\//i.test(url) && URL.canParse(url) ? new URL(url) : undefined;
  if (target === undefined)
    return reply(plainAnswer(400, "this is a proxy: it takes CONNECT, and http:// URLs in absolute form"));

  const host = target.hostname.replaceAll(/^\[|\]$/g, "");
  const port = target.port === "" ? 80 : Number(target.port);
  const where = world.names.resolve(name, host, port);
  if (typeof where === "string") return reply(unreachable(where, { host, port }));
  forward(request, response, {
    proxy: name,
    adopt: (socket) => listener.adopt(socket),
    host: target.host,
    options: { protocol: "http:", host: where.address, port: where.port, path: target.pathname + target.search, agent },
    failed: () => reply(unreachable("refused", { host, port })),
  });
}

/** One pool for each client, so that none sees another's connection. */
function agentOf(agents: WeakMap<Connection, Agent>, connection: Connection): Agent {
  const made = agents.get(connection);
  if (made !== undefined) return made;
  const agent = new Agent({ keepAlive: true });
  agents.set(connection, agent);
  connection.raw.once("close", () => agent.destroy());
  return agent;
}

/** 407 (RFC 9110 section 11.7) unless the login is right or none is needed. */
function checkLogin(proxy: ProxyContext, request: IncomingMessage): Answer | undefined {
  if (proxy.login === undefined) return undefined;
  const [, token] = /^basic +(\S+)$/i.exec(request.headers["proxy-authorization"] ?? "") ?? [];
  const given = token === undefined ? undefined : Buffer.from(token, "base64").toString("utf8");
  if (given === `${proxy.login.username}:${proxy.login.password}`) return undefined;
  const answer = plainAnswer(407, given === undefined ? "login required" : "wrong login");
  return { ...answer, headers: [...answer.headers, ["Proxy-Authenticate", 'Basic realm="lab"']] };
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;
