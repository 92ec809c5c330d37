import { isConnectError } from "../../base/errors.js";
import type { System } from "../../base/system.js";
import { settingName } from "../../policy/index.js";
import type { Policy, ProxyServer } from "../../policy/types.js";
import { directInstead, pacName } from "../faults-pac.js";
import type { PacChoice } from "../select.js";
import type { Route } from "../types.js";
import type { PacWay } from "./answer.js";
import type { PacDecider, PacDecision } from "./decider.js";

/** How long a proxy that cannot be reached goes behind the others. */
const asideMilliseconds = 60_000;

interface Made {
  readonly decision: PacDecision;
  readonly asideVersion: number;
  readonly isForeign: boolean;
  readonly route: Route;
}

/** The proxies that could not be reached lately. */
export class Aside {
  readonly #until = new Map<string, number>();
  readonly #system: System;
  #version = 0;
  #next = Number.POSITIVE_INFINITY;

  constructor(system: System) {
    this.#system = system;
  }

  add(proxy: ProxyServer): void {
    this.#until.set(keyOf(proxy), this.#system.monotonic() + asideMilliseconds);
    this.#changed();
  }

  has(way: PacWay): boolean {
    return way !== "direct" && this.#until.has(keyOf(way));
  }

  /** Another one whenever a proxy is set aside, or is back. */
  get version(): number {
    if (this.#until.size > 0 && this.#system.monotonic() >= this.#next) {
      const now = this.#system.monotonic();
      for (const [key, until] of this.#until) if (until <= now) this.#until.delete(key);
      this.#changed();
    }
    return this.#version;
  }

  #changed(): void {
    this.#version++;
    this.#next = Math.min(...this.#until.values());
  }
}

const keyOf = ({ protocol, host, port }: ProxyServer): string => `${protocol} ${host} ${port}`;

/** What one PAC file says, as routes. */
export class PacRoutes {
  readonly #policy: Policy;
  readonly #decider: PacDecider;
  readonly #aside: Aside;
  readonly #made = new Map<string, Made>();
  #introduced: { readonly url: string; readonly source: PacChoice["source"]; readonly text: string } | undefined;
  /** One object for each proxy: what is known of a proxy is kept by it. */
  readonly #servers = new Map<string, ProxyServer>();

  constructor(policy: Policy, decider: PacDecider, aside: Aside) {
    this.#policy = policy;
    this.#decider = decider;
    this.#aside = aside;
  }

  setAside(proxy: ProxyServer): void {
    this.#aside.add(proxy);
  }

  route(choice: PacChoice): Route | Promise<Route> {
    const { origin, host } = choice.target;
    let decision: PacDecision | Promise<PacDecision>;
    try {
      decision = this.#decider.decide(origin, host);
    } catch (error) {
      return this.#instead(choice, error);
    }
    if (!("then" in decision)) return this.#routeOf(choice, decision);
    return decision.then(
      (decided) => this.#routeOf(choice, decided),
      (error: unknown) => this.#instead(choice, error),
    );
  }

  #routeOf(choice: PacChoice, decision: PacDecision): Route {
    const { origin } = choice.target;
    const asideVersion = this.#aside.version;
    const known = this.#made.get(origin);
    const { isForeign } = this.#decider.source;
    if (known?.decision === decision && known.asideVersion === asideVersion && known.isForeign === isForeign)
      return known.route;
    if (this.#made.size >= mostRoutes) this.#made.clear();
    const route = this.#make(choice, decision);
    this.#made.set(origin, { decision, asideVersion, isForeign, route });
    return route;
  }

  #make({ target: { origin }, source }: PacChoice, { ways: named, said }: PacDecision): Route {
    const ways = this.#isDirectLast(named) ? [...named, "direct" as const] : named;
    const dead = ways.filter((way) => this.#aside.has(way));
    const ordered = [...ways.filter((way) => !dead.includes(way)), ...dead];
    const { trouble, url } = this.#decider.source;
    const notes = [
      ...(dead.length > 0 && dead.length < ways.length ? ["what could not be reached lately comes last"] : []),
      ...(trouble === undefined ? [] : [`an older copy, since now ${trouble.code}`]),
      ...(ways === named ? [] : ["and it is to be direct where the file cannot be had"]),
    ];
    const note = notes.length > 0 ? ` (${notes.join("; ")})` : "";
    const reason = `${this.#introduce(url, source)} says ${said}${note}`;
    const [first, ...others] = ordered.map((way): Route => {
      if (way === "direct") return { origin, kind: "direct", hops: [], reason, source, mayChange: true };
      return { origin, kind: "proxy", hops: [this.#serverOf(way)], reason, source, mayChange: true };
    });
    if (first === undefined) throw new Error("a PAC file that names no way is direct");
    return others.length === 0 ? first : { ...first, others };
  }

  /** To take a secret out of a URL takes longer than most files take to decide. */
  #introduce(url: string, source: PacChoice["source"]): string {
    const known = this.#introduced;
    if (known?.url === url && known.source === source) return known.text;
    const text = `${pacName(url)} (${settingName(source)})`;
    this.#introduced = { url, source, text };
    return text;
  }

  /**
   * A laptop that has left the network of its PAC file: what that says counts as long as its proxies are there, and after them what the
   * settings say of a PAC file that cannot be had.
   */
  #isDirectLast(named: readonly PacWay[]): boolean {
    const { pacFallback } = this.#policy;
    return this.#decider.source.isForeign && pacFallback.value === "direct" && !named.includes("direct");
  }

  /** A login only for a proxy that settings name with one: whoever writes the PAC file must not choose who is told a password. */
  #serverOf(named: ProxyServer): ProxyServer {
    const key = keyOf(named);
    let server = this.#servers.get(key);
    if (server === undefined) {
      server = this.#policy.pacLogins.find((known) => keyOf(known) === key) ?? named;
      if (this.#servers.size >= mostRoutes) this.#servers.clear();
      this.#servers.set(key, server);
    }
    return server;
  }

  #instead({ target: { origin }, source }: PacChoice, error: unknown): Route {
    const { value, source: setting } = this.#policy.pacFallback;
    if (value !== "direct" || !isConnectError(error)) throw error;
    const reason = directInstead(settingName(setting), error);
    return { origin, kind: "direct", hops: [], reason, source, mayChange: true };
  }
}

const mostRoutes = 4096;
