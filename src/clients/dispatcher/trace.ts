import { channel, type Channel as Diagnostics } from "node:diagnostics_channel";
import type { Duplex } from "node:stream";
import { isWatched, markOwn } from "../../base/own-diagnostics.js";
import type { Traced, UndiciCore } from "../undici.js";
import type { Listener } from "./listener.js";
import type { Request } from "./request.js";

/**
 * What undici publishes on `diagnostics_channel`, by which instruments make their spans and add their headers, over whatever protocol
 * and way the request goes: in undici's order and shapes. Here and not in its clients, since they know of attempts, where this tells
 * of requests.
 */

const named = (name: string): Diagnostics => channel(`undici:${name}`);
const sendHeaders = named("client:sendHeaders");
const ofRequests = ["create", "bodySent", "bodyChunkSent", "bodyChunkReceived", "headers", "trailers", "error"]
  .map((name) => named(`request:${name}`))
  .concat(sendHeaders);
const beforeConnect = named("client:beforeConnect");
const connected = named("client:connected");
const connectError = named("client:connectError");

/** A request that somebody listens to: it is told what becomes of it, publishes that, and tells the caller's listener. */
export class Trace {
  readonly listener: Listener;
  readonly #traced: Traced;
  #isWritten = false;

  /** Publishes it. Undefined where nobody listens. @throws undici's InvalidArgumentError for a request that it would not take */
  static begin(request: Request, listener: Listener, { publishing }: UndiciCore): Trace | undefined {
    if (publishing === undefined || !ofRequests.some(isWatched)) return undefined;
    return new Trace(new publishing.Request(request.origin, request.options, listener));
  }

  private constructor(traced: Traced) {
    this.#traced = traced;
    this.listener = traced;
  }

  /** As it is to be written, with what subscribers have added. */
  changed(request: Request): Request {
    const { path, host, headers, contentLength, reset } = this.#traced;
    return {
      ...request,
      path,
      options: { ...request.options, ...(reset !== null && { reset }) },
      headers: [
        "host",
        host ?? request.authority,
        ...headers,
        ...(contentLength === null ? [] : ["content-length", String(contentLength)]),
      ],
    };
  }

  /** It is being written for the first time. */
  written(socket: Duplex, headers: () => string): void {
    if (this.#isWritten) return;
    this.#isWritten = true;
    if (isWatched(sendHeaders)) sendHeaders.publish({ request: this.#traced, headers: headers(), socket });
  }
}

/** Whether anybody wants to know what is written. */
export const areHeadersWatched = (): boolean => isWatched(sendHeaders);

type Connector = (options: object, callback: (error: Error | null, socket: Duplex | null) => void) => void;

/** One connection to an origin, as its subscribers see it: whatever proxies are on its way. */
export class ConnectTrace {
  readonly #params: object;
  readonly #connector: Connector;

  /** Undefined where nobody listens. `open` opens another such connection. */
  static begin(request: Request, open: () => Promise<Duplex>): ConnectTrace | undefined {
    if (![beforeConnect, connected, connectError].some(isWatched)) return undefined;
    return new ConnectTrace(request, open);
  }

  private constructor({ origin, target }: Request, open: () => Promise<Duplex>) {
    const { host, hostname, protocol, port } = new URL(origin);
    const plainName = hostname.replace(/^\[|\]$/g, "");
    const servername = target.protocol === "https:" ? (target.servername ?? null) : null;
    this.#params = { host, hostname: plainName, protocol, port, version: undefined, servername, localAddress: null };
    this.#connector = markOwn(function connect(_options, callback) {
      open().then(
        (socket) => callback(null, socket),
        (error: Error) => callback(error, null),
      );
    });
    if (isWatched(beforeConnect))
      beforeConnect.publish({ connectParams: { ...this.#params }, connector: this.#connector });
  }

  connected(socket: Duplex, version: "h1" | "h2"): void {
    if (isWatched(connected))
      connected.publish({ connectParams: { ...this.#params, version }, connector: this.#connector, socket });
  }

  failed(error: Error): void {
    if (isWatched(connectError))
      connectError.publish({ connectParams: { ...this.#params }, connector: this.#connector, error });
  }
}
