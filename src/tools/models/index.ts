import { bareHost, formatHost, formatHostPort, usualPort } from "../../base/hostname.js";
import { trimInvisible } from "../../base/invisible.js";
import { oddEdge } from "../../base/odd-edges.js";
import { axios } from "./axios.js";
import { bun } from "./bun.js";
import { curl } from "./curl.js";
import { deno } from "./deno.js";
import { git } from "./git.js";
import { globalAgent } from "./global-agent.js";
import { go } from "./go.js";
import { java } from "./java.js";
import { node22Http, node24Http } from "./node-http.js";
import { proxyFromEnv } from "./proxy-from-env.js";
import { requests, urllib } from "./python.js";
import { undici6, undici7, undici8 } from "./undici.js";
import { vscode } from "./vscode.js";
import type { ProxyModel, Reading, ReadTarget } from "./types.js";

export type { ProxyModel, Reading, ReadTarget } from "./types.js";

/** Every tool whose reading of the proxy variables was recorded and is reproduced in full by its model. */
export const proxyModels: readonly ProxyModel[] = [
  curl,
  git,
  go,
  requests,
  urllib,
  java,
  bun,
  deno,
  node22Http,
  node24Http,
  undici6,
  undici7,
  undici8,
  axios,
  proxyFromEnv,
  vscode,
  globalAgent,
];

/** Where our own route leads: undefined for direct, else the first proxy. */
export type OwnWay = { readonly protocol: string; readonly host: string; readonly port: number } | undefined;

type Variables = Readonly<Record<string, string>>;

export function readTarget(url: URL): ReadTarget {
  const protocol = url.protocol === "https:" || url.protocol === "wss:" ? "https" : "http";
  return {
    protocol,
    hostname: url.hostname,
    host: bareHost(url.hostname),
    port: url.port === "" ? usualPort(`${protocol}:`) : Number(url.port),
    writtenPort: url.port,
  };
}

/** What every modelled tool would do for `url`, given these variables, in a fixed order. */
export function readAll(url: URL, variables: Variables, own: OwnWay): Reading[] {
  const target = readTarget(url);
  return proxyModels.map((model) => read(model, target, variables, own));
}

function read(model: ProxyModel, target: ReadTarget, variables: Variables, own: OwnWay): Reading {
  const way = decide(model, target, variables);
  const agrees = own === undefined ? way.outcome === "direct" : way.outcome === "proxy" && samePeer(way.proxy, own);
  return { id: model.id, tool: model.tool, ...way, condition: model.condition ?? null, agrees };
}

type Way = Pick<Reading, "outcome" | "proxy" | "reason">;

function decide(model: ProxyModel, target: ReadTarget, variables: Variables): Way {
  const { name, value, noProxyName, noProxy } = model.instead?.(variables, target) ?? given(model, target, variables);
  if (value === "") return direct(`it sees no proxy in ${name}`);
  if (model.bypasses(noProxy, target)) {
    return direct(
      noProxyName === "" ? "it keeps this address away from every proxy" : `it takes ${noProxyName} to cover this host`,
    );
  }
  const edge = oddEdge(value);
  const taken = edge === undefined ? undefined : model.edges?.[edge];
  if (taken === "direct") return direct(`it cannot read ${name} for the ${edge}, and goes past the proxy`);
  if (taken === "fails")
    return { outcome: "error", proxy: null, reason: `it does not take the ${edge} off ${name}, and fails` };
  const proxy = parseProxy(value);
  if (proxy === undefined) return { outcome: "error", proxy: null, reason: `it cannot read ${name}` };
  if (!(model.schemes ?? ["http", "https"]).includes(proxy.protocol)) {
    const scheme = `${proxy.protocol}://`;
    if (model.unknownScheme === "direct")
      return direct(`it does not know ${scheme} in ${name}, and goes past the proxy`);
    return { outcome: "error", proxy: null, reason: `it cannot use ${scheme} in ${name}` };
  }
  return { outcome: "proxy", proxy: `${proxy.protocol}://${proxy.host}:${proxy.port}`, reason: `it takes ${name}` };
}

/** The variables that the model looks at, and what they hold. */
function given(
  model: ProxyModel,
  { protocol }: ReadTarget,
  variables: Variables,
): ReturnType<NonNullable<ProxyModel["instead"]>> {
  const names = model.variables[protocol];
  const name = firstSet(names, variables);
  const noProxyName = firstSet(model.variables.noProxy, variables) ?? "";
  return {
    name: name ?? names.join(", "),
    value: variables[name ?? ""] ?? "",
    noProxyName,
    noProxy: variables[noProxyName] ?? "",
  };
}

const direct = (reason: string): Way => ({ outcome: "direct", proxy: null, reason });

function firstSet(names: readonly string[], variables: Variables): string | undefined {
  return names.find((name) => (variables[name] ?? "") !== "");
}

const defaultPorts: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  socks4: 1080,
  socks4a: 1080,
  socks5: 1080,
  socks5h: 1080,
  socks: 1080,
};

/** Only what may be shown: the login is dropped here. */
function parseProxy(value: string): { protocol: string; host: string; port: number } | undefined {
  const text = trimInvisible(value);
  let url: URL;
  try {
    url = new URL(text.includes("://") ? text : `http://${text}`);
  } catch {
    return undefined;
  }
  const protocol = url.protocol.slice(0, -1);
  if (url.hostname === "") return undefined;
  return {
    protocol,
    host: formatHost(url.hostname),
    port: url.port === "" ? (defaultPorts[protocol] ?? 0) : Number(url.port),
  };
}

function samePeer(proxy: string | null, own: NonNullable<OwnWay>): boolean {
  return proxy === `${own.protocol}://${formatHostPort(own.host, own.port)}`;
}
