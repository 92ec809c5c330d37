import { readUrl } from "../../base/read-url.js";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { answerFault, faultAnswer, serializeAnswer, type Refusal } from "../server/answers.js";
import { lastWords } from "../server/last-answer.js";
import { announcesBody } from "../../clients/index.js";
import { listen } from "../server/listen.js";
import { watchPresence } from "../server/presence.js";
import { invalidOrigin } from "../faults.js";
import { ending, notForwardProxy, tooManyAtOnce, upgradeWithBody } from "../faults-requests.js";
import { refuseToPass } from "./rules.js";
import { createHttpServer } from "../server/http-server.js";
import type { Forwarder, GatewayState, ReverseProxy } from "../types.js";
import { boundReading, Unanswered } from "../server/unanswered.js";

/** A reverse proxy that listens. */
export interface RunningReverseProxy {
  readonly proxy: ReverseProxy;
  /** Takes no more; resolves when what was under way is over. What is left at the gateway's end is cut. */
  close(): Promise<void>;
}

/**
 * Starts a plain server on loopback that stands for one origin: what it is asked for, that origin is asked for, over TLS and as the
 * policy has it. A program needs no more than its URL (ANTHROPIC_BASE_URL and the like). There is no token, since such a URL has no
 * place for one; so nothing but programs on this machine may use it, which a page in a browser is not.
 * @throws {ConnectError} CONFIG_INVALID for an origin that is none, or that has a path
 */
export async function startReverseProxy(
  state: GatewayState,
  name: string,
  origin: string,
  forwarder: Forwarder,
): Promise<RunningReverseProxy> {
  const target = readOrigin(name, origin);
  const server = new ReverseProxyServer(state, target, forwarder);
  const { url } = await server.start();
  return { proxy: { name, url, origin: target.origin }, close: () => server.close() };
}

function readOrigin(name: string, text: string): URL {
  const url = readUrl(text);
  const isOrigin = url !== undefined && /^https?:$/.test(url.protocol) && url.port !== "0";
  if (
    isOrigin &&
    url.username === "" &&
    url.password === "" &&
    url.pathname === "/" &&
    url.search === "" &&
    url.hash === ""
  )
    return url;
  throw invalidOrigin(name);
}

class ReverseProxyServer {
  readonly #state: GatewayState;
  readonly #target: URL;
  readonly #forwarder: Forwarder;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();
  /** Those of them that no further request is read from. */
  readonly #released = new WeakSet<Duplex>();
  readonly #unanswered = new Unanswered();
  #port = 0;

  constructor(state: GatewayState, target: URL, forwarder: Forwarder) {
    this.#state = state;
    this.#target = target;
    this.#forwarder = forwarder;
    this.#server = createHttpServer(
      state,
      this.#unanswered,
      (request, response) => this.#onRequest(request, response),
      unlessHttp2,
    );
    this.#server.maxConnections = state.options.maximumConnections;
    this.#server.on("connection", (socket: Socket) => this.#accept(socket));
    this.#server.on("upgrade", (request, socket, head) => this.#onUpgrade(request, socket, head));
    this.#server.on("connect", (request: IncomingMessage, socket: Duplex) =>
      this.#refuseSocket(request, socket, notForwardProxy()),
    );
  }

  async start(): Promise<{ readonly url: string }> {
    const { url } = await listen(this.#server, { host: "127.0.0.1", port: 0 });
    this.#port = (this.#server.address() as AddressInfo).port;
    this.#state.signal.addEventListener("abort", this.#cut, { once: true });
    return { url };
  }

  close(): Promise<void> {
    this.#unanswered.drain();
    // To node:http a connection that has not asked for anything yet is not idle: browsers and pools open some ahead of time.
    for (const socket of this.#sockets)
      if (!this.#unanswered.has(socket) && !this.#released.has(socket)) socket.destroy();
    return new Promise((resolve) => {
      this.#server.close(() => {
        this.#state.signal.removeEventListener("abort", this.#cut);
        resolve();
      });
      if (this.#state.signal.aborted) this.#cut();
    });
  }

  readonly #cut = (): void => {
    for (const socket of this.#sockets) socket.destroy();
  };

  #accept(socket: Socket): void {
    if (this.#sockets.has(socket)) return;
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    watchPresence(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const place = this.#unanswered.add(request, response);
    if (place === "ignore") return;
    if (this.#state.draining()) response.shouldKeepAlive = false;
    response.once("close", () => {
      // Its head may have said keep-alive before the end was known of.
      if (this.#state.draining()) this.#server.closeIdleConnections();
    });
    const refusal = this.#judge(request) ?? (place === "too many" ? tooManyAtOnce() : undefined);
    if (refusal === undefined) {
      this.#forwarder.request(request, response, this.#target, "origin");
      return;
    }
    this.#unanswered.endWith(request);
    this.#state.refused(refusal.status, refusal.fault.message);
    boundReading(response, this.#state.options.headTimeout);
    answerFault(request, response, refusal.fault, { status: refusal.status, close: true });
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#judge(request);
    if (refusal !== undefined) return this.#refuseSocket(request, socket, refusal);
    if (!wantsHttp2(request)) {
      // What a body is followed by would be taken for the new protocol's first bytes, by one of the two servers at least.
      if (announcesBody(request.rawHeaders)) return this.#refuseSocket(request, socket, upgradeWithBody());
      this.#released.add(socket);
      this.#forwarder.upgrade(request, socket, head, this.#target, "origin");
      return;
    }
    // It is read once more, as the ordinary request that it is.
    socket.unshift(Buffer.concat([ordinaryHead(request), head]));
    this.#server.emit("connection", socket);
  }

  #judge(request: IncomingMessage): Refusal | undefined {
    if (this.#state.draining()) return ending();
    return refuseToPass(request, this.#port);
  }

  #refuseSocket(request: IncomingMessage, socket: Duplex, { status, fault }: Refusal): void {
    this.#state.refused(status, fault.message);
    const { accept } = request.headers;
    this.#released.add(socket);
    lastWords(socket, serializeAnswer(faultAnswer(fault, { status, accept, close: true })));
  }
}

/** Java's client asks for it with its first request, body and all. RFC 9113 section 3.1 has done away with it. */
function wantsHttp2({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === "h2c";
}

/** Node 24.9 and later ask this; for earlier ones it is an option that they do not know. */
const unlessHttp2: object = { shouldUpgradeCallback: (request: IncomingMessage) => !wantsHttp2(request) };

/** The head as it came, without the wish for another protocol. */
function ordinaryHead({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const left = new Set(["upgrade", "connection", "http2-settings"]);
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (!left.has(name.toLowerCase())) lines.push(`${name}: ${rawHeaders[index + 1]}`);
  }
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}
