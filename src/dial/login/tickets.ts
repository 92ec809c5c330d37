import type { ConnectError } from "../../base/errors.js";
import { choicesOf, sameProxy, serversOf } from "../../policy/index.js";
import type { Policy, ProxyServer } from "../../policy/types.js";
import { matchNoProxy } from "../../route/index.js";
import { ticketNotAllowed } from "./faults.js";

/**
 * Why this user's ticket does not go to a proxy: a PAC file alone names it. Whoever writes that file must not choose who is given tickets. A
 * password is for one proxy by itself, the one whose setting it stands in or for which it was stored.
 */
export function withoutTicket(policy: Policy, proxy: ProxyServer): ConnectError | undefined {
  const choices = choicesOf(policy);
  if (!choices.some(({ kind }) => kind === "pac")) return undefined;
  const named = [...choices.flatMap(serversOf), ...policy.pacLogins];
  if (named.some((server) => sameProxy(server, proxy))) return undefined;
  const allowed = policy.proxyAuth.hosts?.value;
  const isAllowed = allowed !== undefined && matchNoProxy(allowed, proxy.host, proxy.port) !== undefined;
  return isAllowed ? undefined : ticketNotAllowed(proxy, policy.prefix);
}
