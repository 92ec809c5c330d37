import type { Client, Dispatcher } from "undici";
import type { Connection } from "../../dial/types.js";
import type { Undici } from "../undici.js";
import type { Channel, ChannelEvents, Limits } from "./channel.js";
import type { Attempt } from "./exchange.js";
import { absolutePath, type Request } from "./request.js";

export interface Http1Options {
  readonly limits: Limits;
  /** Milliseconds for which an idle connection is kept where the server names no time. */
  readonly keepAliveTimeout: number;
}

/** HTTP/1.1 on one connection, by undici's client: it is given this socket and never another. */
export class Http1Channel implements Channel {
  readonly connection: Connection;
  readonly gone: Promise<void>;
  proven = false;
  readonly spent = new Error("the connection was closed before the request was written");
  readonly #client: Client;
  readonly #limits: Limits;
  readonly #events: ChannelEvents;
  #busy = false;
  #open = true;

  constructor(connection: Connection, origin: string, options: Http1Options, events: ChannelEvents, undici: Undici) {
    this.connection = connection;
    this.#limits = options.limits;
    this.#events = events;
    let handed = false;
    this.#client = new undici.Client(origin, {
      ...options.limits,
      keepAliveTimeout: options.keepAliveTimeout,
      connect: (_options, callback) => {
        const socket = handed || connection.socket.destroyed ? undefined : connection.socket;
        handed = true;
        // Not within the call: undici would not look at its queue again.
        queueMicrotask(() => (socket === undefined ? callback(this.spent, null) : callback(null, socket)));
      },
    });
    this.gone = new Promise((resolve) => {
      connection.socket.once("close", () => {
        this.#open = false;
        resolve();
        events.closed();
      });
    });
  }

  get usable(): boolean {
    return this.#open && !this.#busy && !this.connection.socket.destroyed;
  }

  send(attempt: Attempt): void {
    this.#busy = true;
    const { request } = attempt;
    const { options, target, headers, path, method } = request;
    const { query: _inPath, ...rest } = options;
    const sent: Dispatcher.DispatchOptions & { readonly servername: string } = {
      ...rest,
      method,
      path: this.connection.forward === undefined ? path : absolutePath(request),
      headers: flat(headers, this.connection.forward?.headers),
      // The pool's key holds the name: without this undici would reconnect whenever a Host header differs.
      servername: target.servername ?? target.host,
    };
    // undici's types say that onBodySent is told a size. It is told the chunk.
    this.#client.dispatch(sent, attempt as unknown as Dispatcher.DispatchHandler);
  }

  release(): void {
    this.#busy = false;
    this.#events.free();
  }

  surrender(): void {
    this.#open = false;
    this.#events.closed();
  }

  limits({ options }: Request): Limits {
    return {
      headersTimeout: options.headersTimeout ?? this.#limits.headersTimeout,
      bodyTimeout: options.bodyTimeout ?? this.#limits.bodyTimeout,
    };
  }

  refused(): boolean {
    return false;
  }

  wantsHttp1(): boolean {
    return false;
  }

  destroy(error?: Error): void {
    // The client's own promise says no more than `gone` does, which also knows of sockets that it never saw.
    void this.#client.destroy(error ?? null);
    this.connection.socket.destroy();
  }
}

function flat(headers: Request["headers"], forward: Readonly<Record<string, string>> | undefined): string[] {
  const list: (string | readonly string[])[] = [];
  for (const [name, value] of headers) list.push(name, value);
  // The proxy's login, on requests that the proxy itself reads.
  for (const [name, value] of Object.entries(forward ?? {})) list.push(name, value);
  // undici takes lists as values, its types do not say so.
  return list as string[];
}
