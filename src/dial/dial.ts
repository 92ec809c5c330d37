import type { Socket } from "node:net";
import type { ConnectError } from "../base/errors.js";
import { zoneOf } from "../base/hostname.js";
import type { Route } from "../route/types.js";
import { bounded } from "./bounded.js";
import { describeTls, Dialing } from "./dialing.js";
import { authority, type Endpoint } from "./endpoint.js";
import { hopKey, proxyEndpoint } from "./hop.js";
import { identityFor } from "./identity-for.js";
import { slowRoute } from "./faults.js";
import { cut, resetFault } from "./faults-late.js";
import { suspecting } from "./probe.js";
import { followConnection } from "./open-connections.js";
import { byOneOf } from "./other-ways.js";
import { OnAnotherConnection, ProxyHops, speaksHttp } from "./proxy-hops.js";
import { refusedOlderTls, secureTarget } from "./secure-target.js";
import { readHost } from "./target-host.js";
import { failedOnResumption } from "./tls.js";
import type { Done } from "./stages.js";
import type { Connection, DialContext, DialOptions, HttpTarget, Target } from "./types.js";
import { connectionFault, watchSocket } from "./watch.js";
import { insteadOfTls } from "./wrong-protocol.js";

const defaultAlpn: readonly string[] = ["http/1.1"];

/**
 * Opens a connection to `target` as the policy has it: the only code that opens one. Every wait is bounded by the
 * policy's timeouts and by `options.deadline`, and ends when `options.signal` aborts.
 * @throws {ConnectError} which names the stage and the hop at fault; the signal's reason after an abort
 */
export async function dial(context: DialContext, target: Target, options: DialOptions = {}): Promise<Connection> {
  const dialing = new Dialing(context, options);
  const zone = zoneOf(target.host);
  const goal: Endpoint = { hop: "target", host: readHost(target.host), port: target.port, ...(zone && { zone }) };
  const taken = (value: Route): Done<Route> => {
    // Before anything is connected to: nothing would come of it.
    if (target.protocol === "https:") identityFor(dialing.context, goal.host, goal.port);
    return { value, detail: value.reason };
  };
  const { recorder } = dialing;
  const { route: given } = options;
  const route =
    given === undefined
      ? await recorder.run("route", "local", authority(goal), async () => taken(await routeTo(target, goal, dialing)))
      : recorder.runNow("route", "local", authority(goal), () => taken(given));
  if (route.kind === "direct" && route.others === undefined && target.protocol !== "https:")
    return connectPlainly(route, goal, dialing);
  if (route.others === undefined) return connectBy(route, target, goal, dialing, options);
  return byOneOf(route, context, (way) => connectBy(way, target, goal, dialing, options));
}

/** Without a proxy and without TLS nothing can be asked for once more in another way. */
async function connectPlainly(route: Route, goal: Endpoint, dialing: Dialing): Promise<Connection> {
  const socket = await dialing.openSocket(goal);
  watchSocket(socket, (error) => resetFault(error, goal));
  return ready(socket, goal, dialing, { route, stages: dialing.recorder.events });
}

async function connectBy(
  route: Route,
  target: Target,
  goal: Endpoint,
  dialing: Dialing,
  options: DialOptions,
): Promise<Connection> {
  const way = new Way(dialing, target, goal, route, options);
  // Each hop may have to be asked once more without its session, and with other authorities; the target also with a later TLS.
  for (let left = 3 * (route.hops.length + 1) + 1; ;) {
    try {
      return await way.connect();
    } catch (error) {
      // No further than the login's own bound; where time is over the next stage says so.
      if (error instanceof OnAnotherConnection) continue;
      if (dialing.deadline.isOver) throw error;
      if (left > 0 && (await way.canRetry(error))) left--;
      else if (!(await way.hasNewLogin(error))) throw error;
    }
  }
}

/** By the rules for what will be spoken to it. */
function routeTo(target: Target, goal: Endpoint, { context, deadline, signal }: Dialing): Route | Promise<Route> {
  const usual = target.port === 80 ? "http:" : "https:";
  const protocol = target.protocol === "tcp:" ? (target.carries ?? usual) : target.protocol;
  const route = context.route(`${protocol}//${authority(goal)}/`);
  if (!("then" in route)) return route;
  const ms = deadline.left;
  return bounded(
    ms,
    signal,
    () => slowRoute(goal, ms),
    () => route,
  );
}

/** The way of one dial, which may have to be gone more than once. */
class Way {
  readonly #dialing: Dialing;
  readonly #target: Target;
  readonly #goal: Endpoint;
  readonly #route: Route;
  readonly #options: Pick<DialOptions, "alpn" | "groups" | "maxVersion" | "onSecure">;
  readonly #proxies: ProxyHops;

