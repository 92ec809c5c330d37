import { accept, acceptFor, report, type Candidate, type Findings } from "./findings.js";
import type { SettingsSource } from "./source.js";
import type { Policy, ProxyChoice, ProxyServer, Setting } from "./types.js";
import { defined } from "./defined.js";
import { serversOf } from "./proxy-url.js";

/**
 * The proxy for https, and that for http. Within one source a PAC file goes before the setting for the scheme, and that
 * before the one for all. What is set for http alone serves https as well where no source says anything for https: Claude
 * Code does so, and networks are set up that way.
 *
 * What is wrong with a value counts for the URLs that it decides for. Only where no URL would be left is it a fault of the whole.
 */
export function chooseProxies(sources: readonly SettingsSource[], findings: Findings): Policy["proxy"] {
  const forHttps = sources.flatMap(({ pac, proxy }) => [pac, proxy.https, proxy.all]);
  const forHttp = sources.flatMap(({ pac, proxy }) => [pac, proxy.http, proxy.all]);
  const fallback = sources.map(({ proxy }) => proxy.http).find((candidate) => candidate !== undefined);
  const explicit = forHttps.find((candidate) => candidate !== undefined);
  const https = explicit ?? fallback;
  const http = forHttp.find((candidate) => candidate !== undefined);

  const stuck = [https, http].every((candidate) => candidate?.value.kind === "invalid");
  const offered = new Set(
    sources
      .flatMap(({ pac, proxy }) => [pac, proxy.https, proxy.http, proxy.all])
      .filter((candidate) => candidate !== undefined),
  );
  for (const candidate of offered) {
    if (candidate === https && (candidate === http || stuck)) accept(candidate, findings);
    else if (candidate === https) acceptFor(candidate, "https URLs", findings);
    else if (candidate === http && stuck) accept(candidate, findings);
    else if (candidate === http) acceptFor(candidate, "http URLs", findings);
    else report(candidate, findings, candidate.name === "httpProxy" ? http : (https ?? http));
  }
  if (explicit === undefined && fallback !== undefined) report({ ...fallback, name: "httpsProxy" }, findings);
  return defined({ https: settingOf(https), http: settingOf(http) });
}

/** What a policy says of the way out, for all hosts and for single ones. */
export function choicesOf({ proxy, routes }: Pick<Policy, "proxy" | "routes">): readonly ProxyChoice[] {
  const forAll = [proxy.https?.value, proxy.http?.value].filter((choice) => choice !== undefined);
  return [...forAll, ...routes.map((rule) => rule.proxy)];
}

/** Every proxy that a source names with a login, whether or not it is used: that of the first source counts. */
export function loginsIn(sources: readonly SettingsSource[]): readonly ProxyServer[] {
  const choices = sources.flatMap(({ proxy, routes }) => [
    proxy.https?.value,
    proxy.all?.value,
    proxy.http?.value,
    ...routes.map((rule) => rule.proxy),
  ]);
  return choices.flatMap(serversOf).filter(({ login }) => login !== undefined);
}

function settingOf(candidate: Candidate<ProxyChoice> | undefined): Setting<ProxyChoice> | undefined {
  return candidate && { value: candidate.value, source: candidate.source };
}
