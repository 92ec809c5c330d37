import { randomBytes } from "node:crypto";
import http, { type ClientRequest, type IncomingMessage, ServerResponse } from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import { findConnectError, type ConnectError } from "../../base/errors.js";
import { formatHostPort } from "../../base/hostname.js";
import { answerFault, faultAnswer, serializeAnswer } from "../server/answers.js";
import { EarlyBytes } from "../tunnel/early-bytes.js";
import { ForwardAgents } from "./agents.js";
import { relayAnswer, relayInterim, relocator, switchingHead } from "./answer.js";
import { addTrailers, announcesBody, requestHeaders } from "./headers.js";
import {
  asHttp,
  isRepeatable,
  loopFault,
  passedThrough,
  pathOf,
  portOf,
  unaskedFault,
  unexplainedFault,
  waitsForContinue,
} from "./request.js";
import { join, reset } from "../tunnel/join.js";
import { lastWords } from "../server/last-answer.js";
import { lastStop } from "./max-forwards.js";
import type { ConnectionKind, Forwarder, GatewayState } from "../types.js";

/** Bytes of an answer's head: origins with many cookies exceed Node's own 16 KB. */
const largestHead = 65_536;

/**
 * Forwards requests that the gateway reads itself, through the agents of the settings in force, in both directions as they come.
 * A target that speaks plain HTTP is told of the gateway by `Via`, which is how a loop is noticed; to one with TLS the request looks
 * as the program has sent it, as it would through a tunnel.
 */
export function createForwarder(state: GatewayState): Forwarder {
  const agents = new ForwardAgents();
  // A pseudonym (RFC 9110 section 7.6.3), and each gateway's own: two of them in a row are no loop.
  const means: Dependencies = { state, agents, own: `sallyport-${randomBytes(6).toString("hex")}` };
  return {
    request: (request, response, target, kind) => {
      const last = lastStop(request);
      if (last !== undefined) {
        response.writeHead(last.status, last.reason, last.headers).end(last.body);
        return;
      }
      new Forwarding(means, request, target, kind, request.socket).answer(response);
    },
    upgrade: (request, socket, head, target, kind) => {
      const last = lastStop(request);
      if (last !== undefined) return lastWords(socket, serializeAnswer(last));
      // node:http hands over what it was given, and the gateway's servers are given sockets alone.
      const client = socket as Socket;
      const forwarding = new Forwarding(means, request, target, kind, client);
      // RFC 9113 section 3.1 has done away with it, and there is always another way: the request is an ordinary one.
      if (request.headers.upgrade?.toLowerCase() === "h2c") forwarding.answerOnce(client);
      else forwarding.change(client, head);
    },
    close: () => agents.close(state.signal),
  };
}

interface Dependencies {
  readonly state: GatewayState;
  readonly agents: ForwardAgents;
  /** This gateway in `Via`. */
  readonly own: string;
}

type Kind = Extract<ConnectionKind, "forward" | "upgrade" | "origin">;

/** One request under way. */
class Forwarding {
  readonly #dependencies: Dependencies;
  readonly #request: IncomingMessage;
  readonly #target: URL;
  readonly #name: string;
  readonly #kind: Kind;
  readonly #over: (fault?: ConnectError) => void;
  #upstream: ClientRequest | undefined;

