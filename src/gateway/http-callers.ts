import http, { type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { codeOf } from "../base/error-code.js";
import {
  answerFault,
  faultAnswer,
  malformedRefusal,
  serializeAnswer,
  tokenRefusal,
  unavailableRefusal,
  type Refusal,
} from "./answers.js";
import { lastWords } from "./last-words.js";
import { malformedConnect, malformedHead, parseAuthority, readRequestTarget } from "./request-head.js";
import { judgeAuthorization } from "./token.js";
import { serveTunnel, type Tunnelling } from "./tunnel.js";
import type { Forwarder, StatusPages } from "./types.js";

/** Milliseconds that a kept connection may be idle: longer than most clients keep theirs, so that they close first. */
const idleTime = 65_000;

/** Requests of one connection that wait for their answers: each has a connection of its own on the far side. */
const mostUnanswered = 64;

export interface HttpServing extends Tunnelling {
  readonly forwarder: Forwarder;
  /** Asked for anew each time: the pages know the port, and so are made after it. */
  readonly pages: () => StatusPages | undefined;
  /** Whether there is room for this caller, and if not, why. */
  readonly full: (caller: Duplex) => Refusal | undefined;
}

/**
 * Serves callers that speak HTTP/1: CONNECT, absolute form, and the gateway's own pages. node:http reads the heads, strictly, and
 * lets go of the socket at a CONNECT.
 */
export class HttpCallers {
  readonly #serving: HttpServing;
  readonly #server: Server;
  /** Answers that are not complete, by connection: nothing else may be written there meanwhile. */
  readonly #unanswered = new Map<Duplex, Set<ServerResponse>>();
  readonly #refused = new WeakSet<Duplex>();
  readonly #callers = new Set<Duplex>();
  /** Those of them that no further request is read from: they are in a tunnel, or about to be closed. */
  readonly #left = new WeakSet<Duplex>();

  constructor(serving: HttpServing) {
    this.#serving = serving;
    const { maximumHeadSize, headTimeout } = serving.state.options;
    this.#server = http.createServer({
      insecureHTTPParser: false,
      maxHeaderSize: maximumHeadSize,
      // Missing ones are answered here, in the gateway's own words.
      requireHostHeader: false,
      headersTimeout: headTimeout,
      // Uploads may take as long as they like.
      requestTimeout: 0,
      connectionsCheckingInterval: Math.max(50, Math.min(1000, headTimeout / 4)),
      keepAliveTimeout: idleTime,
    });
    // By default fields beyond the 1000th are dropped without a word, be they a second Host. The size bounds their number.
    this.#server.maxHeadersCount = 0;
    this.#server.on("request", (request, response) => this.#onRequest(request, response));
    // Whether the body may come is the origin's to say.
    this.#server.on("checkContinue", (request, response) => this.#onRequest(request, response));
    this.#server.on("connect", (request, socket: Socket, head) => this.#onConnect(request, socket, head));
    this.#server.on("upgrade", (request, socket, head) => this.#onUpgrade(request, socket, head));
    this.#server.on("clientError", (error, socket) => this.#onClientError(error, socket));
    // It never listens itself, and starts to watch its time limits at this event.
    this.#server.emit("listening");
  }

  accept(caller: Socket): void {
    this.#left.delete(caller);
    if (!this.#callers.has(caller)) {
      this.#callers.add(caller);
      caller.once("close", () => this.#callers.delete(caller));
    }
    this.#server.emit("connection", caller);
  }

  /** Every answer from now on closes its connection, and so are those that wait for one to be asked for, or for the rest of its head. */
  drain(): void {
    for (const responses of this.#unanswered.values())
      for (const response of responses) response.shouldKeepAlive = false;
    // Not `closeIdleConnections`: to node:http one is not idle that has not asked for anything yet, or was told 407 to its CONNECT.
    for (const caller of this.#callers) if (!this.#unanswered.has(caller) && !this.#left.has(caller)) caller.destroy();
  }

  close(): void {
    this.#server.close();
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#await(request, response);
    const { state, forwarder, pages } = this.#serving;
    const refuse = (refusal: Refusal, close = true): void => {
      state.refused(refusal.status, refusal.fault.message);
      answerFault(request, response, refusal.fault, { status: refusal.status, close });
    };
    const problem = malformedHead(request);
    if (problem !== undefined) return refuse(malformedRefusal(400, problem));
    const target = readRequestTarget(request);
    if (target.form === "malformed") return refuse(malformedRefusal(400, target.problem));
    if (target.form === "origin") {
      if (pages()?.handle(request, response) !== true) refuse(noPage(), false);
      return;
    }
    const denied = this.#judge(request);
    if (denied !== undefined) return refuse(denied, denied.status !== 407);
    if ((this.#unanswered.get(request.socket)?.size ?? 0) > mostUnanswered) return refuse(tooManyAtOnce());
    forwarder.request(request, response, target.url, "forward");
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#left.add(socket);
    const { forwarder } = this.#serving;
    const problem = this.#overtaking(socket) ?? malformedHead(request) ?? contentOfUpgrade(request);
    if (problem !== undefined) return this.#refuse(request, socket, malformedRefusal(400, problem));
    const target = readRequestTarget(request);
    if (target.form === "malformed") return this.#refuse(request, socket, malformedRefusal(400, target.problem));
    if (target.form === "origin") return this.#refuse(request, socket, noPage());
    const denied = this.#judge(request);
    if (denied !== undefined) return this.#refuse(request, socket, denied);
    forwarder.upgrade(request, socket, head, target.url, "upgrade");
  }

  #onConnect(request: IncomingMessage, caller: Socket, head: Buffer): void {
    this.#left.add(caller);
    const target = parseAuthority(request.url ?? "");
    const problem =
      this.#overtaking(caller) ??
      malformedHead(request) ??
      (target === undefined ? "the target of a CONNECT is host:port" : malformedConnect(request, target));
    if (problem !== undefined || target === undefined) {
      return this.#refuse(request, caller, malformedRefusal(400, problem ?? "the target of a CONNECT is host:port"));
    }
    // node:http may have left its limit for idle connections on it.
    caller.setTimeout(0);
    const denied = this.#judge(request);
    if (denied !== undefined) return this.#denyTunnel(request, caller, head, denied);
    void serveTunnel(this.#serving, {
      kind: "connect",
      caller,
      early: head,
      target,
      grant: () => void caller.write("HTTP/1.1 200 Connection established\r\n\r\n"),
      refuse: (refusal) => lastWords(caller, this.#words(request, refusal, true)),
    });
  }

  /** A 407 leaves the connection open: curl and others repeat the CONNECT on it, with their login. */
  #denyTunnel(request: IncomingMessage, caller: Socket, head: Buffer, denied: Refusal): void {
    if (denied.status !== 407 || request.httpVersion !== "1.1") return this.#refuse(request, caller, denied);
    this.#serving.state.refused(denied.status, denied.fault.message);
    caller.write(this.#words(request, denied, false));
    if (head.length > 0) caller.unshift(head);
    this.accept(caller);
  }

  #judge(request: IncomingMessage): Refusal | undefined {
    const { state, full } = this.#serving;
    const given = judgeAuthorization(request.headers["proxy-authorization"], state.options.token);
    if (given !== "accepted") return tokenRefusal(given === "wrong");
    hideAuthorization(request);
    return full(request.socket);
  }

  #refuse(request: IncomingMessage, socket: Duplex, refusal: Refusal): void {
    this.#serving.state.refused(refusal.status, refusal.fault.message);
    // In the middle of an answer it would be taken for a part of that.
    const begun = [...(this.#unanswered.get(socket) ?? [])].some(({ headersSent }) => headersSent);
    if (begun) socket.destroy();
    else lastWords(socket, this.#words(request, refusal, true));
  }

  #words(request: IncomingMessage, { status, fault }: Refusal, close: boolean): string {
    const tunnel = request.method === "CONNECT";
    return serializeAnswer(faultAnswer(fault, { accept: request.headers.accept, status, tunnel, close }));
  }

  #onClientError(error: Error, socket: Duplex): void {
    const refusal = refusalOf(codeOf(error));
    // The parser complains once more for every piece that still comes.
    if (this.#refused.has(socket)) return;
    this.#refused.add(socket);
    if (refusal === undefined || this.#overtaking(socket) !== undefined) {
      socket.destroy();
      return;
    }
    this.#serving.state.refused(refusal.status, refusal.fault.message);
    lastWords(socket, serializeAnswer(faultAnswer(refusal.fault, { status: refusal.status, close: true })));
  }

  #await({ socket }: IncomingMessage, response: ServerResponse): void {
    const responses = this.#unanswered.get(socket) ?? new Set();
    this.#unanswered.set(socket, responses.add(response));
    if (this.#serving.state.draining()) response.shouldKeepAlive = false;
    response.once("close", () => {
      responses.delete(response);
      if (responses.size === 0) this.#unanswered.delete(socket);
      // Its head may have said keep-alive before the end was known of.
      if (this.#serving.state.draining()) this.#server.closeIdleConnections();
    });
  }

  /** A request that takes the connection over, sent before the one ahead of it was answered: the two answers would mix. */
  #overtaking(socket: Duplex): string | undefined {
    return this.#unanswered.has(socket) ? "the request before it is not answered yet" : undefined;
  }
}

/** The token is between the caller and the gateway: whoever forwards the request does not get to see it. */
function hideAuthorization(request: IncomingMessage): void {
  const name = "proxy-authorization";
  for (let index = request.rawHeaders.length - 2; index >= 0; index -= 2) {
    if (request.rawHeaders[index]?.toLowerCase() === name) request.rawHeaders.splice(index, 2);
  }
  delete request.headers[name];
  delete request.headersDistinct[name];
}

/** The parser stops at an upgrade's head: content behind it would be taken for the new protocol's first bytes. */
function contentOfUpgrade({ headers }: IncomingMessage): string | undefined {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && Number(length) !== 0)
    ? "a request for an upgrade has no content here"
    : undefined;
}

/** Undefined: there is nobody left to tell. */
function refusalOf(code: string): Refusal | undefined {
  switch (code) {
    case "ECONNRESET":
    case "EPIPE":
    case "HPE_INVALID_EOF_STATE":
      return undefined;
    case "HPE_HEADER_OVERFLOW":
      return malformedRefusal(
        431,
        "the request's head is larger than the gateway takes",
        "send fewer or shorter header fields",
      );
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return malformedRefusal(408, "the request's head was not complete in time", "send the whole head at once");
    default:
      return malformedRefusal(400, "this is no proper HTTP/1.1 request");
  }
}

function tooManyAtOnce(): Refusal {
  return unavailableRefusal(
    `more than ${mostUnanswered} requests of one connection wait for their answers`,
    "wait for answers before asking for more, or use several connections",
  );
}

function noPage(): Refusal {
  const refusal = unavailableRefusal(
    "this is a forward proxy, and the request names no server",
    "send absolute URLs or CONNECT here, as programs do for HTTPS_PROXY",
  );
  return { ...refusal, status: 404 };
}
