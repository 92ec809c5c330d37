import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Roster } from "../../base/roster.js";
import { answerFault, faultAnswer, serializeAnswer, type Refusal } from "./answers.js";
import { headProblems } from "../faults-head.js";
import { malformedRefusal, noPage, tokenRefusal, tooManyAtOnce } from "../faults-requests.js";
import { contentOfUpgrade, hideAuthorization } from "./http-refusals.js";
import { createHttpServer } from "./http-server.js";
import { lastWords } from "./last-answer.js";
import { ConnectHeads } from "./connect-head.js";
import { malformedConnect, malformedHead, parseAuthority, readRequestTarget, type Authority } from "./request-head.js";
import { isAccepted, judgeAuthorization } from "./token.js";
import { serveTunnel, type Tunnelling } from "../tunnel/tunnel.js";
import type { Forwarder, StatusPages } from "../types.js";
import { boundReading, Unanswered } from "./unanswered.js";

/**
 * Logins that may fail in a row on one connection. curl repeats a request once, with the login that it was asked for, and a person at a
 * prompt a few times; whoever goes on and on may not even read the answers.
 */
const mostDenied = 5;

export interface HttpServing extends Tunnelling {
  readonly forwarder: Forwarder;
  /** Asked for again each time: the pages know the port, and so are made after it. */
  readonly pages: () => StatusPages | undefined;
  /** Whether a client is known to be of this user's. */
  readonly isOwn: (client: Duplex) => boolean;
  /** Called with each client who has shown the token; gives why it is not served all the same. */
  readonly admit: (client: Duplex) => Refusal | undefined;
}

/**
 * Serves clients that speak HTTP/1: CONNECT, absolute form, and the gateway's own pages. node:http reads the heads, strictly, and
 * lets go of the socket at a CONNECT.
 */
export class HttpClients {
  readonly #serving: HttpServing;
  readonly #server: Server;
  readonly #heads: ConnectHeads;
  readonly #unanswered = new Unanswered();
  /** How many logins have failed in a row. */
  readonly #denied = new WeakMap<Duplex, number>();
  readonly #clients = new Roster<Duplex>();
  /** Those of them that no further request is read from: they are in a tunnel, or about to be closed. */
  readonly #left = new WeakSet<Duplex>();