  constructor(means: Dependencies, request: IncomingMessage, target: URL, kind: Kind, client: Socket) {
    this.#dependencies = means;
    this.#request = request;
    this.#target = asHttp(target);
    this.#kind = kind;
    this.#name = formatHostPort(target.hostname, portOf(this.#target));
    const [read, written] = [client.bytesRead, client.bytesWritten];
    const { connection, over } = means.state.track({
      kind,
      target: this.#name,
      bytes: () => ({ up: client.bytesRead - read, down: client.bytesWritten - written }),
      destroy: () => {
        this.#upstream?.destroy();
        reset(client);
      },
    });
    this.#over = over;
    Object.assign(connection, means.agents.way(means.state.context(), this.#target));
  }

  /** Answers an ordinary request. */
  answer(response: ServerResponse): void {
    const request = this.#request;
    response.once("close", () => {
      // The client has gone, or has its answer before it has said all: nobody wants more.
      this.#upstream?.destroy();
      this.#over();
      // The next request on its connection comes after the rest of this one.
      request.unpipe();
      request.resume();
    });
    this.#ask(response, false);
  }

  /** The same on a socket that node:http has let go of; its connection ends with the answer. */
  answerOnce(client: Socket): void {
    this.answer(this.#lastResponse(client));
  }

  /** Passes a request on that asks for another protocol, and joins both sides where the upstream agrees. */
  change(client: Socket, head: Buffer): void {
    client.on("error", () => undefined);
    const meanwhile = new EarlyBytes(client, head, () => {
      this.#upstream?.destroy();
      this.#over();
    });
    const refuse = (error: unknown): void => {
      meanwhile.stop();
      const fault = this.#faultOf(error);
      this.#over(fault);
      lastWords(client, serializeAnswer(faultAnswer(fault, { accept: this.#request.headers.accept, close: true })));
    };
    const upstream = this.#begin(refuse, this.#request.headers.upgrade);
    if (upstream === undefined) return;
    upstream.once("upgrade", (answer, switched, first) => {
      const early = meanwhile.take();
      client.write(switchingHead(answer));
      if (first.length > 0) client.write(first);
      if (early.length > 0) switched.write(early);
      join(client, switched, (error) => this.#over(findConnectError(error)), this.#dependencies.state.draining);
    });
    upstream.once("response", (answer) => {
      // The upstream goes on in HTTP.
      meanwhile.stop();
      const response = this.#lastResponse(client);
      response.once("close", () => {
        upstream.destroy();
        this.#over();
      });
      this.#relay(answer, response);
    });
    upstream.on("error", refuse);
    upstream.end();
  }

  /** @param again a kept connection has turned out to be closed: once is enough */
  #ask(response: ServerResponse, again: boolean): void {
    const request = this.#request;
    const fail = (error: unknown): void => this.#refuse(response, this.#faultOf(error));
    const upstream = this.#begin(fail);
    if (upstream === undefined) return;
    if (waitsForContinue(request)) upstream.once("continue", () => this.#letGoOn(response));
    relayInterim(upstream, request, response);
    upstream.once("response", (answer) => {
      this.#relay(answer, response);
    });
    upstream.once("upgrade", (_answer, socket) => {
      socket.destroy();
      fail(unaskedFault(this.#name));
    });
    upstream.on("error", (error) => {
      if (response.headersSent || response.destroyed) return;
      if (!again && upstream.reusedSocket && isRepeatable(request)) this.#ask(response, true);
      else fail(error);
    });
    this.#send(upstream);
  }

  #letGoOn(response: ServerResponse): void {
    if (!response.headersSent && !response.destroyed) response.writeContinue();
  }

  #relay(answer: IncomingMessage, response: ServerResponse): void {
    const relocate = this.#kind === "origin" ? relocator(this.#target.origin, this.#request.headers.host) : undefined;
    try {
      relayAnswer(answer, { response, name: this.#name, relocate, broken: (fault) => this.#over(fault) });
    } catch (error) {
      this.#upstream?.destroy();
      this.#refuse(response, this.#faultOf(error));
    }
  }

  /** Undefined where there is nothing to forward: `fail` has been told why. */
  #begin(fail: (error: unknown) => void, upgrade?: string): ClientRequest | undefined {
    const { state, agents, own } = this.#dependencies;
    const request = this.#request;
    if (passedThrough(request.headers.via, own)) {
      fail(loopFault(this.#name));
      return undefined;
    }
    const { protocol, hostname, host } = this.#target;
    const secure = protocol === "https:";
    const method = request.method ?? "GET";
    const via = secure ? undefined : `${request.httpVersion} ${own}`;
    try {
      const upstream = (secure ? https : http).request({
        agent: agents.agent(state.context(), secure ? "https:" : "http:"),
        protocol,
        hostname,
        port: portOf(this.#target),
        method,
        path: pathOf(request),
        headers: requestHeaders(request.rawHeaders, { host, method, via, upgrade }),
        maxHeaderSize: largestHead,
      });
      // By default fields beyond the 1000th are dropped without a word.
      upstream.maxHeadersCount = 0;
      this.#upstream = upstream;
      return upstream;
    } catch (error) {
      fail(error);
      return undefined;
    }
  }

  #send(upstream: ClientRequest): void {
    const request = this.#request;
    if (!announcesBody(request.rawHeaders)) {
      upstream.end();
      return;
    }
    request.once("end", () => addTrailers(upstream, request.rawTrailers));
    request.on("error", () => upstream.destroy());
    request.pipe(upstream);
    // The head goes out with the first of the body, and does not wait for it: a client may wait for an answer before it sends more.
    setImmediate(() => {
      if (!upstream.destroyed) upstream.flushHeaders();
    });
  }

  #refuse(response: ServerResponse, fault: ConnectError): void {
    if (response.destroyed) return;
    this.#over(fault);
    answerFault(this.#request, response, fault);
  }

  #faultOf(error: unknown): ConnectError {
    return findConnectError(error) ?? unexplainedFault(this.#name, error);
  }

  #lastResponse(client: Socket): ServerResponse {
    const response = new ServerResponse(this.#request);
    response.shouldKeepAlive = false;
    response.assignSocket(client);
    // Nothing that it says is wanted any more, and only by reading it is noticed that it has gone.
    client.once("end", () => {
      if (!response.writableFinished) client.destroy();
    });
    client.resume();
    response.once("finish", () => {
      response.detachSocket(client);
      lastWords(client, "");
      // As an http.Server does: what waits for the end waits for this.
      response.emit("close");
    });
    return response;
  }
}
