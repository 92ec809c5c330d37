import type { ConnectError } from "../../base/errors.js";
import { choicesOf, sameProxy, serversOf, settingName } from "../../policy/index.js";
import type { Policy, ProxyAuth, ProxyServer } from "../../policy/types.js";
import { matchNoProxy } from "../../route/index.js";
import { ticketNotAllowed } from "./faults.js";
import { helperNotAllowed } from "./faults-helper.js";

/**
 * Whether this user's ticket, and what a helper gives, may go to a proxy: not where a PAC file alone names it. Whoever writes that file must not
 * choose who is given them. A password is for one proxy by itself, the one whose setting it stands in or for which it was stored.
 */
function isAllowed(policy: Policy, proxy: ProxyServer): boolean {
  const choices = choicesOf(policy);
  if (!choices.some(({ kind }) => kind === "pac")) return true;
  const named = [...choices.flatMap(serversOf), ...policy.pacLogins];
  if (named.some((server) => sameProxy(server, proxy))) return true;
  const allowed = policy.proxyAuth.hosts?.value;
  return allowed !== undefined && matchNoProxy(allowed, proxy.host, proxy.port) !== undefined;
}

/** Why this user's ticket does not go to a proxy; undefined where it may. */
export function withoutTicket(policy: Policy, proxy: ProxyServer): ConnectError | undefined {
  return isAllowed(policy, proxy) ? undefined : ticketNotAllowed(proxy, policy.prefix);
}

/** What gives the login for this proxy: its own setting goes before a helper. */
export function helperFor(policy: Policy, proxy: ProxyServer): ProxyAuth["helper"] {
  const { helper } = policy.proxyAuth;
  return helper !== undefined && proxy.login === undefined && isAllowed(policy, proxy) ? helper : undefined;
}

/** Why the helper is not asked for this proxy; undefined where there is none, or it is. */
export function withheldHelper(policy: Policy, proxy: ProxyServer): ConnectError | undefined {
  const { helper } = policy.proxyAuth;
  if (helper === undefined || isAllowed(policy, proxy)) return undefined;
  return helperNotAllowed(proxy, settingName(helper.source), policy.prefix);
}
