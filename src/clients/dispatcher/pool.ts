import { dial, throughTunnel } from "../../dial/index.js";
import type { Connection, DialContext } from "../../dial/types.js";
import type { UndiciCore } from "../undici.js";
import { Attempt } from "./attempt.js";
import type { Channel, ChannelEvents } from "./channel.js";
import type { Again, Exchange } from "./exchange.js";
import { Http1Channel, type Http1Options } from "./http1.js";
import { Http2Channel, type Http2Options } from "./http2.js";
import { SharedDial } from "./shared-dial.js";
import { ConnectTrace } from "./trace.js";

export interface PoolOptions {
  readonly context: DialContext;
  readonly undici: UndiciCore;
  /** Puts errors into the words in which callers are told of them. */
  readonly told: (error: Error) => Error;
  /** Offer HTTP/2 to origins. */
  readonly allowH2: boolean;
  readonly http1: Http1Options;
  readonly http2: Http2Options;
  /** Takes over a request that a retired pool has no connection for. */
  readonly reroute: (exchange: Exchange, again?: Again) => void;
  /** Nothing is under way any more in a retired pool. */
  readonly emptied: (pool: Pool) => void;
}

/**
 * The connections to one origin by one route; for plain http through a proxy, those to that proxy. All were made from one
 * context, hence with one identity, trust and login.
 */
export class Pool {
  readonly #options: PoolOptions;
  /** Every open channel, in use or not. */
  readonly #channels = new Set<Channel>();
  /** The last used one is at the end, and is taken first: it is the least likely to have been closed meanwhile. */
  readonly #idle: Http1Channel[] = [];
  readonly #sessions: Http2Channel[] = [];
  /** What the origin chose last. Until that is known, one connection is made for all who wait. */
  #speaks: "unknown" | "http/1.1" | "h2";
  #offerH2: boolean;
  #opening: SharedDial | undefined;
  #isRetired = false;

  constructor(options: PoolOptions, plain: boolean) {
    this.#options = options;
    this.#offerH2 = options.allowH2 && !plain;
    this.#speaks = this.#offerH2 ? "unknown" : "http/1.1";
  }

