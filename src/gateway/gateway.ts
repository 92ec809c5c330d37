import type { Socket } from "node:net";
import { formatHostPort, type HostPort } from "../base/hostname.js";
import { percentEncoded } from "../base/percent.js";
import type { PacFiles } from "../route/index.js";
import { filesOf, LiveContext, loadSettings, usualInterval, type LiveEvent, type Loading } from "../clients/index.js";
import type { DialContext } from "../dial/index.js";
import { createSystem } from "../env/index.js";
import type { CapturedClients } from "./captured/captured.js";
import { OwnClients } from "./server/own-clients.js";
import { Clients } from "./server/clients.js";
import { guardContext, type GuardOptions } from "./server/guard.js";
import { listen, type Listening } from "./server/listen.js";
import { chooseToken, hostsToIntercept, resolveOptions } from "./server/settings.js";
import { createState, type OwnedState } from "./server/state.js";
import { tokenUser } from "./server/token.js";
import type {
  Admits,
  Forwarder,
  Gateway,
  GatewayFacts,
  GatewayOptions,
  Starter,
  GatewayStatus,
  Interceptor,
  ReverseProxy,
  StatusPages,
} from "./types.js";

/** Set by the build. */
declare const SALLYPORT_VERSION: string | undefined;

/** Milliseconds in which what was closed has to be over. */
const farewell = 1000;

interface OpenReverseProxy {
  readonly proxy: ReverseProxy;
  close(): unknown;
}

/**
 * Starts a forward proxy on loopback or a Unix socket, which dials by the policy: CONNECT, absolute form, and SOCKS 5 on one port.
 * @param starter in whose words remedies are told
 * @throws {ConnectError} for a setting that is unusable, or an address that cannot be listened on
 */
