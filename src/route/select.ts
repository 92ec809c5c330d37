import { readUrl } from "../base/read-url.js";
import { formatHostPort, hostPortOf } from "../base/hostname.js";
import { parseIp } from "../base/ip.js";
import { serversOf, settingName } from "../policy/index.js";
import type { Policy, ProxyChoice, RouteRule, Setting, Source } from "../policy/types.js";
import { notAUrl, pacNotAsked, unsupportedTarget } from "./faults.js";
import { firstMatch, isLocal, type MatchTarget } from "./match.js";
import type { Route } from "./types.js";

export type TargetUrl = MatchTarget & { readonly secure: boolean; readonly origin: string };

const builtIn: Source = { kind: "default" };

/**
 * Says how `url` (http, https, ws or wss) is reached, and why. Touches no network.
 *
 * In this order: the first route rule that names the host; direct where no proxy is set; direct for what NO_PROXY names;
 * direct for loopback and link-local targets, unless NO_PROXY holds `<-loopback>`; else the proxy of the URL's scheme. A rule
 * for `*` does not count for loopback and link-local targets either: a rule that means them names them.
 *
 * @throws ConnectError PROXY_URL_INVALID, PROXY_SCHEME_UNSUPPORTED or CONFIG_INVALID where the setting that decides is
 * unusable: nothing goes direct by accident. CONFIG_INVALID also for what is not such a URL, and where a PAC file decides, which has to
 * be read first: a network's `route` does that.
 */
export function selectRoute(policy: Policy, url: string | URL): Route {
  const chosen = chooseRoute(policy, url);
  if ("pac" in chosen) throw pacNotAsked(chosen.source, chosen.pac);
  return chosen;
}

/** A PAC file decides, which takes time. */
export interface PacChoice {
  /** URL of the file. */
  readonly pac: string;
  readonly target: TargetUrl;
  /** Why it is asked. */
  readonly reason: string;
  readonly source: Source;
}

/** The same, where a PAC file may decide. */
export function chooseRoute(policy: Policy, url: string | URL): Route | PacChoice {
  const target = readTarget(url);
  const local = isLocal(target) && !policy.noProxy.value.proxyLoopback;
  for (const rule of policy.routes) {
    const pattern = firstMatch(rule.hosts, target);
    if (pattern === undefined || (local && pattern.kind === "all")) continue;
    return follow(rule.proxy, rule.source, target, ruleReason(rule, pattern.text));
  }
  const proxy = target.secure ? policy.proxy.https : policy.proxy.http;
  if (proxy === undefined) return direct(target, "no proxy is set", builtIn);
  const entry = firstMatch(policy.noProxy.value.entries, target);
  const { source } = policy.noProxy;
  if (entry !== undefined) return direct(target, `${settingName(source)} entry "${entry.text}" matches`, source);
  if (local) return direct(target, `${target.host} is always direct`, builtIn);
  return follow(proxy.value, proxy.source, target, proxyReason(proxy, target));
}

function follow(choice: ProxyChoice, source: Source, target: TargetUrl, reason: string): Route | PacChoice {
  switch (choice.kind) {
    case "direct":
      return direct(target, reason, source);
    case "server":
    case "chain":
      return { origin: target.origin, kind: "proxy", hops: serversOf(choice), reason, source };
    case "invalid":
      throw choice.fault;
    case "pac":
      return { pac: choice.url, target, reason, source };
  }
}

function direct(target: TargetUrl, reason: string, source: Source): Route {
  return { origin: target.origin, kind: "direct", hops: [], reason, source };
}

function ruleReason(rule: RouteRule, pattern: string): string {
  return `the rule for "${pattern}" (${settingName(rule.source)}) matches`;
}

function proxyReason(proxy: Setting<ProxyChoice>, target: TargetUrl): string {
  const name = settingName(proxy.source);
  if (proxy.source.kind === "system")
    return proxy.value.kind === "direct" ? `${name} name no proxy for it` : `${name} say so`;
  if (proxy.value.kind === "direct") return `${name} says direct`;
  const forHttp = target.secure && isForHttp(proxy.source);
  return forHttp ? `${name} is set, and nothing is set for https` : `${name} is set`;
}

/** Whether a setting speaks of http alone, and serves https as the last resort. */
function isForHttp(source: Source): boolean {
  switch (source.kind) {
    case "variable":
      return source.name.toLowerCase() === "http_proxy";
    case "file":
      return source.pointer.endsWith("/httpProxy");
    case "option":
      return source.name === "httpProxy";
    default:
      return false;
  }
}

function readTarget(url: string | URL): TargetUrl {
  const parsed = typeof url === "string" ? parseUrl(url) : url;
  const secure = parsed.protocol === "https:" || parsed.protocol === "wss:";
  if (!secure && parsed.protocol !== "http:" && parsed.protocol !== "ws:") {
    throw unsupportedTarget(parsed.protocol);
  }
  const { host, port } = hostPortOf(parsed);
  const origin = `${secure ? "https" : "http"}://${formatHostPort(host, port)}`;
  return { host, address: parseIp(host), port, secure, origin };
}

function parseUrl(text: string): URL {
  // A zone (RFC 6874) says which interface, not which host; a WHATWG URL rejects it.
  const zoneless = text.includes("%") ? text.replace(/^(\w+:\/\/(?:[^/?#]*@)?\[[0-9a-f:.]+)%[^\]/]*\]/i, "$1]") : text;
  const url = readUrl(zoneless);
  if (url !== undefined) return url;
  throw notAUrl(text);
}