  run(exchange: Exchange, again?: Again): void {
    if (this.#isRetired) {
      this.#options.reroute(exchange, again);
      return;
    }
    const open = again === undefined && !exchange.request.upgrade ? this.#take() : undefined;
    if (open !== undefined) this.#send(open, exchange, true);
    else if (again?.olderTls === true) this.#dial(exchange, "TLSv1.2");
    else if (exchange.request.upgrade || this.#speaks === "http/1.1") this.#dial(exchange);
    else this.#share(exchange);
  }

  get isEmpty(): boolean {
    return this.#channels.size === 0 && this.#opening === undefined;
  }

  /** Takes no more requests. Closes what is idle, and the rest once its requests are answered. */
  retire(): void {
    this.#isRetired = true;
    for (const channel of this.#channels) this.#letGo(channel);
    this.#toldWhenEmpty();
  }

  #letGo(channel: Channel): void {
    if (channel instanceof Http2Channel) channel.retire();
    else if (this.#idle.includes(channel as Http1Channel)) channel.destroy();
  }

  #toldWhenEmpty(): void {
    if (this.#isRetired && this.isEmpty) this.#options.emptied(this);
  }

  async destroy(error?: Error): Promise<void> {
    const channels = [...this.#channels];
    for (const channel of channels) channel.destroy(error);
    await Promise.all(channels.map((channel) => channel.gone));
  }

  #take(): Channel | undefined {
    const session = this.#sessions.find((candidate) => candidate.usable && !cannotBeAsked(candidate));
    if (session !== undefined) return session;
    for (let channel = this.#idle.pop(); channel !== undefined; channel = this.#idle.pop()) {
      if (channel.usable && !cannotBeAsked(channel)) return channel;
      if (channel.isOutdated || cannotBeAsked(channel)) channel.destroy();
    }
    return undefined;
  }

  #send(channel: Channel, exchange: Exchange, used: boolean): void {
    channel.send(new Attempt(exchange, channel, used));
  }

  /** A connection for this request alone. */
  #dial(exchange: Exchange, maxVersion?: "TLSv1.2"): void {
    const abort = new AbortController();
    exchange.during((reason) => abort.abort(reason));
    this.#connect(exchange, abort.signal, maxVersion).then(
      (channel) => {
        // A socket that was never used is not read from, so that its end would go unnoticed: not worth keeping.
        if (exchange.done) channel.destroy();
        else this.#send(channel, exchange, false);
      },
      (error: Error) => exchange.fail(error),
    );
  }

  /** One connection for all that come before it is there, since over HTTP/2 one is all that they need. */
  #share(exchange: Exchange): void {
    this.#opening ??= new SharedDial((signal) => this.#connect(exchange, signal), {
      connected: (waiting, channel) => {
        this.#opening = undefined;
        this.#distribute(channel, waiting);
        // It came too late to be for more than those who waited for it.
        if (this.#isRetired) this.#letGo(channel);
      },
      failed: (waiting, error) => {
        this.#opening = undefined;
        for (const each of waiting) each.fail(error);
      },
      abandoned: () => (this.#opening = undefined),
    });
    this.#opening.join(exchange);
  }

  #distribute(channel: Channel, waiting: readonly Exchange[]): void {
    for (const [index, exchange] of waiting.entries()) {
      if (channel instanceof Http2Channel) this.#place(channel, exchange);
      else if (index === 0) this.#send(channel, exchange, false);
      else this.#dial(exchange);
    }
  }

  #place(channel: Http2Channel, exchange: Exchange): void {
    if (channel.usable) this.#send(channel, exchange, false);
    // More than one session may carry at a time.
    else this.run(exchange);
  }

  async #connect({ request }: Exchange, signal: AbortSignal, maxVersion?: "TLSv1.2"): Promise<Channel> {
    const { upgrade, target, origin } = request;
    const alpn = this.#offerH2 && !upgrade ? ["h2", "http/1.1"] : ["http/1.1"];
    const open = (stop?: AbortSignal): Promise<Connection> =>
      dial(this.#options.context, upgrade ? throughTunnel(target) : target, {
        ...(stop && { signal: stop }),
        alpn,
        ...(maxVersion && { maxVersion }),
      });
    const trace = ConnectTrace.begin(request, async () => (await open()).socket);
    let connection: Connection;
    try {
      connection = await open(signal);
    } catch (error) {
      trace?.failed(this.#options.told(error as Error));
      throw error;
    }
    const channel = this.#open(connection, origin, upgrade);
    trace?.connected(connection.socket, channel instanceof Http2Channel ? "h2" : "h1");
    return channel;
  }

  /** The server insists: its sessions stay with those who are on them. */
  #http1Only(): void {
    this.#speaks = "http/1.1";
    this.#offerH2 = false;
    this.#sessions.length = 0;
  }

  #open(connection: Connection, origin: string, single: boolean): Channel {
    const { http1, http2, undici } = this.#options;
    const h2 = connection.alpn === "h2";
    const channel: Channel = h2
      ? new Http2Channel(
          connection,
          origin,
          http2,
          this.#events(() => channel, single),
          undici,
        )
      : new Http1Channel(
          connection,
          origin,
          http1,
          this.#events(() => channel, single),
          undici,
        );
    this.#channels.add(channel);
    if (channel instanceof Http2Channel) this.#sessions.push(channel);
    if (!single) this.#speaks = h2 ? "h2" : "http/1.1";
    return channel;
  }

  /** `channel` is asked when something happens, which is never before it has been made. */
  #events(channel: () => Channel, single: boolean): ChannelEvents {
    return {
      free: () => {
        if (!single) this.#park(channel());
      },
      closed: () => this.#forget(channel()),
      http1Only: () => this.#http1Only(),
    };
  }

  /** Keeps a connection for the next request. */
  #park(channel: Channel): void {
    if (!(channel instanceof Http1Channel)) return;
    if (channel.isOutdated || this.#isRetired) channel.destroy();
    else if (channel.usable && !this.#idle.includes(channel)) this.#idle.push(channel);
  }

  #forget(channel: Channel): void {
    this.#channels.delete(channel);
    remove(this.#idle, channel);
    remove(this.#sessions, channel);
    this.#toldWhenEmpty();
  }
}

/** Not by its login, which `isOutdated` is about: the server asks for the client certificate as this connection does not allow. */
function cannotBeAsked({ connection }: Channel): boolean {
  return connection.late?.outdated === true;
}

function remove<T>(list: T[], item: unknown): void {
  const index = (list as unknown[]).indexOf(item);
  if (index !== -1) list.splice(index, 1);
}