  constructor(serving: HttpServing) {
    this.#serving = serving;
    const { maximumHeadSize, token } = serving.state.options;
    this.#heads = new ConnectHeads(maximumHeadSize, token);
    this.#server = createHttpServer(
      serving.state,
      this.#unanswered,
      (request, response) => this.#onRequest(request, response),
      { insecureHTTPParser: false },
    );
    this.#server.on("connect", (request, socket: Socket, head) => this.#onConnect(request, socket, head));
    this.#server.on("upgrade", (request, socket, head) => this.#onUpgrade(request, socket, head));
    // It never listens itself, and starts to watch its time limits at this event.
    this.#server.emit("listening");
  }

  accept(client: Socket): void {
    this.#left.delete(client);
    if (!this.#clients.has(client)) {
      this.#clients.add(client);
      client.once("close", () => this.#clients.delete(client));
    }
    this.#server.emit("connection", client);
  }

  /**
   * Opens a tunnel where a client's first bytes are all of a CONNECT that is in order and that may be asked by it.
   * @returns false for everything else: `accept` is for that, with the bytes put back
   */
  connectAtOnce(client: Socket, bytes: Buffer): boolean {
    const read = this.#heads.read(client, bytes, this.#serving.isOwn(client));
    if (read === undefined || this.#serving.admit(client) !== undefined) return false;
    this.#tunnel(client, read.head.target, read.rest, read.head.accept);
    return true;
  }

  /** Every answer from now on closes its connection, and so are those that wait for one to be asked for, or for the rest of its head. */
  drain(): void {
    this.#unanswered.drain();
    // Not `closeIdleConnections`: to node:http one is not idle that has not asked for anything yet, or was told 407 to its CONNECT.
    for (const client of this.#clients) if (!this.#unanswered.has(client) && !this.#left.has(client)) client.destroy();
  }

  close(): void {
    this.#server.close();
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const place = this.#unanswered.add(request, response);
    if (place === "ignore") return;
    const { state, forwarder, pages } = this.#serving;
    this.#closeAtTheEnd(response);
    const refuse = (refusal: Refusal, close = true): void => {
      if (close) this.#unanswered.endWith(request);
      state.refused(refusal.status, refusal.fault.message);
      boundReading(response, state.options.headTimeout);
      answerFault(request, response, refusal.fault, { status: refusal.status, close });
    };
    const problem = malformedHead(request);
    if (problem !== undefined) return refuse(malformedRefusal(400, problem));
    const target = readRequestTarget(request);
    if (target.form === "malformed") return refuse(malformedRefusal(400, target.problem));
    if (place === "too many") return refuse(tooManyAtOnce());
    if (target.form === "origin") {
      if (pages()?.handle(request, response) === true) boundReading(response, state.options.headTimeout);
      else refuse(noPage(), false);
      return;
    }
    const denied = this.#judge(request);
    if (denied !== undefined) return refuse(denied, !this.#mayTryAgain(request, denied));
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

  #onConnect(request: IncomingMessage, client: Socket, head: Buffer): void {
    this.#left.add(client);
    const target = parseAuthority(request.url ?? "");
    const problem =
      this.#overtaking(client) ??
      malformedHead(request) ??
      (target === undefined ? headProblems.connectTarget : malformedConnect(request, target));
    if (problem !== undefined || target === undefined) {
      return this.#refuse(request, client, malformedRefusal(400, problem ?? headProblems.connectTarget));
    }
    // node:http may have left its limit for idle connections on it.
    client.setTimeout(0);
    const denied = this.#judge(request);
    if (denied !== undefined) return this.#denyTunnel(request, client, head, denied);
    this.#tunnel(client, target, head, request.headers.accept);
  }

  /** @param accept what the client would like an answer to be in, other than the tunnel */
  #tunnel(client: Socket, target: Authority, early: Buffer, accept: string | undefined): void {
    void serveTunnel(this.#serving, {
      kind: "connect",
      client,
      early,
      target,
      grant: () => void client.write("HTTP/1.1 200 Connection established\r\n\r\n", "latin1"),
      refuse: ({ status, fault }) =>
        lastWords(client, serializeAnswer(faultAnswer(fault, { accept, status, tunnel: true, close: true }))),
    });
  }

  #denyTunnel(request: IncomingMessage, client: Socket, head: Buffer, denied: Refusal): void {
    if (!this.#mayTryAgain(request, denied)) return this.#refuse(request, client, denied);
    this.#serving.state.refused(denied.status, denied.fault.message);
    client.write(this.#words(request, denied, false));
    if (head.length > 0) client.unshift(head);
    this.accept(client);
  }

  #judge(request: IncomingMessage): Refusal | undefined {
    const { state, admit, isOwn } = this.#serving;
    const given = judgeAuthorization(request.headers["proxy-authorization"], state.options.token);
    if (!isAccepted(given, isOwn(request.socket))) return tokenRefusal(given === "wrong");
    this.#denied.delete(request.socket);
    hideAuthorization(request);
    return admit(request.socket);
  }

  /** A 407 leaves the connection open: curl and others repeat the request on it, with their login. */
  #mayTryAgain({ socket, httpVersion }: IncomingMessage, { status }: Refusal): boolean {
    if (status !== 407) return false;
    const denied = (this.#denied.get(socket) ?? 0) + 1;
    this.#denied.set(socket, denied);
    return denied < mostDenied && httpVersion === "1.1";
  }

  #refuse(request: IncomingMessage, socket: Duplex, refusal: Refusal): void {
    this.#serving.state.refused(refusal.status, refusal.fault.message);
    if (this.#unanswered.begun(socket)) socket.destroy();
    else lastWords(socket, this.#words(request, refusal, true));
  }

  #words(request: IncomingMessage, { status, fault }: Refusal, close: boolean): string {
    const tunnel = request.method === "CONNECT";
    return serializeAnswer(faultAnswer(fault, { accept: request.headers.accept, status, tunnel, close }));
  }

  #closeAtTheEnd(response: ServerResponse): void {
    const { state } = this.#serving;
    if (state.draining()) response.shouldKeepAlive = false;
    response.once("close", () => {
      // Its head may have said keep-alive before the end was known of.
      if (state.draining()) this.#server.closeIdleConnections();
    });
  }

  /** A request that takes the connection over, sent before the one ahead of it was answered: the two answers would mix. */
  #overtaking(socket: Duplex): string | undefined {
    return this.#unanswered.has(socket) ? "the request before it is not answered yet" : undefined;
  }
}
