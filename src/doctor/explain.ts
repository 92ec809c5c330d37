import type { LoginPlace, StoredLogins } from "../base/system.js";
import type { Route } from "../route/types.js";
import { identityMeantFor } from "../dial/index.js";
import type { Identity } from "../identity/types.js";
import { configurationFaults, configurationWarnings } from "./configuration.js";
import { parseTarget, toTarget, withoutLogin } from "./parse-target.js";
import { commonNoProxy, readAll } from "../tools/index.js";
import { reportRoute } from "../route/index.js";
import type { Diagnosable, Explanation, IdentityReport } from "./types.js";

/**
 * What applies to one URL, and why: the route, the client certificate, the authorities, and how other tools would read
 * the same variables. Nothing is connected to (a PAC file may be fetched to choose the route).
 *
 * @param storedLogins what the user has stored with `sallyport login`
 * @throws ConnectError where no route can be chosen, or a stored login's file cannot be used.
 */
export async function explain(
  network: Omit<Diagnosable, "dial" | "system">,
  url: string,
  variables: Readonly<Record<string, string>>,
  storedLogins?: Pick<StoredLogins, "find">,
): Promise<Explanation> {
  const parsed = parseTarget(url);
  const target = toTarget(parsed);
  const route = await network.route(parsed.href);
  const meant = identityMeantFor(network, target.host, target.port);
  const identity = meant !== undefined && "fault" in meant ? undefined : meant;
  return {
    url: withoutLogin(parsed),
    route: reportRoute(route),
    storedLogin: (await placeOfLogin(route, storedLogins)) ?? null,
    identity: identity === undefined ? null : reportIdentity(identity),
    trust: {
      certificates: network.trust.certificates.length,
      extra: network.trust.extra.length,
      sources: network.trust.sources,
    },
    // Whatever else is broken does not stop the explanation; it is told with it.
    warnings: [...configurationFaults(network), ...configurationWarnings(network)],
    models: readAll(parsed, variables, route.hops[0]),
    noProxy: commonNoProxy(parsed, network.policy.noProxy.value, variables, route.hops[0]) ?? null,
  };
}

/** What is configured goes before what is stored. */
async function placeOfLogin(
  { hops }: Route,
  storedLogins: Pick<StoredLogins, "find"> | undefined,
): Promise<LoginPlace | undefined> {
  for (const hop of hops) {
    const place = hop.login === undefined ? await storedLogins?.find(hop) : undefined;
    if (place !== undefined) return place;
  }
  return undefined;
}

function reportIdentity({ name, subject, issuer, notBefore, notAfter, files }: Identity): IdentityReport {
  return { name, subject, issuer, notBefore, notAfter, files };
}
