import type { Socket } from "node:net";
import type { FaultCode } from "../base/codes.js";
import { isConnectError, type ConnectError } from "../base/errors.js";
import type { ProxyServer } from "../policy/types.js";
import { bounded } from "./bounded.js";
import { describeTls, type Dialing } from "./dialing.js";
import { authority, type Endpoint } from "./endpoint.js";
import { forwardWith } from "./forward.js";
import { proxyEndpoint } from "./hop.js";
import { resetFault } from "./faults-late.js";
import { suspecting } from "./probe.js";
import { bindingOf } from "./login/binding.js";
import { headerForSocks } from "./login/faults-helper.js";
import { helperFor, withheldHelper, withoutTicket } from "./login/allowed.js";
import { LoginAttempt, type LoginMemory } from "./login/login-attempt.js";
import { findLogin, nameFor, refuseRemembered, takeLogin, type LoginTarget, type LoginUse } from "./proxy-login.js";
import type { SchemeName } from "./login/scheme.js";
import { openSocks } from "./socks.js";
import { elsewhere, logInAhead, openTunnel } from "./tunnel.js";
import type { Forward } from "./types.js";
import { watchSocket } from "./watch.js";
import { insteadOfHttp, insteadOfProxyTls, insteadOfSocks } from "./wrong-protocol.js";

const alpn: readonly string[] = ["http/1.1"];

/** What one dial has to do with the proxies on its way: their TLS, their logins, and what they are asked for. */
export class ProxyHops {
  readonly #dialing: Dialing;
  /** The last login that was sent to a proxy in its CONNECT or SOCKS request, and the proxies at which another one was tried. */
  #login: { readonly proxy: ProxyServer; readonly use: LoginUse } | undefined;
  readonly #renewed = new Set<ProxyServer>();
  /** The proxies for which a login was looked for when they asked for one. */
  readonly #looked = new Set<ProxyServer>();
  /** The last proxy that was asked for something without a login, and what it said to that. */
  #without: { readonly proxy: ProxyServer; readonly target: Endpoint; attempt?: LoginAttempt } | undefined;
  /** Logins that go on on another connection. */
  readonly #underWay = new Map<ProxyServer, LoginAtProxy>();

  constructor(dialing: Dialing) {
    this.#dialing = dialing;
  }

  /** Another attempt begins. */
  restart(): void {
    this.#login = undefined;
    this.#without = undefined;
  }

  /** A login that was refused is not worth a connection to the proxy. */
  async refuseRemembered(proxy: ProxyServer, target: Endpoint): Promise<void> {
    await this.#told(proxy, () => refuseRemembered(this.#loginPlace(proxy, target)));
  }