  constructor(
    dialing: Dialing,
    target: Target,
    goal: Endpoint,
    route: Route,
    options: Pick<DialOptions, "alpn" | "groups" | "maxVersion" | "onSecure">,
  ) {
    this.#dialing = dialing;
    this.#target = target;
    this.#goal = goal;
    this.#route = route;
    this.#options = options;
    this.#proxies = new ProxyHops(dialing);
  }

  /** Whether something is different from when `error` came. */
  async canRetry(error: unknown): Promise<boolean> {
    return failedOnResumption(error) || refusedOlderTls(error) || this.#dialing.trustsOtherwise(error);
  }

  hasNewLogin(refusal: unknown): Promise<boolean> {
    return this.#proxies.hasNewLogin(refusal);
  }

  async connect(): Promise<Connection> {
    const { hops } = this.#route;
    this.#proxies.restart();
    for (const [index, hop] of hops.entries()) await this.#proxies.refuseRemembered(hop, this.#towards(index));
    const first = hops[0] === undefined ? this.#goal : proxyEndpoint(hops[0]);
    const leg = { socket: await this.#dialing.openSocket(first) };
    try {
      return await this.#pass(leg);
    } catch (error) {
      // Whatever failed, and wherever: nobody else holds this socket.
      leg.socket.destroy();
      throw error;
    }
  }

  /** Goes through all hops; `leg` holds the socket as it is at the moment. */
  async #pass(leg: { socket: Socket }): Promise<Connection> {
    const { hops } = this.#route;
    const target = this.#target;
    for (const [index, hop] of hops.entries()) {
      if (hop.protocol === "https") leg.socket = await this.#proxies.secure(leg.socket, hop, this.#via(index));
      if (target.protocol === "http:" && index === hops.length - 1 && speaksHttp(hop)) {
        const forward = await this.#proxies.forward(leg.socket, hop, this.#goal);
        return this.#ready(leg.socket, proxyEndpoint(hop), { forward });
      }
      const mayBegin = index === hops.length - 1 && target.protocol === "tcp:" && target.carries === undefined;
      await this.#proxies.connect(leg.socket, hop, this.#towards(index), mayBegin);
    }
    if (target.protocol === "https:") return this.#secureTarget(leg.socket, target);
    watchSocket(leg.socket, (error) => resetFault(error, this.#goal));
    return this.#ready(leg.socket, this.#goal, {});
  }

  /** What hop number `index` is asked for. */
  #towards(index: number): Endpoint {
    const next = this.#route.hops[index + 1];
    return next === undefined ? this.#goal : proxyEndpoint(next);
  }

  /** The hops before number `count`, as a name: sessions and pools of one way are not used on another. */
  #via(count = this.#route.hops.length): string {
    return this.#route.hops.slice(0, count).map(hopKey).join(" ");
  }

  async #secureTarget(socket: Socket, target: HttpTarget): Promise<Connection> {
    const { context, recorder, signal } = this.#dialing;
    const { onSecure, groups } = this.#options;
    const { made, ...rest } = await recorder.run("tls", "target", authority(this.#goal), async () => {
      const wrong = (): Promise<ConnectError | undefined> => insteadOfTls(() => this.#openPlain(), this.#goal);
      const value = await suspecting(signal, wrong, (either) =>
        secureTarget(context, (request) => this.#dialing.startTls(socket, { ...request, begun: onSecure, groups }), {
          goal: this.#goal,
          servername: target.servername ?? this.#goal.host,
          alpn: this.#options.alpn ?? defaultAlpn,
          limited: this.#options.maxVersion !== undefined,
          via: this.#via(),
          ms: this.#dialing.bound("tls"),
          signal: either,
        }),
      );
      return { value, detail: describeTls(value.made) };
    });
    return this.#ready(made.socket, this.#goal, rest);
  }

  /** To ask the target what it speaks: the same way once more, with nothing spoken on it yet. */
  async #openPlain(): Promise<Socket> {
    const { host, port } = this.#target;
    const other = new Way(this.#dialing.probing(), { protocol: "tcp:", host, port }, this.#goal, this.#route, {});
    return (await other.connect()).socket;
  }

  #ready(
    socket: Socket,
    peer: Endpoint,
    { alpn, identity, forward, late }: Partial<Pick<Connection, "alpn" | "identity" | "forward" | "late">>,
  ): Connection {
    const stages = this.#dialing.recorder.events;
    return ready(socket, peer, this.#dialing, { route: this.#route, alpn, identity, forward, late, stages });
  }
}

function ready(
  socket: Socket,
  peer: Endpoint,
  { connected }: Dialing,
  { route, alpn, identity, forward, late, stages }: Partial<Connection> & Pick<Connection, "route" | "stages">,
): Connection {
  if (socket.destroyed) throw connectionFault(socket) ?? cut(peer);
  followConnection(socket, connected);
  return { socket, route, alpn, identity, forward, late, stages };
}
