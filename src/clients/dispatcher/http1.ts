import type { Duplex } from "node:stream";
import type { Client, Dispatcher } from "undici";
import type { Connection } from "../../dial/types.js";
import { absoluteForm } from "../absolute-form.js";
import { SleepMark, type Clock } from "../sleep-mark.js";
import type { UndiciCore } from "../undici.js";
import type { Channel, ChannelEvents, Limits, Sending } from "./channel.js";
import type { Request } from "./request.js";
import { areHeadersWatched } from "./trace.js";
import { areFaked, queueMicrotask, setImmediate } from "../../base/timers.js";

export interface Http1Options {
  readonly limits: Limits;
  /** Milliseconds for which an idle connection is kept where the server names no time. */
  readonly keepAliveTimeout: number;
  readonly clock: Clock;
}

/** Whose a socket is, for what undici's client writes on it. */
const channels = new WeakMap<Duplex, Http1Channel>();

/** HTTP/1.1 on one connection, by undici's client: it is given this socket and never another. */
export class Http1Channel implements Channel {
  readonly connection: Connection;
  readonly gone: Promise<void>;
  proven = false;
  readonly spent = new Error("the connection was closed before the request was written");
  readonly #client: Client;
  readonly #limits: Limits;
  readonly #events: ChannelEvents;
  readonly #clock: Clock;
  #rested: SleepMark | undefined;
  #busy = false;
  #used = false;
  #open = true;
  #sending: Sending | undefined;
  /** What it goes with to a proxy. */
  #login: Readonly<Record<string, string>> | undefined;

  constructor(
    connection: Connection,
    origin: string,
    options: Http1Options,
    events: ChannelEvents,
    undici: UndiciCore,
  ) {
    this.connection = connection;
    this.#limits = options.limits;
    this.#clock = options.clock;
    this.#events = events;
    channels.set(connection.socket, this);
    undici.publishing?.onHeaders(areHeadersWatched, ({ socket, headers }) => channels.get(socket)?.written(headers));
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
    return this.#open && !this.#busy && !this.connection.socket.destroyed && !this.isOutdated;
  }

  /**
   * What it would send as the proxy's login is not to be sent again; undici would wait for a turn that faked timers never give it; or the
   * machine slept while it was idle.
   */
  get isOutdated(): boolean {
    return areFaked() || this.connection.forward?.isOutdated === true || this.#rested?.slept === true;
  }

  send(attempt: Sending): void {
    this.#busy = true;
    if (!this.#used) {
      this.#used = true;
      this.#write(attempt);
      return;
    }
    // undici waits for one turn of the event loop before it reuses a socket, which may not ask the system again when it begins
    // in the middle of one (see afterPoll). Begun here, it does: then the server's end of the connection is heard in time.
    setImmediate(() => {
      if (!attempt.isWanted) this.release();
      else this.#write(attempt);
    });
  }

  #write(attempt: Sending): void {
    const { request } = attempt;
    const { forward } = this.connection;
    let { path } = request;
    try {
      if (forward !== undefined) path = absoluteForm(request.authority, path, request.method);
    } catch (error) {
      // Not from within `send`: the caller of it has not heard yet that this channel is taken.
      queueMicrotask(() => attempt.onLocalError(error as Error));
      return;
    }
    const forwarded = forward?.request(request.target);
    if (forwarded !== undefined) attempt.forwardedAs(forwarded);
    const login = forwarded?.headers({ method: request.method, uri: path });
    this.#login = login;
    const kept = forward?.mayRefuse === true ? attempt.keptBody : undefined;
    const sent: Sent = {
      ...request.options,
      ...(kept !== undefined && { body: kept }),
      path,
      query: null,
      headers: login === undefined ? request.headers : withLogin(request.headers, login),
      // The pool's key holds the name: without this undici would reconnect whenever a Host header differs.
      servername: request.target.servername ?? request.target.host,
    };
    // undici's types say that onBodySent is told a size, where it is told the chunk, and do not tell of all that is above.
    this.#sending = attempt;
    this.#client.dispatch(
      sent as unknown as Dispatcher.DispatchOptions,
      attempt as unknown as Dispatcher.DispatchHandler,
    );
  }

  /** As they would be without a proxy on the way, and never its login: subscribers print what they are told. */
  written(text: string): void {
    const sending = this.#sending;
    const { forward, socket } = this.connection;
    sending?.onHeadersWritten(socket, () =>
      forward === undefined ? text : toOrigin(text, sending.request, this.#login),
    );
  }

  release(): void {
    this.#sending = undefined;
    this.#busy = false;
    this.#rested = new SleepMark(this.#clock);
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

interface Sent extends Omit<Dispatcher.DispatchOptions, "body" | "headers" | "query"> {
  /** undici takes iterables as well, which its types do not say. */
  readonly body?: unknown;
  readonly query: null;
  readonly headers: Request["headers"];
  readonly servername: string;
}

function toOrigin(text: string, { method, path }: Request, login: Readonly<Record<string, string>> = {}): string {
  const [, ...lines] = text.split("\r\n");
  const ofProxy = new Set(Object.keys(login).map((name) => name.toLowerCase()));
  const kept = lines.filter((line) => !ofProxy.has(line.replace(/:.*/s, "").toLowerCase()));
  return [`${method} ${path} HTTP/1.1`, ...kept].join("\r\n");
}

/** The proxy's login, on requests that the proxy itself reads. */
function withLogin(headers: Request["headers"], login: Readonly<Record<string, string>>): Request["headers"] {
  return [...headers, ...Object.entries(login).flat()];
}
