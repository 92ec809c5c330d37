import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { Duplex } from "node:stream";
import { unaskedProtocol } from "../faults-forward.js";
import type { AgentProtocol } from "../agent/agent.js";
import { relayAnswer, relayInterim, switchingHead, type Relay } from "./answer.js";
import { ownRequest } from "../own-request.js";
import { addTrailers, announcesBody } from "./headers.js";
import type { HostPort } from "../../base/hostname.js";
import { setImmediate } from "../../base/timers.js";

/** Bytes of an answer's head: origins with many cookies exceed Node's own 16 KB. */
const largestHead = 65_536;

const require = createRequire(import.meta.url);

/** A request that was read, and what becomes of it. */
export interface Forwarding extends Omit<Relay, "response"> {
  readonly request: IncomingMessage;
  /**
   * Makes the request for the upstream ({@link askUpstream}), without its body. Called once more where a kept connection turns out to be
   * closed. What it throws is handed to `refuse`.
   */
  readonly ask: () => ClientRequest;
  /** Nothing of an answer has been written. `response` is missing where there is a socket alone. */
  readonly refuse: (error: unknown, response?: ServerResponse) => void;
  /** Called once, when nothing more will come: the answer is complete, or the client has disconnected. */
  readonly over: () => void;
}

export interface Upstream extends HostPort {
  readonly agent: Agent;
  readonly protocol: AgentProtocol;
  readonly method: string;
  readonly path: string;
  /** As `requestFields` gives them. */
  readonly headers: readonly string[];
}

export function askUpstream(options: Upstream): ClientRequest {
  const upstream = ownRequest({ ...options, maxHeaderSize: largestHead });
  // By default fields beyond the 1000th are dropped without a word.
  upstream.maxHeadersCount = 0;
  return upstream;
}

/**
 * Sends a request on, and its answer back, each in pieces as they come: with what comes before the answer, and the trailers of both. Who reads
 * slowly slows the other side, and where one breaks off, so does the other.
 * @returns gives it up
 */
export function forwardRequest(forwarding: Forwarding, response: ServerResponse): () => void {
  const { request, over } = forwarding;
  let upstream: ClientRequest | undefined;
  response.once("close", () => {
    // The client has gone, or has its answer before it has said all: nobody wants more.
    upstream?.destroy();
    over();
    // The next request on its connection comes after the rest of this one.
    request.unpipe();
    request.resume();
  });
  const ask = (isSecond: boolean): void => {
    upstream = begin(forwarding, response);
    if (upstream !== undefined) exchange(forwarding, response, upstream, isSecond ? undefined : () => ask(true));
  };
  ask(false);
  return () => void upstream?.destroy();
}

function begin({ ask, refuse }: Forwarding, response?: ServerResponse): ClientRequest | undefined {
  try {
    return ask();
  } catch (error) {
    refuse(error, response);
    return undefined;
  }
}

/** @param again where a kept connection turns out to have been closed: once is enough */
function exchange(
  forwarding: Forwarding,
  response: ServerResponse,
  upstream: ClientRequest,
  again: (() => void) | undefined,
): void {
  const { request, refuse, name } = forwarding;
  if (waitsForContinue(request))
    upstream.once("continue", () => {
      if (!response.headersSent && !response.destroyed) response.writeContinue();
    });
  relayInterim(upstream, request, response);
  upstream.once("response", (answer) => relay(forwarding, response, upstream, answer));
  upstream.once("upgrade", (_answer, socket) => {
    socket.destroy();
    refuse(unaskedProtocol(name), response);
  });
  upstream.on("error", (error) => {
    if (response.headersSent || response.destroyed) return;
    if (again !== undefined && upstream.reusedSocket && isRepeatable(request)) again();
    else refuse(error, response);
  });
  sendBody(request, upstream);
}

function sendBody(request: IncomingMessage, upstream: ClientRequest): void {
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

function relay(
  { name, relocate, broken, refuse }: Forwarding,
  response: ServerResponse,
  upstream: ClientRequest,
  answer: IncomingMessage,
): void {
  try {
    relayAnswer(answer, { response, name, relocate, broken });
  } catch (error) {
    upstream.destroy();
    refuse(error, response);
  }
}

/** A wish for another protocol, on a socket that node:http has let go of. */
export interface Upgrading extends Forwarding {
  readonly socket: Duplex;
  /** The upstream speaks the other protocol from now on: its 101 has been written, and whatever came with it. */
  readonly agreed: (upstream: Duplex) => void;
  /** The upstream answers as it would any other request; called before that is written to `response`, which ends the connection. */
  readonly declined: (response: ServerResponse) => void;
  /** The answer that declines is complete. */
  readonly last: (socket: Duplex) => void;
}

/** @returns gives it up */
export function forwardUpgrade(upgrading: Upgrading): () => void {
  const { request, socket, agreed, declined, refuse, over } = upgrading;
  const upstream = begin(upgrading);
  if (upstream === undefined) return () => undefined;
  upstream.once("upgrade", (answer, other, first) => {
    socket.write(switchingHead(answer));
    if (first.length > 0) socket.write(first);
    agreed(other);
  });
  upstream.once("response", (answer) => {
    const response = lastResponse(request, socket, upgrading.last);
    declined(response);
    response.once("close", () => {
      upstream.destroy();
      over();
    });
    relay(upgrading, response, upstream, answer);
  });
  upstream.on("error", (error) => refuse(error));
  upstream.end();
  return () => void upstream.destroy();
}

/** An answer on a socket that node:http has let go of: its connection ends with it. */
export function lastResponse(request: IncomingMessage, socket: Duplex, last: Upgrading["last"]): ServerResponse {
  const { ServerResponse } = require("node:http") as typeof import("node:http");
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  // Any stream will do, as it does for an http.Server; the types know of sockets alone.
  response.assignSocket(socket as Parameters<ServerResponse["assignSocket"]>[0]);
  // Nothing that it says is wanted any more, and only by reading it is noticed that it has gone.
  socket.once("end", () => {
    if (!response.writableFinished) socket.destroy();
  });
  socket.resume();
  response.once("finish", () => {
    response.detachSocket(socket as Parameters<ServerResponse["detachSocket"]>[0]);
    last(socket);
    // As an http.Server does: what waits for the end waits for this.
    response.emit("close");
  });
  return response;
}

/**
 * Whether a client waits to be told to send its body (RFC 9110 section 10.1.1). Where it is answered without having been told so,
 * node:http closes the connection after the answer: the body may come or not.
 */
function waitsForContinue({ headers }: IncomingMessage): boolean {
  return /(?:^|,)\s*100-continue\s*(?:,|$)/i.test(headers.expect ?? "");
}

/** What can be sent again where a kept connection turns out to have been closed by the upstream (RFC 9110 section 9.2.2). */
function isRepeatable({ method = "", rawHeaders }: IncomingMessage): boolean {
  return ["GET", "HEAD", "OPTIONS"].includes(method) && !announcesBody(rawHeaders);
}
