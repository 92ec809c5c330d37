import { formatProxyChoice, settingName, type Policy, type ProxyChoice } from "../../policy/index.js";
import { redactUrl } from "../../base/redact.js";
import type { GatewayStatus } from "../types.js";

type RouteRow = GatewayStatus["routes"][number];

/**
 * How the settings send traffic, in the order in which `selectRoute` decides: the rules of config files, NO_PROXY, loopback,
 * the proxy variables. The last rows say what happens to all hosts that no row above names. Holds no login.
 */
export function describeRoutes(policy: Policy): readonly RouteRow[] {
  const rules = policy.routes.map(({ hosts, proxy, source }) => ({
    hosts: hosts.map(({ text }) => text).join(", "),
    way: wayOf(proxy),
    source: settingName(source),
  }));
  const rest = rules.length === 0 ? "every" : "every other";
  const { https, http } = policy.proxy;
  if (https === undefined && http === undefined) {
    return [...rules, { hosts: `${rest} host`, way: "direct", source: "no proxy is set" }];
  }
  return [...rules, ...exemptions(policy), ...byScheme(policy, exemptions(policy).length === 0 ? rest : "every other")];
}

/** What goes direct although a proxy is set. */
function exemptions({ noProxy: { value, source } }: Policy): RouteRow[] {
  const named = value.entries.map(({ text }) => ({ hosts: text, way: "direct", source: settingName(source) }));
  if (value.proxyLoopback) return named;
  return [...named, { hosts: "loopback and link-local addresses", way: "direct", source: "always direct" }];
}

function byScheme({ proxy: { https, http } }: Policy, rest: string): RouteRow[] {
  const row = (hosts: string, setting: Policy["proxy"]["https"]): RouteRow => ({
    hosts,
    way: setting === undefined ? "direct" : wayOf(setting.value),
    source: setting === undefined ? "no proxy is set" : settingName(setting.source),
  });
  const forHttps = row(`${rest} https host`, https);
  const forHttp = row(`${rest} http host`, http);
  const same = forHttps.way === forHttp.way && forHttps.source === forHttp.source;
  return same ? [{ ...forHttps, hosts: `${rest} host` }] : [forHttps, forHttp];
}

function wayOf(choice: ProxyChoice): string {
  switch (choice.kind) {
    case "pac":
      return `the proxy that ${redactUrl(choice.url)} names`;
    case "invalid":
      return `nowhere: ${choice.fault.message}`;
    default:
      return formatProxyChoice(choice);
  }
}
