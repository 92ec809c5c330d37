import type { Socket } from "node:net";
import type { FaultCode } from "../base/codes.js";
import { isConnectError, type ConnectError } from "../base/errors.js";
import { zoneOf } from "../base/hostname.js";
import type { Address } from "../base/system.js";
import type { ProxyLogin, ProxyServer, Timeouts } from "../policy/types.js";
import type { Route } from "../route/types.js";
import { resolveEndpoint } from "./dns.js";
import { authority, type Endpoint } from "./endpoint.js";
import { forwardWith } from "./forward.js";
import { identityFor } from "./identity-for.js";
import { cut, resetFault } from "./late-faults.js";
import { proxyCredentials, refuseRemembered, takeLogin, type LoginTarget, type LoginUse } from "./proxy-login.js";
import { patience, suspecting } from "./probe.js";
import { refusedOlderTls, secureTarget } from "./secure-target.js";
import { openSocks } from "./socks.js";
import { StageRecorder } from "./stages.js";
import { connectTcp } from "./tcp.js";
import { NarrowedTrust } from "./narrowed-trust.js";
import { readHost } from "./target-host.js";
import { failedOnResumption, peerName, startTls, type SecureSocket, type TlsRequest } from "./tls.js";
import { openTunnel } from "./tunnel.js";
import type { Connection, DialContext, DialOptions, Target } from "./types.js";
import { connectionFault, watchSocket } from "./watch.js";
import { insteadOfHttp, insteadOfProxyTls, insteadOfSocks, insteadOfTls } from "./wrong-protocol.js";

const defaultAlpn: readonly string[] = ["http/1.1"];

/**
 * Opens a connection to `target` as the policy has it: the only code that opens one. Every wait is bounded by the
 * policy's timeouts, and ends when `options.signal` aborts.
 * @throws {ConnectError} which names the stage and the hop at fault; the signal's reason after an abort
 */
export async function dial(context: DialContext, target: Target, options: DialOptions = {}): Promise<Connection> {
  const recorder = new StageRecorder(context.system, options.onStage);
  const zone = zoneOf(target.host);
  const goal: Endpoint = { hop: "target", host: readHost(target.host), port: target.port, ...(zone && { zone }) };
  const route = await recorder.run("route", "local", authority(goal), async () => {
    const value = await context.route(`${target.protocol}//${authority(goal)}/`);
    // Before anything is connected to: nothing would come of it.
    if (target.protocol === "https:") identityFor(context, goal.host, goal.port);
    return { value, detail: value.reason };
  });
  const dialer = new Dialing(context, target, goal, route, options, recorder);
  // Each hop may have to be asked once more without its session, and with other authorities; the target also with a later TLS.
  for (let left = 3 * (route.hops.length + 1) + 1; ;) {
    try {
      return await dialer.connect();
    } catch (error) {
      if (left > 0 && (await dialer.canRetry(error))) left--;
      else if (!(await dialer.hasNewLogin())) throw error;
    }
  }
}

/** One dial under way: what its steps share. */
class Dialing {
  readonly #context: DialContext;
  readonly #target: Target;
  readonly #goal: Endpoint;
  readonly #route: Route;
  readonly #options: DialOptions;
  readonly #recorder: StageRecorder;
  readonly #timeouts: Timeouts;
  readonly #trust: NarrowedTrust;
  /** The last login that was sent to a proxy in its CONNECT or SOCKS request, and the proxies at which another one was tried. */
  #login: { readonly proxy: ProxyServer; readonly use: LoginUse } | undefined;
  readonly #renewed = new Set<ProxyServer>();

  constructor(
    context: DialContext,
    target: Target,
    goal: Endpoint,
    route: Route,
    options: DialOptions,
    recorder: StageRecorder,
  ) {
    this.#context = context;
    this.#target = target;
    this.#goal = goal;
    this.#route = route;
    this.#options = options;
    this.#recorder = recorder;
    this.#timeouts =
      options.timeouts === undefined ? context.policy.timeouts : { ...context.policy.timeouts, ...options.timeouts };
    this.#trust = new NarrowedTrust(context.trust, () => context.system.now());
  }

