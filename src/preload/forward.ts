import http, { type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { Agent } from "node:https";
import { Duplex } from "node:stream";
import { hostPortOfUrl } from "./host-port.js";
import type { HostPort } from "./types.js";

/** The connection's own, that do not go on to the other side (RFC 9110 section 7.6.1). */
const hopByHop = new Set(["connection", "keep-alive", "proxy-connection", "te", "upgrade"]);

/**
 * A connection whose other end is read here: each request on it is made anew by `agent`, which knows in what form the proxy
 * wants it. A fault ends the connection with it, so that the program sees the same as if it had connected itself.
 */
export function forwardTo(peer: HostPort, agent: Agent): Duplex {
  const [near, far] = pair();
  const server = serverOn(near);
  server.on("request", (request, response) => {
    const asked = ask(request, peer, agent, near);
    asked.on("response", (answer: IncomingMessage) => pass(answer, response));
    request.pipe(asked);
    response.once("close", () => {
      if (!response.writableFinished) asked.destroy();
    });
  });
  server.on("upgrade", (request, socket, head) => {
    const asked = ask(request, peer, agent, near, true);
    asked.on("response", (answer: IncomingMessage) => refuse(answer, socket));
    asked.on("upgrade", (answer: IncomingMessage, other: Duplex, first: Buffer) => {
      socket.write(headOf(answer));
      if (first.length > 0) socket.write(first);
      if (head.length > 0) other.write(head);
      join(socket, other, near);
    });
    asked.end();
  });
  server.emit("connection", far);
  return near;
}

/** Answers CONNECT as a proxy would, with a connection that `connect` makes; there is nothing else to be had here. */
export function answerConnect(connect: (peer: HostPort, signal: AbortSignal) => Promise<Duplex>): Duplex {
  const [near, far] = pair();
  const server = serverOn(near);
  server.on("connect", ({ url = "" }: IncomingMessage, socket: Duplex, head: Buffer) => {
    const abort = new AbortController();
    near.once("close", () => abort.abort(new Error("the request was given up")));
    // The form of CONNECT is that of an authority (RFC 9112 section 3.2.3).
    connect(hostPortOfUrl(new URL(`tunnel://${url}`)), abort.signal).then(
      (other) => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        if (head.length > 0) other.write(head);
        join(socket, other, near);
      },
      (error: Error) => near.destroy(error),
    );
  });
  server.on("request", (_request, response) => response.writeHead(501).end());
  server.emit("connection", far);
  return near;
}

function serverOn(near: Duplex): http.Server {
  const server = http.createServer({ keepAlive: false });
  // The program's patience and the policy's bounds count, and no others.
  Object.assign(server, { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0, timeout: 0 });
  return server.on("clientError", (error) => near.destroy(error));
}

/** Both engine, and a fault of the far side is one of the near end. */
function join(socket: Duplex, other: Duplex, near: Duplex): void {
  socket.pipe(other).pipe(socket);
  other.once("error", (error) => near.destroy(error));
  other.once("close", () => socket.destroy());
  socket.once("close", () => other.destroy());
}

/** The headers are handed over as a list, so that their spelling and order stay: it is the program's request. */
function ask(request: IncomingMessage, peer: HostPort, agent: Agent, near: Duplex, upgrade = false): ClientRequest {
  const { method, url } = request;
  // "100 Continue" has been said here already.
  const isKept = (name: string): boolean => name !== "expect" && (upgrade || !hopByHop.has(name));
  const headers = pairsOf(request.rawHeaders).filter(([name]) => isKept(name.toLowerCase()));
  const asked = http.request({ host: peer.host, port: peer.port, agent, method, path: url, headers: headers.flat() });
  asked.on("error", (error) => near.destroy(error));
  return asked;
}

function pass(answer: IncomingMessage, response: ServerResponse): void {
  const isKept = (name: string): boolean => name !== "transfer-encoding" && !hopByHop.has(name);
  const headers = pairsOf(answer.rawHeaders).filter(([name]) => isKept(name.toLowerCase()));
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers.flat());
  answer.pipe(response);
  answer.once("error", () => response.destroy());
}

/** An upgrade that the server answers like any other request. */
function refuse(answer: IncomingMessage, socket: Duplex): void {
  socket.write(
    headOf(answer)
      .replace(/\r\ntransfer-encoding:[^\r]*/i, "")
      .replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"),
  );
  answer.pipe(socket);
}

function headOf({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const lines = pairsOf(rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${statusCode ?? 502} ${statusMessage ?? ""}\r\n${lines.join("")}\r\n`;
}

function pairsOf(raw: readonly string[]): [name: string, value: string][] {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at] ?? "", raw[2 * at + 1] ?? ""]);
}

/** Two ends of one connection: what is written to one is read from the other. */
function pair(): readonly [Duplex, Duplex] {
  const near = new End();
  const far = new End();
  near.other = far;
  far.other = near;
  return [near, far];
}

class End extends Duplex {
  other: End | undefined = undefined;
  #resume: (() => void) | undefined;

  override _read(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.other?.receive(chunk, done);
  }

  override _final(done: () => void): void {
    this.other?.receive(null, done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    done(error);
    // A destroyed end reads as a closed connection on the other.
    if (this.other?.destroyed === false) this.other.destroy();
  }

  receive(chunk: Buffer | null, done: () => void): void {
    if (this.destroyed || this.push(chunk) || chunk === null) done();
    else this.#resume = done;
  }
}
