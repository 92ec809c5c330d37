import { randomBytes } from "node:crypto";
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { findConnectError, type ConnectError } from "../../base/errors.js";
import { formatHostPort } from "../../base/hostname.js";
import {
  askUpstream,
  forwardRequest,
  forwardUpgrade,
  lastResponse,
  type Forwarding as Forwarded,
} from "../../clients/index.js";
import { answerFault, faultAnswer, serializeAnswer } from "../server/answers.js";
import { EarlyBytes } from "../tunnel/early-bytes.js";
import { ForwardAgents } from "./agents.js";
import { requestHeaders } from "./headers.js";
import { cameBack, unexplainedFault } from "../faults.js";
import { asHttp, passedThrough, pathOf, portOf, relocator } from "./request.js";
import { join, reset } from "../tunnel/join.js";
import { lastWords } from "../server/last-answer.js";
import { lastStop } from "./max-forwards.js";
import type { ConnectionKind, Forwarder, GatewayState } from "../types.js";

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
  #giveUp = (): void => undefined;

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
        this.#giveUp();
        reset(client);
      },
    });
    this.#over = over;
    Object.assign(connection, means.agents.way(means.state.context(), this.#target));
  }

  /** Answers an ordinary request. */
  answer(response: ServerResponse): void {
    this.#giveUp = forwardRequest(this.#forwarded(), response);
  }

  /** The same on a socket that node:http has let go of; its connection ends with the answer. */
  answerOnce(client: Socket): void {
    this.answer(lastResponse(this.#request, client, farewell));
  }

  /** Passes a request on that asks for another protocol, and joins both sides where the upstream agrees. */
  change(client: Socket, head: Buffer): void {
    client.on("error", () => undefined);
    const meanwhile = new EarlyBytes(client, head, () => {
      this.#giveUp();
      this.#over();
    });
    const common = this.#forwarded(true);
    this.#giveUp = forwardUpgrade({
      ...common,
      socket: client,
      refuse: (error, response) => {
        if (response !== undefined) return common.refuse(error, response);
        meanwhile.stop();
        const fault = this.#faultOf(error);
        this.#over(fault);
        lastWords(client, serializeAnswer(faultAnswer(fault, { accept: this.#request.headers.accept, close: true })));
      },
      agreed: (upstream) => {
        const early = meanwhile.take();
        if (early.length > 0) upstream.write(early);
        const { draining } = this.#dependencies.state;
        join(client, upstream as Socket, (error) => this.#over(findConnectError(error)), draining);
      },
      declined: () => meanwhile.stop(),
      last: farewell,
    });
  }

  #forwarded(upgrade = false): Forwarded {
    const isReverse = this.#kind === "origin";
    return {
      request: this.#request,
      name: this.#name,
      relocate: isReverse ? relocator(this.#target.origin, this.#request.headers.host) : undefined,
      ask: () => this.#ask(upgrade),
      refuse: (error, response) => {
        if (response === undefined || response.destroyed) return;
        const fault = this.#faultOf(error);
        this.#over(fault);
        answerFault(this.#request, response, fault);
      },
      broken: (fault, response) => {
        this.#over(fault);
        const { socket } = response;
        if (socket === null) response.destroy();
        else reset(socket);
      },
      over: () => this.#over(),
    };
  }

  /** @throws {ConnectError} PROXY_LOOP for a request that has come by here before */
  #ask(upgrade: boolean): ClientRequest {
    const { state, agents, own } = this.#dependencies;
    const request = this.#request;
    if (passedThrough(request.headers.via, own)) throw cameBack(this.#name);
    const { hostname, host } = this.#target;
    const protocol = this.#target.protocol === "https:" ? "https:" : "http:";
    const method = request.method ?? "GET";
    const via = protocol === "https:" ? undefined : `${request.httpVersion} ${own}`;
    return askUpstream({
      agent: agents.agent(state.context(), protocol),
      protocol,
      host: hostname,
      port: portOf(this.#target),
      method,
      path: pathOf(request),
      headers: requestHeaders(request.rawHeaders, { host, method, via, upgrade }),
    });
  }

  #faultOf(error: unknown): ConnectError {
    return findConnectError(error) ?? unexplainedFault(this.#name, error);
  }
}

/** The end of a connection whose answer is complete. */
const farewell = (client: Duplex): void => lastWords(client, "");
