import http, { type IncomingMessage, type Server, type ServerResponse } from "node:http";
import http2, {
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Duplex } from "node:stream";
import type { ConnectError } from "../../base/errors.js";
import { faultAnswer, type Answer } from "../server/answers.js";

/** Milliseconds that a client may go on sending after its answer is complete. */
const patience = 5000;
/** Milliseconds after its first answer in which an HTTP/2 connection takes more requests: a program often sends several at once. */
const moreRequests = 500;

/**
 * Answers whatever is asked on a connection with the fault that stands in its way, in HTTP/1.1 or HTTP/2, and closes: the next
 * connection dials again. Nothing of it listens anywhere.
 */
export class FaultAnswers {
  readonly #idle: number;
  readonly #faults = new WeakMap<object, ConnectError>();
  /** Those who have not asked anything yet. */
  readonly #silent = new Set<Duplex>();
  readonly #ending: AbortSignal;
  readonly #letGo = (): void => {
    for (const client of this.#silent) client.destroy();
  };
  #http1: Server | undefined;
  #http2: Http2Server | undefined;

  /**
   * @param idle milliseconds after which a client that asks nothing is let go
   * @param ending aborted when the gateway is shutting down: then it is let go at once
   */
  constructor(idle: number, ending: AbortSignal) {
    this.#idle = idle;
    this.#ending = ending;
    ending.addEventListener("abort", this.#letGo);
  }

  /** Takes the connection over. What it has to say may have been put back into it. */
  answer(client: Duplex, fault: ConnectError, protocol: "h2" | "http/1.1"): void {
    this.#faults.set(client, fault);
    this.#silent.add(client);
    client.once("close", () => this.#silent.delete(client));
    // It has just completed its handshake, and what it asks is on its way.
    if (this.#ending.aborted) setTimeout(this.#letGo, moreRequests);
    if (protocol === "http/1.1") {
      this.#http1 ??= this.#makeHttp1();
      this.#http1.emit("connection", client);
      // Where it was paused, a listener alone does not set it going again.
      client.resume();
      return;
    }
    this.#http2 ??= this.#makeHttp2();
    // "session" is emitted before this returns.
    this.#http2.once("session", (session) => {
      this.#faults.set(session, fault);
      const timer = setTimeout(() => session.destroy(), this.#idle);
      session.once("close", () => clearTimeout(timer));
      session.once("stream", () => {
        this.#silent.delete(client);
        clearTimeout(timer);
        closeSoon(session);
      });
    });
    this.#http2.emit("connection", client);
  }

  #makeHttp1(): Server {
    const server = http.createServer({
      keepAliveTimeout: 1,
      requestTimeout: 0,
      // Silence alone does not end who sends a byte now and then.
      headersTimeout: this.#idle,
      connectionsCheckingInterval: Math.max(50, Math.min(1000, this.#idle / 4)),
    });
    server.timeout = this.#idle;
    // It never listens itself, and starts to watch its time limits at this event.
    server.emit("listening");
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      const fault = this.#faults.get(request.socket);
      this.#silent.delete(request.socket);
      if (fault !== undefined)
        answerHttp1(request, response, faultAnswer(fault, { accept: request.headers.accept, close: true }));
    };
    server.on("request", answer);
    // Who waits for a leave to send is told now.
    server.on("checkContinue", answer);
    server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
      const response = new http.ServerResponse(request);
      response.assignSocket(socket as IncomingMessage["socket"]);
      response.once("finish", () => socket.end());
      answer(request, response);
    });
    server.on("clientError", (_error, socket) => socket.destroy());
    return server;
  }

  #makeHttp2(): Http2Server {
    const server = http2.createServer();
    server.on("sessionError", () => undefined);
    server.on("stream", (stream: ServerHttp2Stream, headers) => {
      const session = stream.session as ServerHttp2Session | undefined;
      const fault = session && this.#faults.get(session);
      if (fault !== undefined) answerHttp2(stream, headers, fault);
    });
    return server;
  }
}

/** The answer is complete before the request may be: it is ended once the rest has been read, so that no reset overtakes it. */
function answerHttp1(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, answer.reason, answer.headers);
  if (request.method === "HEAD") response.flushHeaders();
  else response.write(answer.body);
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, patience);
  if (request.headers.expect !== undefined || request.headers.upgrade !== undefined) return end();
  request.once("close", end);
  request.on("error", () => undefined);
  request.resume();
}

function answerHttp2(stream: ServerHttp2Stream, request: IncomingHttpHeaders, fault: ConnectError): void {
  const answer = faultAnswer(fault, { accept: request.accept });
  stream.on("error", () => undefined);
  stream.respond({ ":status": answer.status, ...answer.headers }, { endStream: request[":method"] === "HEAD" });
  if (request[":method"] !== "HEAD") stream.end(answer.body);
  stream.resume();
}

/** GOAWAY after a moment: what comes later is dialled for again. */
function closeSoon(session: ServerHttp2Session): void {
  let timer = setTimeout(() => {
    session.close();
    timer = setTimeout(() => session.destroy(), patience);
  }, moreRequests);
  session.once("close", () => clearTimeout(timer));
}
