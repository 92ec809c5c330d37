import { percentDecoded } from "../base/percent.js";
import type { NodeAgent } from "../clients/index.js";
import { hostPortKey, hostPortOfUrl, usualPort } from "./host-port.js";
import type { HostPort } from "./types.js";

type Variables = Readonly<Record<string, string | undefined>>;

/** A proxy, as far as two of them differ: where it is, and as whom it is asked. */
interface Known {
  /** `host:port`. */
  readonly peer: string;
  readonly user: string;
}

/** What agents of all kinds keep about their proxy: a URL, or options. */
interface ProxyRecord {
  readonly href?: unknown;
  readonly protocol?: unknown;
  readonly hostname?: unknown;
  readonly host?: unknown;
  readonly port?: unknown;
  readonly auth?: unknown;
  readonly proxyAuth?: unknown;
}

/**
 * The proxies that this process's variables name. A library that goes to one of them has read the same variables, so that it is
 * our policy's to say how: with its login, certificates and exceptions. Any other proxy is the program's own choice.
 */
export class NamedProxies {
  readonly #known: readonly Known[];

  constructor(...environments: readonly Variables[]) {
    this.#known = environments
      .flatMap((variables) => Object.entries(variables))
      .filter(([name]) => /^(?:https?|all)_proxy$/i.test(name))
      .map(([, value = ""]) => parse(value.trim()))
      .filter((known) => known !== undefined);
  }

  isAt(peer: HostPort): boolean {
    const key = hostPortKey(peer);
    return this.#known.some((known) => known.peer === key);
  }

  /** What an agent keeps about its proxy (https-proxy-agent, hpagent: `proxy`; tunnel: `proxyOptions`) names one of these. */
  isOf(agent: object): boolean {
    const { proxy, proxyOptions } = agent as { readonly proxy?: unknown; readonly proxyOptions?: unknown };
    const kept = proxy ?? proxyOptions;
    const read = typeof kept === "string" ? parse(kept) : readRecord(kept);
    // An agent that knows no login leaves it to be put into a header.
    return (
      read !== undefined && this.#known.some(({ peer, user }) => peer === read.peer && ["", user].includes(read.user))
    );
  }

  /** Every proxy in these variables is one of ours: Node's own agents keep a copy of those that they go by. */
  hasAllOf(variables: Variables): boolean {
    return new NamedProxies(variables).#known.every(({ peer, user }) =>
      this.#known.some((known) => known.peer === peer && known.user === user),
    );
  }
}

function parse(text: string): Known | undefined {
  const url = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (text === "" || !URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  return { peer: hostPortKey(hostPortOfUrl(parsed)), user: percentDecoded(parsed.username) };
}

function readRecord(kept: unknown): Known | undefined {
  if (typeof kept !== "object" || kept === null) return undefined;
  const { href, protocol, hostname, host, port, auth, proxyAuth } = kept as ProxyRecord;
  const login = auth ?? proxyAuth;
  if (typeof href === "string" && login === undefined) return parse(href);
  const name = hostname ?? host;
  if (typeof name !== "string") return undefined;
  const user = typeof login === "string" ? (login.split(":", 1)[0] ?? "") : "";
  const usual = usualPort(typeof protocol === "string" ? protocol : undefined);
  return { peer: hostPortKey({ host: name, port: Number(port) || usual }), user };
}

/** Node 24 and later: an agent that goes by proxy variables by itself; it may have been handed others than the process's. */
function proxyEnvironment(agent: NodeAgent): Variables | undefined {
  const { proxyEnv } = (agent.options ?? {}) as { readonly proxyEnv?: Variables };
  return typeof proxyEnv === "object" && proxyEnv !== null ? proxyEnv : undefined;
}

/** Whether an agent is one of those. */
export function hasProxyEnvironment(agent: NodeAgent): boolean {
  return proxyEnvironment(agent) !== undefined;
}

/** One of those that names another proxy than this process's variables do: the program's own choice. */
export function hasProxyOfItsOwn(agent: NodeAgent, proxies: NamedProxies): boolean {
  const environment = proxyEnvironment(agent);
  return environment !== undefined && !proxies.hasAllOf(environment);
}
