import type { Dispatcher } from "undici";
import { hopKey } from "../../dial/index.js";
import type { DialContext, HttpTarget } from "../../dial/types.js";
import { unchanging, type LiveSettings } from "../live/index.js";
import type { Route } from "../../route/types.js";
import { loadUndici, loadUndiciCore, type UndiciCore } from "../undici.js";
import { Exchange, type Again, type ExchangeHandler } from "./exchange.js";
import { listenerOf, type Listener } from "./listener.js";
import { dispatchOlder } from "./older-options.js";
import { Pool, type PoolOptions } from "./pool.js";
import { readRequest, type Request } from "./request.js";
import { Trace } from "./trace.js";

/** Bounds and habits of a dispatcher's connections. All times in milliseconds. */
export interface DispatcherOptions {
  /** Offer HTTP/2 by ALPN. Default true. */
  readonly allowH2?: boolean;
  /** From the request to the head of its answer. Default: the policy's `timeouts.firstByte`. 0: no bound. */
  readonly headersTimeout?: number;
  /** Between two parts of an answer's body. Default 300 000, as undici's. 0: no bound. */
  readonly bodyTimeout?: number;
  /** For how long an idle HTTP/1.1 connection is kept where the server names no time of its own. Default 4000, as undici's. */
  readonly keepAliveTimeout?: number;
  /** For how long an HTTP/2 session without requests is kept. Default 30 000: proxies forget idle tunnels after a minute. */
  readonly sessionTimeout?: number;
  /**
   * How long nothing may come on an HTTP/2 session while requests wait, until the other side is asked whether it is still there (PING). Default
   * 15 000. 0: it is not asked.
   */
  readonly pingInterval?: number;
  /** How long that answer may take: then the session ends, requests that may be repeated are, and others fail with STREAM_STALLED. Default 10 000. */
  readonly pingTimeout?: number;
}

/** Origins beyond this many: those without a connection are forgotten. */
const rememberedPools = 200;

/**
 * An undici dispatcher (version 7): every connection of it is dialled with the policy, trust and identity of a context. Where that changes,
 * new requests go on new connections; those of the old one are closed as soon as nothing is under way on them.
 * @param told puts the errors that callers are told of into other words
 */
export function makeDispatcher(
  settings: DialContext | LiveSettings,
  options: DispatcherOptions = {},
  told: (error: Error) => Error = (error) => error,
): Dispatcher {
  const undici = loadUndiciCore();
  const live = "current" in settings ? settings : unchanging(settings);
  return new (dispatcherClass(undici))(new Core(live, options, undici, told));
}

/** What a dispatcher does; the class below only gives it undici's face. */
class Core implements ExchangeHandler {
  readonly undici: UndiciCore;
  readonly told: (error: Error) => Error;
  readonly #live: LiveSettings;
  readonly #options: DispatcherOptions;
  readonly #unsubscribe: () => void;
  #poolOptions: PoolOptions;
  readonly #pools = new Map<string, Pool>();
  /** Those of settings that are no longer in force, for as long as something is under way in them. */
  readonly #retired = new Set<Pool>();
  /** The pools of targets that come up again and again; a target is one object for each origin (see readRequest). */
  #usual = new WeakMap<HttpTarget, Pool>();
  readonly #running = new Set<Exchange>();
  #closed = false;
  #destroyed: Error | undefined;
  #drained: (() => void) | undefined;
  #ending: Promise<void> | undefined;

