import { isConnectError } from "../../base/errors.js";
import { settingName } from "../../policy/index.js";
import type { Policy, ProxyServer } from "../../policy/types.js";
import { directInstead, pacName } from "../faults-pac.js";
import type { PacChoice } from "../select.js";
import type { Route } from "../types.js";
import type { PacWay } from "./answer.js";
import { type Aside, keyOf, type ProxyProbe } from "./aside.js";
import type { PacDecider, PacDecision } from "./decider.js";

interface Made {
  readonly decision: PacDecision;
  readonly asideVersion: number;
  readonly isForeign: boolean;
  readonly route: Route;
}

/** What one PAC file says, as routes. */
export class PacRoutes {
  readonly #policy: Policy;
  readonly #decider: PacDecider;
  readonly #aside: Aside;
  readonly #made = new Map<string, Made>();
  #introduced: { readonly url: string; readonly source: PacChoice["source"]; readonly text: string } | undefined;
  /** One object for each proxy: what is known of a proxy is kept by it. */
  readonly #servers = new Map<string, ProxyServer>();
  readonly #probe: ProxyProbe | undefined;
  /** What was found out in this network, or is being found out. */
  readonly #probed = new Map<string, Promise<boolean>>();

  constructor(policy: Policy, decider: PacDecider, aside: Aside, probe: ProxyProbe | undefined) {
    this.#policy = policy;
    this.#decider = decider;
    this.#aside = aside;
    this.#probe = probe;
  }

  setAside(proxy: ProxyServer, isSilent: boolean): void {
    this.#aside.add(proxy, isSilent);
  }

  /** The origins that were asked about last. */
  get inUse(): readonly string[] {
    return [...this.#made.keys()].slice(-mostInUse);
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

  #routeOf(choice: PacChoice, decision: PacDecision): Route | Promise<Route> {
    const { origin } = choice.target;
    const asideVersion = this.#aside.version;
    const known = this.#made.get(origin);
    const { isForeign } = this.#decider.source;
    if (known?.decision === decision && known.asideVersion === asideVersion && known.isForeign === isForeign)
      return known.route;
    const ways = this.#isDirectLast(decision.ways) ? [...decision.ways, "direct" as const] : decision.ways;
    const probe = this.#decider.source.hasMoved && ways.length > 1 ? this.#probe : undefined;
    if (probe === undefined) return this.#keep(choice, decision, ways);
    return this.#firstThere(ways, probe).then(() => this.#keep(choice, decision, ways));
  }

  #keep(choice: PacChoice, decision: PacDecision, ways: readonly PacWay[]): Route {
    const asideVersion = this.#aside.version;
    const { isForeign } = this.#decider.source;
    if (this.#made.size >= mostRoutes) this.#made.clear();
    const route = this.#make(choice, decision, ways);
    this.#made.set(choice.target.origin, { decision, asideVersion, isForeign, route });
    return route;
  }

  /**
   * In a network that the machine has moved into, a proxy of before may be one to which packets get lost: a connection would find that out when its
   * whole time is over. So each of several ways is asked for once, for a second at most, and set aside where it does not answer.
   */
  async #firstThere(ways: readonly PacWay[], probe: ProxyProbe): Promise<void> {
    const found = ways.map((way) => way === "direct" || this.#isThere(way, probe));
    for (const isThere of found) if (await isThere) return;
  }

  #isThere(proxy: ProxyServer, probe: ProxyProbe): Promise<boolean> {
    const key = keyOf(proxy);
    let found = this.#probed.get(key);
    if (found === undefined) {
      found = probe(proxy).then((isThere) => {
        if (!isThere) this.#aside.add(proxy, true);
        return isThere;
      });
      if (this.#probed.size >= mostRoutes) this.#probed.clear();
      this.#probed.set(key, found);
    }
    return found;
  }

  #make({ target: { origin }, source }: PacChoice, { said, ways: named }: PacDecision, ways: readonly PacWay[]): Route {
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
const mostInUse = 16;
