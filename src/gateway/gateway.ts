import { ConnectError, findConnectError } from "../base/errors.js";
import { formatHostPort } from "../base/hostname.js";
import { percentEncoded } from "../base/percent.js";
import { loadContext } from "../clients/index.js";
import type { DialContext } from "../dial/index.js";
import { createSystem } from "../env/index.js";
import { Clients } from "./server/clients.js";
import { guardContext, type GuardOptions } from "./server/guard.js";
import { listen, type Listening } from "./server/listen.js";
import { chooseToken, hostsToIntercept, resolveOptions } from "./server/settings.js";
import { createState, type OwnedState, type GatewayFacts } from "./server/state.js";
import { tokenUser } from "./server/token.js";
import type {
  Forwarder,
  Gateway,
  GatewayOptions,
  GatewayStatus,
  Interceptor,
  ReverseProxy,
  StatusPages,
} from "./types.js";
import { FileWatch, filesOf } from "./watch-files.js";

/** Set by the build. */
declare const SALLYPORT_VERSION: string | undefined;

/** Milliseconds in which what was closed has to be over. */
const farewell = 1000;

interface OpenReverseProxy {
  readonly front: ReverseProxy;
  close(): unknown;
}

/**
 * Starts a forward proxy on loopback or a Unix socket, which dials by the policy: CONNECT, absolute form, and SOCKS 5 on one port.
 * @throws {ConnectError} for a setting that is unusable, or an address that cannot be listened on
 */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const token = chooseToken(options);
  const resolved = resolveOptions(options, token);
  const load = options.load ?? (() => loadContext(options));
  const ports = new Set<number>();
  const guard: GuardOptions = { ownPorts: () => ports, linkLocal: resolved.linkLocal };
  const loadedAt = (options.system ?? createSystem()).now();
  const loaded = await load();
  const gateway: RunningGateway = new RunningGateway({
    options,
    guard,
    load,
    loaded,
    loadedAt,
    ports,
    state: createState({
      context: guardContext(loaded, guard),
      options: resolved,
      onEvent: options.onEvent,
      facts: () => gateway.facts(),
    }),
  });
  try {
    await gateway.open();
  } catch (error) {
    await gateway.destroy();
    throw error;
  }
  return gateway;
}

interface GatewayInit {
  readonly options: GatewayOptions;
  readonly guard: GuardOptions;
  readonly load: () => Promise<DialContext>;
  readonly loaded: DialContext;
  /** When that began, in milliseconds since the epoch. */
  readonly loadedAt: number;
  readonly ports: Set<number>;
  readonly state: OwnedState;
}