  /** A fault of a login is one of the stage that needs it, though nothing was said to the proxy. */
  async #told<T>(proxy: ProxyServer, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      return this.#dialing.recorder.run<T>("tunnel", "proxy", authority(proxyEndpoint(proxy)), () => {
        throw error;
      });
    }
  }

  /**
   * Whether a proxy refused its login and there is another one by now, or asks for one and a helper gives one, or the user has stored one. That
   * is tried once.
   * @param refusal what is still to be told where another one cannot be had in time
   */
  async hasNewLogin(refusal: unknown): Promise<boolean> {
    if (this.#login === undefined) return this.#hasUnaskedLogin(refusal);
    if (this.#renewed.has(this.#login.proxy)) return false;
    const { proxy, use } = this.#login;
    this.#renewed.add(proxy);
    const { deadline, signal } = this.#dialing;
    const overdue = (): Error => (refusal instanceof Error ? refusal : new Error("overdue", { cause: refusal }));
    return bounded(deadline.left, signal, overdue, () => use.renewed(signal));
  }

  async #hasUnaskedLogin(refusal: unknown): Promise<boolean> {
    if (this.#without === undefined || !isConnectError(refusal) || refusal.code !== "PROXY_AUTH_REQUIRED") return false;
    const { proxy, target, attempt } = this.#without;
    if (this.#looked.has(proxy)) return false;
    this.#looked.add(proxy);
    const { policy } = this.#dialing.context;
    return this.#told(proxy, async () => {
      if (await findLogin(this.#loginPlace(proxy, target, attempt?.offer))) return true;
      const withheld = withheldHelper(policy, proxy);
      if (withheld !== undefined) throw withheld;
      return false;
    });
  }

  /** @param via the hops before this one */
  async secure(socket: Socket, proxy: ProxyServer, via: string): Promise<Socket> {
    const endpoint = proxyEndpoint(proxy);
    const { context, recorder, signal } = this.#dialing;
    const wrong = (cause?: unknown): Promise<ConnectError | undefined> =>
      insteadOfProxyTls(endpoint, context.system, cause);
    return recorder.run("proxy-tls", "proxy", authority(endpoint), async () => {
      const { brokenProxy, proxy: identity } = context.identities;
      if (brokenProxy !== undefined) throw brokenProxy;
      try {
        const made = await suspecting(signal, wrong, (either) => {
          const ms = this.#dialing.bound("proxyTls");
          const request = { endpoint, servername: proxy.host, identity, alpn, limited: false, via, ms, signal: either };
          return this.#dialing.startTls(socket, request);
        });
        return { value: made.socket, detail: describeTls(made) };
      } catch (error) {
        throw (await this.#ratherThan("TLS_RESET", error, wrong)) ?? error;
      }
    });
  }

  /**
   * Has the proxy connect to `target`.
   * @param serverMayBegin it is not known that whoever dials speaks first
   */
  connect(socket: Socket, proxy: ProxyServer, target: Endpoint, serverMayBegin: boolean): Promise<void> {
    return speaksHttp(proxy) ? this.#tunnel(socket, proxy, target, serverMayBegin) : this.#socks(socket, proxy, target);
  }

  /** For requests in absolute form on a connection to the proxy itself. */
  async forward(socket: Socket, proxy: ProxyServer, target: Endpoint): Promise<Forward> {
    const { recorder, signal } = this.#dialing;
    const endpoint = proxyEndpoint(proxy);
    // Ahead: a request with a body cannot always be sent twice.
    await this.#told(proxy, () => findLogin(this.#loginPlace(proxy, target)));
    const login = await this.#loginFor(socket, proxy, target);
    const ms = this.#dialing.bound("tunnel");
    const { use, attempt } = login;
    const request = { proxy: endpoint, target, login: use, attempt, ms, signal };
    const begun = attempt.begin();
    const first = begun.bound
      ? await recorder.run("tunnel", "proxy", authority(endpoint), async () => {
          const value = await logInAhead(socket, request);
          return { value, detail: `${begun.scheme} login (${value === elsewhere ? "to be continued" : "begun"})` };
        })
      : undefined;
    if (first === elsewhere) {
      this.#underWay.set(proxy, login);
      throw new OnAnotherConnection();
    }
    if (proxy.protocol === "http") watchSocket(socket, (error) => resetFault(error, proxyEndpoint(proxy)));
    return forwardWith({ use, attempt, first }, socket);
  }

  async #tunnel(socket: Socket, proxy: ProxyServer, target: Endpoint, serverMayBegin: boolean): Promise<void> {
    const { context, recorder, signal } = this.#dialing;
    const endpoint = proxyEndpoint(proxy);
    const wrong = (cause?: unknown): Promise<ConnectError | undefined> =>
      insteadOfHttp(proxy, endpoint, context.system, cause);
    const opened = await recorder.run("tunnel", "proxy", authority(endpoint), async () => {
      const login = await this.#loginFor(socket, proxy, target);
      const { use, attempt } = login;
      const ms = this.#dialing.bound("tunnel");
      try {
        const head = await suspecting(signal, wrong, (either) =>
          openTunnel(socket, { proxy: endpoint, target, login: use, attempt, serverMayBegin, ms, signal: either }),
        );
        if (head === undefined) this.#underWay.set(proxy, login);
        const { scheme } = attempt;
        const how = scheme === undefined || scheme === "basic" ? "" : `, ${scheme} login`;
        return { value: head !== undefined, detail: `CONNECT ${authority(target)} (${head?.status ?? 407}${how})` };
      } catch (error) {
        throw (await this.#ratherThan("PROXY_CLOSED", error, wrong)) ?? error;
      }
    });
    if (!opened) throw new OnAnotherConnection();
  }

  async #socks(socket: Socket, proxy: ProxyServer, target: Endpoint): Promise<void> {
    const { protocol } = proxy;
    if (protocol === "http" || protocol === "https") return;
    const { context, recorder, signal } = this.#dialing;
    const local = protocol === "socks5" || protocol === "socks4";
    const addresses = local ? await this.#dialing.resolve(target) : [];
    // SOCKS 4 carries IPv4 alone; for SOCKS 5 the resolver's order stands.
    const address =
      protocol === "socks4" ? (addresses.find(({ family }) => family === 4) ?? addresses[0]) : addresses[0];
    const endpoint = proxyEndpoint(proxy);
    await recorder.run("tunnel", "proxy", authority(endpoint), async () => {
      const login = protocol.startsWith("socks5") ? await this.#takeLogin(proxy, target) : undefined;
      const credentials = login?.credentials ?? (await nameFor(this.#loginPlace(proxy, target)));
      if (credentials?.header !== undefined) throw this.#noHeader(login, proxy, credentials.header.scheme);
      const ms = this.#dialing.bound("tunnel");
      const wrong = (): Promise<ConnectError | undefined> => insteadOfSocks(endpoint, context.system);
      try {
        await suspecting(signal, wrong, (either) =>
          openSocks(socket, { protocol, proxy: endpoint, target, address, credentials, login, ms, signal: either }),
        );
      } catch (error) {
        throw (await this.#ratherThan("PROXY_CLOSED", error, wrong)) ?? error;
      }
      return {
        value: undefined,
        detail: `${protocol} to ${authority(address === undefined ? target : { host: address.address, port: target.port })}`,
      };
    });
  }

  #loginPlace(proxy: ProxyServer, target: Endpoint, challenge?: string): LoginTarget {
    const { context, signal, deadline } = this.#dialing;
    const { policy, system } = context;
    const helper = helperFor(policy, proxy);
    return { proxy, target: authority(target), system, signal, left: () => deadline.left, helper, challenge };
  }

  #noHeader(login: LoginUse | undefined, proxy: ProxyServer, scheme: string): ConnectError {
    login?.unanswered();
    return headerForSocks(proxy, login?.helperName ?? "the helper", scheme);
  }

  /** One that goes on, or a new one. */
  async #loginFor(socket: Socket, proxy: ProxyServer, target: Endpoint): Promise<LoginAtProxy> {
    const login = this.#underWay.get(proxy) ?? (await this.#beginLogin(proxy, target));
    this.#underWay.delete(proxy);
    login.connection.socket = socket;
    return login;
  }

  async #beginLogin(proxy: ProxyServer, target: Endpoint): Promise<LoginAtProxy> {
    const use = await this.#takeLogin(proxy, target);
    const { policy, system } = this.#dialing.context;
    const { schemes, spn } = policy.proxyAuth;
    const connection: { socket?: Socket } = {};
    const attempt = new LoginAttempt(
      {
        allowed: schemes.value,
        credentials: use?.credentials,
        withoutTicket: withoutTicket(policy, proxy),
        asksHelper: use === undefined && helperFor(policy, proxy) !== undefined,
      },
      memoryOf(proxy),
      {
        proxy,
        service: spn?.value ?? `HTTP/${proxy.host}`,
        binding: () => connection.socket && bindingOf(connection.socket),
        now: () => system.now(),
      },
    );
    if (this.#without !== undefined) this.#without.attempt = attempt;
    return { use, attempt, connection };
  }

  async #takeLogin(proxy: ProxyServer, target: Endpoint): Promise<LoginUse | undefined> {
    const use = await takeLogin(this.#loginPlace(proxy, target), this.#dialing.bound("tunnel"));
    this.#login = use && { proxy, use };
    this.#without = use === undefined ? { proxy, target } : undefined;
    return use;
  }

  /** What is known better, in the time that is left, than a fault of this code, which looks the same for several reasons. */
  async #ratherThan(
    code: FaultCode,
    error: unknown,
    better: (cause: unknown) => Promise<ConnectError | undefined>,
  ): Promise<ConnectError | undefined> {
    const { deadline } = this.#dialing;
    if (!isConnectError(error) || error.code !== code || deadline.isOver) return undefined;
    return bounded(
      deadline.left,
      undefined,
      () => error,
      () => better(error),
    );
  }
}

/** Nothing is wrong: the proxy closes the connection after it has asked for a login, which goes on on the next one. */
export class OnAnotherConnection extends Error {}

interface LoginAtProxy {
  readonly use: LoginUse | undefined;
  readonly attempt: LoginAttempt;
  /** The one that it is on at the moment. */
  readonly connection: { socket?: Socket };
}

/** Kept for the life of the setting's object: a new policy finds out again. */
const memories = new WeakMap<ProxyServer, LoginMemory>();

/** By which scheme that proxy took the latest login; undefined where it has taken none. */
export const schemeTaken = (proxy: ProxyServer): SchemeName | undefined => memories.get(proxy)?.scheme;

function memoryOf(proxy: ProxyServer): LoginMemory {
  const known = memories.get(proxy) ?? {};
  memories.set(proxy, known);
  return known;
}

/** Rather than SOCKS. */
export function speaksHttp({ protocol }: ProxyServer): boolean {
  return protocol === "http" || protocol === "https";
}