export async function startGateway(options: GatewayOptions = {}, starter: Starter = "library"): Promise<Gateway> {
  const token = chooseToken(options);
  const resolved = resolveOptions(options, token);
  const ports = new Set<number>();
  const { linkLocal } = resolved;
  const guard: GuardOptions = { ownPorts: () => ports, linkLocal, starter, captures: options.captures === true };
  const { watch = usualInterval, followNetwork: network = true } = options;
  const pacFiles: PacFiles = new Map();
  const live = await LiveContext.open({ load: () => load(options, pacFiles), watch, network });
  const gateway: RunningGateway = new RunningGateway({
    options,
    guard,
    live,
    ports,
    state: createState({
      context: guardContext(live.current, guard),
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

/** The environment is read each time, too. */
async function load(options: GatewayOptions, pacFiles: PacFiles): Promise<Loading> {
  if (options.load === undefined) return loadSettings(options, pacFiles);
  const begunAt = (options.system ?? createSystem()).now();
  const context = await options.load();
  const { system, policy } = context;
  return { system, begunAt, files: filesOf(policy, system.platform), finish: () => Promise.resolve({ context }) };
}

interface GatewayInit {
  readonly options: GatewayOptions;
  readonly guard: GuardOptions;
  readonly live: LiveContext;
  readonly ports: Set<number>;
  readonly state: OwnedState;
}

class RunningGateway implements Gateway {
  readonly #init: GatewayInit;
  readonly #state: OwnedState;
  readonly #reverseProxies: OpenReverseProxy[] = [];
  #captured: CapturedClients | undefined;
  #listening: Listening = { url: "", host: undefined, port: undefined };
  #clients: Clients | undefined;
  #knowsUsers = false;
  #forwarder: Forwarder | undefined;
  #interceptor: Interceptor | undefined;
  #pages: StatusPages | undefined;
  #closing: Promise<void> | undefined;

  constructor(init: GatewayInit) {
    this.#init = init;
    this.#state = init.state;
    init.live.subscribe((event) => this.#onSettings(event));
  }

  async open(): Promise<void> {
    const { options, guard, ports } = this.#init;
    const state = this.#state;
    const hosts = hostsToIntercept(this.context, options);
    if (hosts.length > 0)
      this.#interceptor = (await import("./intercept/interceptor.js")).createInterceptor(state, hosts);
    const forwarder = (await import("./forward/forwarder.js")).createForwarder(state);
    this.#forwarder = forwarder;
    const check = this.#mayKnowUsers ? await this.context.system.owners?.() : undefined;
    this.#knowsUsers = check !== undefined;
    this.#clients = new Clients({
      state,
      guard,
      interceptor: this.#interceptor,
      forwarder,
      own: new OwnClients(check),
      pages: () => this.#pages,
    });
    if (options.captures === true) {
      const { CapturedClients } = await import("./captured/captured.js");
      this.#captured = new CapturedClients({ state, guard, interceptor: this.#interceptor }, forwarder);
    }
    this.#listening = await listen(this.#clients.server, options.listen ?? {});
    const { port } = this.#listening;
    if (port !== undefined) ports.add(port);
    if (options.statusPage !== false) {
      const { createStatusPages } = await import("./status/index.js");
      this.#pages = createStatusPages(state, { token: this.token, port });
    }
    await this.#openReverseProxies(forwarder);
  }

  async #openReverseProxies(forwarder: Forwarder): Promise<void> {
    const { origins = {} } = this.#init.options;
    if (Object.keys(origins).length === 0) return;
    const { startReverseProxy } = await import("./reverse/reverse-proxy.js");
    for (const [name, origin] of Object.entries(origins)) {
      const opened = await startReverseProxy(this.#state, name, origin, forwarder);
      this.#reverseProxies.push(opened);
      this.#init.ports.add(Number(new URL(opened.proxy.url).port));
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

  get #mayKnowUsers(): boolean {
    const { sameUser = false, listen: address = {} } = this.#init.options;
    return sameUser && this.token !== undefined && !("path" in address);
  }

  get admits(): Admits {
    if (this.token === undefined) return "everyone";
    return this.#knowsUsers ? "same-user" : "token";
  }

  get statusUrl(): string | undefined {
    if (this.#pages === undefined || this.#listening.port === undefined) return undefined;
    return this.token === undefined ? `${this.url}/` : `${this.url}/?token=${encodeURIComponent(this.token)}`;
  }

  get origins(): readonly ReverseProxy[] {
    return this.#reverseProxies.map(({ proxy }) => proxy);
  }

  get authority(): string | undefined {
    return this.#interceptor?.authority;
  }

  get context(): DialContext {
    return this.#init.live.current;
  }

  get intercepted(): readonly string[] {
    return this.#interceptor?.hosts ?? [];
  }

  take(client: Socket, target: HostPort): void {
    if (this.#captured === undefined) client.destroy();
    else this.#captured.take(client, target);
  }

  readonly snapshot = (): GatewayStatus => this.#state.status();

  facts(): GatewayFacts {
    const version = typeof SALLYPORT_VERSION === "string" ? SALLYPORT_VERSION : "source";
    return { version, listening: this.url, admits: this.admits, origins: this.origins, intercepted: this.intercepted };
  }

  async reload(): Promise<void> {
    if (!this.#state.draining()) await this.#init.live.reload();
  }

  #onSettings(event: LiveEvent): void {
    if (this.#state.draining()) return;
    if (event.kind === "failed") {
      this.#state.reloadFailed(event.fault);
      return;
    }
    const { options, guard, live } = this.#init;
    const notIntercepted = hostsToIntercept(live.current, options).filter((host) => !this.intercepted.includes(host));
    this.#state.replace(guardContext(live.current, guard), event.by, notIntercepted);
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
    this.#init.live.close();
    this.#state.beginDraining(this.#state.live.size);
    const timer = setTimeout(() => this.#cut(), drainTimeout);
    try {
      await Promise.all([this.#clients?.drain(), ...this.#reverseProxies.map((opened) => opened.close())]);
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
    this.#captured?.destroy();
  }

  #withLogin(scheme: string): string {
    const { host, port } = this.#listening;
    if (host === undefined || port === undefined) return this.url;
    const login = this.token === undefined ? "" : `${tokenUser}:${percentEncoded(this.token)}@`;
    return `${scheme}://${login}${formatHostPort(host, port)}`;
  }
}