class RunningGateway implements Gateway {
  readonly #init: GatewayInit;
  readonly #state: OwnedState;
  readonly #reverseProxies: OpenReverseProxy[] = [];
  #loaded: DialContext;
  #loadedAt: number;
  #listening: Listening = { url: "", host: undefined, port: undefined };
  #clients: Clients | undefined;
  #forwarder: Forwarder | undefined;
  #interceptor: Interceptor | undefined;
  #pages: StatusPages | undefined;
  #watch: FileWatch | undefined;
  #reloading: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(init: GatewayInit) {
    this.#init = init;
    this.#state = init.state;
    this.#loaded = init.loaded;
    this.#loadedAt = init.loadedAt;
  }

  async open(): Promise<void> {
    const { options, guard, ports } = this.#init;
    const state = this.#state;
    const hosts = hostsToIntercept(this.#loaded, options);
    if (hosts.length > 0)
      this.#interceptor = (await import("./intercept/interceptor.js")).createInterceptor(state, hosts);
    const forwarder = (await import("./forward/forwarder.js")).createForwarder(state);
    this.#forwarder = forwarder;
    this.#clients = new Clients({ state, guard, interceptor: this.#interceptor, forwarder, pages: () => this.#pages });
    this.#listening = await listen(this.#clients.server, options.listen ?? {});
    const { port } = this.#listening;
    if (port !== undefined) ports.add(port);
    if (options.statusPage !== false) {
      const { createStatusPages } = await import("./status/index.js");
      this.#pages = createStatusPages(state, { token: this.token, port });
    }
    await this.#openFronts(forwarder);
    const { watch = 5000 } = options;
    if (watch !== false) {
      const { system } = this.#loaded;
      const files = (): readonly string[] => filesOf(this.#loaded.policy);
      // A failure is counted and told as an event.
      const onChange = (): void => void this.reload().catch(() => undefined);
      this.#watch = new FileWatch({ system, files, loadedAt: () => this.#loadedAt, interval: watch, onChange });
    }
  }

  async #openFronts(forwarder: Forwarder): Promise<void> {
    const { origins = {} } = this.#init.options;
    if (Object.keys(origins).length === 0) return;
    const { startReverseProxy } = await import("./reverse/reverse-proxy.js");
    for (const [name, origin] of Object.entries(origins)) {
      const front = await startReverseProxy(this.#state, name, origin, forwarder);
      this.#reverseProxies.push(front);
      this.#init.ports.add(Number(new URL(front.front.url).port));
    }
  }

  get url(): string {
    return this.#listening.url;
  }

  get proxyUrl(): string {
    return this.#withLogin("http");
  }

  get socksUrl(): string {
    return this.#withLogin("socks5h");
  }

  get token(): string | undefined {
    return this.#state.options.token;
  }

  get statusUrl(): string | undefined {
    if (this.#pages === undefined || this.#listening.port === undefined) return undefined;
    return this.token === undefined ? `${this.url}/` : `${this.url}/?token=${encodeURIComponent(this.token)}`;
  }

  get origins(): readonly ReverseProxy[] {
    return this.#reverseProxies.map(({ front }) => front);
  }

  get authority(): string | undefined {
    return this.#interceptor?.authority;
  }

  get context(): DialContext {
    return this.#loaded;
  }

  get intercepted(): readonly string[] {
    return this.#interceptor?.hosts ?? [];
  }

  readonly snapshot = (): GatewayStatus => this.#state.status();

  facts(): GatewayFacts {
    const version = typeof SALLYPORT_VERSION === "string" ? SALLYPORT_VERSION : "source";
    return { version, listening: this.url, origins: this.origins, intercepted: this.intercepted };
  }

  reload(): Promise<void> {
    // One after the other: the last one asked for sees the newest files, and its settings stay.
    const next = this.#reloading.then(() => this.#reload());
    this.#reloading = next.catch(() => undefined);
    return next;
  }

  async #reload(): Promise<void> {
    if (this.#state.draining()) return;
    try {
      const loadedAt = this.#loaded.system.now();
      const loaded = await this.#init.load();
      if (this.#state.draining()) return;
      this.#loaded = loaded;
      this.#loadedAt = loadedAt;
      const notIntercepted = hostsToIntercept(loaded, this.#init.options).filter(
        (host) => !this.intercepted.includes(host),
      );
      this.#state.replace(guardContext(loaded, this.#init.guard), notIntercepted);
    } catch (error) {
      const fault = findConnectError(error) ?? unloadable(error);
      this.#state.reloadFailed(fault);
      throw fault;
    }
  }

  close({ drainTimeout = this.#state.options.drainTimeout }: { readonly drainTimeout?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(drainTimeout);
    return this.#closing;
  }

  destroy(): Promise<void> {
    const closing = this.close({ drainTimeout: 0 });
    this.#cut();
    return closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(drainTimeout: number): Promise<void> {
    this.#watch?.stop();
    this.#state.beginDraining(this.#state.live.size);
    const timer = setTimeout(() => this.#cut(), drainTimeout);
    try {
      await Promise.all([this.#clients?.drain(), ...this.#reverseProxies.map((front) => front.close())]);
      await this.#forwarder?.close();
      // A socket that is destroyed tells so a moment later.
      await this.#state.idle(farewell);
    } finally {
      clearTimeout(timer);
    }
    this.#state.closed();
  }

  #cut(): void {
    this.#state.abort(new Error("the gateway is closing"));
    this.#clients?.destroy();
  }

  #withLogin(scheme: string): string {
    const { host, port } = this.#listening;
    if (host === undefined || port === undefined) return this.url;
    const login = this.token === undefined ? "" : `${tokenUser}:${percentEncoded(this.token)}@`;
    return `${scheme}://${login}${formatHostPort(host, port)}`;
  }
}

/** What a `load` of the client's own may reject with. */
function unloadable(cause: unknown): ConnectError {
  return new ConnectError("CONFIG_INVALID", {
    hop: "local",
    message: "the settings could not be loaded",
    remedy: "correct them and reload; until then the old ones stay in force",
    cause,
  });
}