  constructor(live: LiveSettings, options: DispatcherOptions, undici: UndiciCore, told: (error: Error) => Error) {
    this.undici = undici;
    this.told = told;
    this.#live = live;
    this.#options = options;
    this.#poolOptions = this.#optionsNow();
    this.#unsubscribe = live.subscribe(({ kind }) => {
      if (kind === "reloaded") this.#retire();
    });
  }

  #optionsNow(): PoolOptions {
    const { headersTimeout, bodyTimeout = 300_000, allowH2 = true, keepAliveTimeout, sessionTimeout } = this.#options;
    const { pingInterval = 15_000, pingTimeout = 10_000 } = this.#options;
    const context = this.#live.current;
    const limits = { headersTimeout: headersTimeout ?? context.policy.timeouts.firstByte, bodyTimeout };
    return {
      context,
      undici: this.undici,
      told: this.told,
      allowH2,
      http1: { limits, keepAliveTimeout: keepAliveTimeout ?? 4000, clock: context.system },
      http2: {
        limits,
        idleTimeout: sessionTimeout ?? 30_000,
        pulse: { interval: pingInterval, timeout: pingTimeout },
        clock: context.system,
      },
      reroute: (exchange, again) => this.#route(exchange, again),
      emptied: (pool) => void this.#retired.delete(pool),
    };
  }

  /** Other settings are in force: nothing that was made of the old ones is used for another request. */
  #retire(): void {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    this.#usual = new WeakMap();
    this.#poolOptions = this.#optionsNow();
    for (const pool of pools) {
      this.#retired.add(pool);
      pool.retire();
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  get destroyed(): boolean {
    return this.#destroyed !== undefined;
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const { errors } = this.undici;
    const listener = listenerOf(handler, this.undici);
    if (this.#destroyed !== undefined) return refuse(listener, new errors.ClientDestroyedError());
    if (this.#closed) return refuse(listener, new errors.ClientClosedError());
    let request: Request;
    let trace: Trace | undefined;
    try {
      request = readRequest(options);
      trace = Trace.begin(request, listener, this.undici);
    } catch (error) {
      return refuse(listener, this.told(error as Error));
    }
    const exchange = new Exchange(request, listener, this, trace);
    this.#running.add(exchange);
    exchange.begin();
    if (!exchange.done) this.#route(exchange);
    return true;
  }

  /** Resolves when all requests are answered and all connections closed. */
  close(): Promise<void> {
    this.#closed = true;
    this.#ending ??= this.#drain().then(() => this.#end());
    return this.#ending;
  }

  destroy(error: Error | null): Promise<void> {
    const reason = error ?? new this.undici.errors.ClientDestroyedError();
    this.#closed = true;
    this.#destroyed ??= reason;
    for (const exchange of this.#running) exchange.abandon(reason);
    return this.#end();
  }

  async #drain(): Promise<void> {
    if (this.#running.size > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
  }

  async #end(): Promise<void> {
    this.#destroyed ??= new this.undici.errors.ClientDestroyedError();
    this.#unsubscribe();
    const pools = [...this.#pools.values(), ...this.#retired];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  over(exchange: Exchange): void {
    this.#running.delete(exchange);
    if (this.#running.size === 0) this.#drained?.();
  }

  aborted(): Error {
    return new this.undici.errors.RequestAbortedError();
  }

  again(exchange: Exchange, how: Again): void {
    this.#route(exchange, how);
  }

  /** Asks where the request goes, and hands it to the pool for that. Most often known at once; a PAC file takes its time. */
  #route(exchange: Exchange, again?: Again): void {
    const { request } = exchange;
    const usual = request.upgrade ? undefined : this.#usual.get(request.target);
    if (usual !== undefined) {
      usual.run(exchange, again);
      return;
    }
    const { context } = this.#poolOptions;
    const found = (route: Route): void => {
      if (exchange.done) return;
      if (context === this.#poolOptions.context) this.#pool(request, route).run(exchange, again);
      // The settings changed while a PAC file was asked.
      else this.#route(exchange, again);
    };
    try {
      const route = context.route(`${request.origin}/`);
      if (route instanceof Promise) {
        route.then(found).catch((error: Error) => exchange.fail(error));
        return;
      }
      // What a context says at once it says always, since it is immutable: unless a PAC file says it.
      if (!request.upgrade && route.mayChange === undefined)
        this.#usual.set(request.target, this.#pool(request, route));
      found(route);
    } catch (error) {
      exchange.fail(error as Error);
    }
  }

  #pool(request: Request, route: Route): Pool {
    const { target, origin, upgrade } = request;
    const proxy = route.hops.at(-1);
    const toProxy =
      target.protocol === "http:" && !upgrade && (proxy?.protocol === "http" || proxy?.protocol === "https");
    // Where there are other ways, the last of them may lead to the origin itself: its connections are for no other one.
    const others = (route.others ?? []).flatMap(({ hops }) => ["or", ...hops.map(hopKey)]);
    const peer = toProxy && others.length === 0 ? ["absolute"] : [origin, target.servername ?? ""];
    const key = [...peer, ...route.hops.map(hopKey), ...others].join(" ");
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      if (this.#pools.size >= rememberedPools) this.#forgetEmpty();
      pool = new Pool(this.#poolOptions, target.protocol === "http:");
      this.#pools.set(key, pool);
    }
    return pool;
  }

  #forgetEmpty(): void {
    for (const [key, pool] of this.#pools) {
      if (pool.isEmpty) this.#pools.delete(key);
    }
    this.#usual = new WeakMap();
  }
}

function refuse(listener: Partial<Listener>, error: Error): boolean {
  if (typeof listener.onError !== "function") throw error;
  listener.onError(error);
  return false;
}

type DispatcherClass = (new (core: Core) => Dispatcher) & { readonly prototype: Dispatcher };
let made: DispatcherClass | undefined;

/** Made at the first use, since its base class comes with undici. */
function dispatcherClass(undici: UndiciCore): DispatcherClass {
  made ??= class SallyportDispatcher extends undici.Dispatcher {
    readonly #core: Core;

    constructor(core: Core) {
      super();
      this.#core = core;
    }

    get closed(): boolean {
      return this.#core.closed;
    }

    get destroyed(): boolean {
      return this.#core.destroyed;
    }

    /** undici's WebSocket asks its dispatcher for these. The bounds are undici's own defaults. */
    get webSocketOptions(): { maxFragments: number; maxPayloadSize: number } {
      return { maxFragments: 131_072, maxPayloadSize: 128 * 1024 * 1024 };
    }

    override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
      return dispatchOlder(this, options, handler) ?? this.#core.dispatch(options, handler);
    }

    override close(): Promise<void>;
    override close(callback: () => void): void;
    override close(callback?: () => void): Promise<void> | void {
      const done = this.#core.close();
      if (callback === undefined) return done;
      void done.then(callback);
    }

    override destroy(): Promise<void>;
    override destroy(error: Error | null): Promise<void>;
    override destroy(callback: () => void): void;
    override destroy(error: Error | null, callback: () => void): void;
    override destroy(first?: Error | null | (() => void), second?: () => void): Promise<void> | void {
      const callback = typeof first === "function" ? first : second;
      const done = this.#core.destroy(typeof first === "function" ? null : (first ?? null));
      if (callback === undefined) return done;
      void done.then(callback);
    }
  };
  for (const name of borrowed) borrow(made.prototype, name);
  return made;
}

/** undici's `request` and the like all come down to `dispatch`. They are loaded when somebody wants one. */
const borrowed = ["compose", "connect", "pipeline", "request", "stream", "upgrade"] as const;

function borrow(prototype: object, name: (typeof borrowed)[number]): void {
  Object.defineProperty(prototype, name, {
    value(this: Dispatcher, ...given: unknown[]): unknown {
      const method = loadUndici().Dispatcher.prototype[name] as (...given: unknown[]) => unknown;
      return method.apply(this, given);
    },
    writable: true,
    configurable: true,
  });
}