  /** Whether something is different from when `error` came. */
  async canRetry(error: unknown): Promise<boolean> {
    return failedOnResumption(error) || refusedOlderTls(error) || this.#trust.after(error);
  }

  async connect(): Promise<Connection> {
    const { hops } = this.#route;
    this.#login = undefined;
    for (const [index, hop] of hops.entries()) await this.#refuseRemembered(hop, this.#towards(index));
    const leg = { socket: await this.#openFirst(hops[0] === undefined ? this.#goal : endpointOf(hops[0])) };
    try {
      return await this.#pass(leg);
    } catch (error) {
      // Whatever failed, and wherever: nobody else holds this socket.
      leg.socket.destroy();
      throw error;
    }
  }

  /** Whether a proxy refused its login, and there is another one by now. That one is tried once. */
  async hasNewLogin(): Promise<boolean> {
    if (this.#login === undefined || this.#renewed.has(this.#login.proxy)) return false;
    this.#renewed.add(this.#login.proxy);
    return this.#login.use.renewed(this.#options.signal);
  }

  /** Goes through all hops; `leg` holds the socket as it is at the moment. */
  async #pass(leg: { socket: Socket }): Promise<Connection> {
    const { hops } = this.#route;
    const plain = this.#target.protocol === "http:";
    for (const [index, hop] of hops.entries()) {
      const via = this.#via(index);
      if (hop.protocol === "https") leg.socket = await this.#secureProxy(leg.socket, hop, via);
      const next = hops[index + 1];
      const isHttp = hop.protocol === "http" || hop.protocol === "https";
      if (plain && next === undefined && isHttp && this.#options.plain !== "tunnel")
        return this.#forward(leg.socket, hop);
      const towards = this.#towards(index);
      await (isHttp ? this.#tunnel(leg.socket, hop, towards) : this.#socks(leg.socket, hop, towards));
    }
    if (!plain) return this.#secureTarget(leg.socket);
    watchSocket(leg.socket, (error) => resetFault(error, this.#goal));
    return this.#ready(leg.socket, this.#goal, {});
  }

  /** What hop number `index` is asked for. */
  #towards(index: number): Endpoint {
    const next = this.#route.hops[index + 1];
    return next === undefined ? this.#goal : endpointOf(next);
  }

  /** The hops before number `count`, as a name: sessions and pools of one way are not used on another. */
  #via(count = this.#route.hops.length): string {
    return this.#route.hops.slice(0, count).map(hopKey).join(" ");
  }

  async #openFirst(endpoint: Endpoint): Promise<Socket> {
    const addresses = await this.#resolve(endpoint);
    return this.#recorder.run("tcp", endpoint.hop, authority(endpoint), async () => {
      const value = await connectTcp(addresses, endpoint, this.#timeouts.tcp, this.#options.signal);
      return {
        value,
        detail: `connected to ${authority({ host: value.remoteAddress ?? "", port: value.remotePort ?? endpoint.port })}`,
      };
    });
  }

  #resolve(endpoint: Endpoint): Promise<readonly Address[]> {
    return this.#recorder.run("dns", endpoint.hop, authority(endpoint), async () => {
      const value = await resolveEndpoint(this.#context.system, endpoint, this.#timeouts.dns, this.#options.signal);
      return { value, detail: value.map(({ address }) => address).join(", ") };
    });
  }

  async #secureProxy(socket: Socket, proxy: ProxyServer, via: string): Promise<Socket> {
    const endpoint = endpointOf(proxy);
    const wrong = (cause?: unknown): Promise<ConnectError | undefined> =>
      insteadOfProxyTls(endpoint, this.#context.system, cause);
    return this.#recorder.run("proxy-tls", "proxy", authority(endpoint), async () => {
      const { brokenProxy } = this.#context.identities;
      if (brokenProxy !== undefined) throw brokenProxy;
      try {
        const made = await suspecting(this.#options.signal, wrong, (signal) =>
          this.#startTls(socket, {
            endpoint,
            servername: proxy.host,
            identity: this.#context.identities.proxy,
            alpn: defaultAlpn,
            limited: false,
            via,
            ms: this.#timeouts.proxyTls,
            signal,
          }),
        );
        return { value: made.socket, detail: describeTls(made) };
      } catch (error) {
        throw (await ratherThan("TLS_RESET", error, wrong)) ?? error;
      }
    });
  }

  async #startTls(socket: Socket, request: TlsRequest): Promise<SecureSocket> {
    const peer = peerName(request);
    const secure = await startTls({ ...this.#context, trust: this.#trust.for(peer) }, socket, request);
    this.#trust.held(peer);
    return secure;
  }

  async #tunnel(socket: Socket, proxy: ProxyServer, target: Endpoint): Promise<void> {
    const { system } = this.#context;
    const endpoint = endpointOf(proxy);
    const wrong = (cause?: unknown): Promise<ConnectError | undefined> => insteadOfHttp(proxy, endpoint, system, cause);
    await this.#recorder.run("tunnel", "proxy", authority(endpoint), async () => {
      const login = await this.#takeLogin(proxy, target);
      const ms = this.#timeouts.tunnel;
      try {
        const { status } = await suspecting(this.#options.signal, wrong, (signal) =>
          openTunnel(socket, { proxy: endpoint, target, login, ms, signal }),
        );
        return { value: undefined, detail: `CONNECT ${authority(target)} (${status})` };
      } catch (error) {
        throw (await ratherThan("PROXY_CLOSED", error, wrong)) ?? error;
      }
    });
  }

  async #socks(socket: Socket, proxy: ProxyServer, target: Endpoint): Promise<void> {
    const { protocol } = proxy;
    if (protocol === "http" || protocol === "https") return;
    const local = protocol === "socks5" || protocol === "socks4";
    const addresses = local ? await this.#resolve(target) : [];
    // SOCKS 4 carries IPv4 alone; for SOCKS 5 the resolver's order stands.
    const address =
      protocol === "socks4" ? (addresses.find(({ family }) => family === 4) ?? addresses[0]) : addresses[0];
    const endpoint = endpointOf(proxy);
    await this.#recorder.run("tunnel", "proxy", authority(endpoint), async () => {
      const login = protocol.startsWith("socks5") ? await this.#takeLogin(proxy, target) : undefined;
      const credentials = login?.credentials ?? (await proxyCredentials(proxy, this.#context.system));
      const ms = this.#timeouts.tunnel;
      const wrong = (): Promise<ConnectError | undefined> => insteadOfSocks(endpoint, this.#context.system);
      try {
        await suspecting(this.#options.signal, wrong, (signal) =>
          openSocks(socket, { protocol, proxy: endpoint, target, address, credentials, login, ms, signal }),
        );
      } catch (error) {
        throw (await ratherThan("PROXY_CLOSED", error, wrong)) ?? error;
      }
      return {
        value: undefined,
        detail: `${protocol} to ${authority(address === undefined ? target : { host: address.address, port: target.port })}`,
      };
    });
  }

  #loginPlace(proxy: ProxyServer, target: Endpoint): LoginTarget {
    return { proxy, target: authority(target), system: this.#context.system, signal: this.#options.signal };
  }

  async #takeLogin(proxy: ProxyServer, target: Endpoint): Promise<LoginUse | undefined> {
    const use = await takeLogin(this.#loginPlace(proxy, target), this.#timeouts.tunnel);
    this.#login = use && { proxy, use };
    return use;
  }

  /** A login that was refused is not worth a connection to the proxy. */
  async #refuseRemembered(proxy: ProxyServer, target: Endpoint): Promise<void> {
    try {
      await refuseRemembered(this.#loginPlace(proxy, target));
    } catch (error) {
      await this.#recorder.run("tunnel", "proxy", authority(endpointOf(proxy)), () => {
        throw error;
      });
    }
  }

  async #secureTarget(socket: Socket): Promise<Connection> {
    const start = (request: TlsRequest): Promise<SecureSocket> => this.#startTls(socket, request);
    const { made, ...rest } = await this.#recorder.run("tls", "target", authority(this.#goal), async () => {
      const wrong = (): Promise<ConnectError | undefined> => insteadOfTls(() => this.#openPlain(), this.#goal);
      const value = await suspecting(this.#options.signal, wrong, (signal) =>
        secureTarget(this.#context, start, {
          goal: this.#goal,
          servername: this.#target.servername ?? this.#goal.host,
          alpn: this.#options.alpn ?? defaultAlpn,
          limited: this.#options.maxVersion !== undefined,
          via: this.#via(),
          ms: this.#timeouts.tls,
          signal,
        }),
      );
      return { value, detail: describeTls(value.made) };
    });
    return this.#ready(made.socket, this.#goal, rest);
  }

  /** To ask the target what it speaks: the same way once more, with nothing spoken on it yet. */
  async #openPlain(): Promise<Socket> {
    const each = { dns: patience, tcp: patience, proxyTls: patience, tunnel: patience };
    const options = { plain: "tunnel", timeouts: { ...this.#timeouts, ...each } } as const;
    const recorder = new StageRecorder(this.#context.system, undefined, true);
    const target = { ...this.#target, protocol: "http:" } as const;
    const other = new Dialing(this.#context, target, this.#goal, this.#route, options, recorder);
    return (await other.connect()).socket;
  }

  async #forward(socket: Socket, proxy: ProxyServer): Promise<Connection> {
    const login = await takeLogin(this.#loginPlace(proxy, this.#goal), this.#timeouts.tunnel);
    if (proxy.protocol === "http") watchSocket(socket, (error) => resetFault(error, endpointOf(proxy)));
    const forward = forwardWith(login, socket);
    return this.#ready(socket, endpointOf(proxy), { forward });
  }

  #ready(
    socket: Socket,
    peer: Endpoint,
    { alpn, identity, forward, late }: Partial<Pick<Connection, "alpn" | "identity" | "forward" | "late">>,
  ): Connection {
    if (socket.destroyed) throw connectionFault(socket) ?? cut(peer);
    return { socket, route: this.#route, alpn, identity, forward, late, stages: this.#recorder.events };
  }
}

/** What is known better than a fault of this code, which looks the same for several reasons. */
async function ratherThan(
  code: FaultCode,
  error: unknown,
  better: (cause: unknown) => Promise<ConnectError | undefined>,
): Promise<ConnectError | undefined> {
  return isConnectError(error) && error.code === code ? better(error) : undefined;
}

function endpointOf({ host, port }: ProxyServer): Endpoint {
  return { hop: "proxy", host, port };
}

const logins = new WeakMap<ProxyLogin, number>();
let loginsSeen = 0;

/** Tells proxies, and logins at them, apart, without telling the logins. */
export function hopKey(proxy: ProxyServer): string {
  const { login } = proxy;
  if (login !== undefined && !logins.has(login)) logins.set(login, ++loginsSeen);
  return `${proxy.protocol}://${login === undefined ? "" : logins.get(login)}@${authority(proxy)}`;
}

function describeTls({ socket, issuer }: SecureSocket): string {
  const alpn = typeof socket.alpnProtocol === "string" ? `, ${socket.alpnProtocol}` : "";
  const how = socket.isSessionReused() ? ", session resumed" : "";
  return `${socket.getProtocol() ?? "TLS"}${alpn}${how}${issuer === undefined ? "" : `, issued by ${issuer}`}`;
}
