import type { OsProxyServer, OsProxySettings, Snapshot } from "../env/index.js";
import { defined } from "./defined.js";
import { cannotReadOsProxy, detectsByItself, onlyForSome, osSetting } from "./faults-os.js";
import type { Candidate, Findings } from "./findings.js";
import { formatNoProxy, parseNoProxy } from "./no-proxy.js";
import { proxyLogin } from "./proxy-login.js";
import { parsePacUrl, parseProxy, proxyCandidate } from "./proxy-url.js";
import { emptySource, type SettingsSource } from "./source.js";
import type { NoProxyEntry, Policy, ProxyChoice, Source } from "./types.js";

/**
 * The proxy settings of the operating system as the last source. They count as a whole or not at all: where another source names a proxy (or
 * says "direct"), they are not even read, since their exceptions are meant for their proxies. Where their PAC file cannot be had,
 * connections are direct unless a setting says otherwise: browsers do so, and a laptop at home has to.
 */
export function readOsSettings(snapshot: Snapshot, findings: Findings): SettingsSource {
  findings.osAsked = true;
  const settings = snapshot.osProxy?.();
  if (settings === undefined) return emptySource;
  const source: Source = { kind: "system", name: settings.from };
  tell(settings, source, findings);
  const { pac, https, http } = settings;
  const hasProxy = https !== undefined || http !== undefined;
  return defined({
    ...emptySource,
    proxy: hasProxy ? { https: proxy("httpsProxy", https, source), http: proxy("httpProxy", http, source) } : {},
    noProxy: noProxy(settings, source),
    pac: pac === undefined ? undefined : proxyCandidate("pac", parsePacUrl(pac, osSetting(source.name, "PAC")), source),
    pacFallback:
      pac === undefined ? undefined : { name: "pacFallback", value: "direct" as const, shown: "direct", source },
  });
}

const asked = new WeakMap<Policy, Snapshot>();

/** The settings of the operating system had a say in this policy, if only by saying nothing. */
export function rememberAsked(policy: Policy, snapshot: Snapshot): void {
  asked.set(policy, snapshot);
}

/** Whether the operating system says something else by now, where it had a say in this policy. It may start a program. */
export function saysOsOtherwise(policy: Policy): boolean {
  const snapshot = asked.get(policy);
  const now = snapshot?.osProxy?.(true);
  // It could not be asked just now, which says nothing.
  if (now?.problem?.kind === "command") return false;
  return JSON.stringify(now) !== JSON.stringify(snapshot?.osProxy?.());
}

function tell({ problem, detects }: OsProxySettings, source: Source, { reports }: Findings): void {
  const say = (value: string): void => void reports.push({ name: "osProxy", value, source });
  if (detects) say(detectsByItself());
  if (problem?.kind === "command") say(cannotReadOsProxy(problem.command, problem.code));
  else if (problem !== undefined) say(onlyForSome());
}

/** A scheme without a proxy is direct there: it does not take the other one's. */
function proxy(
  name: string,
  server: OsProxyServer | undefined,
  source: Source & { kind: "system" },
): Candidate<ProxyChoice> {
  if (server === undefined) return proxyCandidate(name, { kind: "direct" }, source);
  const { protocol, address, login } = server;
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `${protocol}://${address}`;
  const { choice, warnings } = parseProxy(url, osSetting(source.name, "proxy"));
  if (choice.kind !== "server" || login === undefined) return proxyCandidate(name, choice, source, warnings);
  const password = { kind: "inline", secret: login.password } as const;
  const withLogin = { ...choice.server, login: proxyLogin(login.username, password) };
  return proxyCandidate(name, { kind: "server", server: withLogin }, source, warnings);
}

function noProxy({ exceptions, simpleNames, from }: OsProxySettings, source: Source): SettingsSource["noProxy"] {
  if (exceptions.length === 0 && simpleNames === undefined) return undefined;
  const { rules, warnings } = parseNoProxy(exceptions, osSetting(from, "exceptions"));
  const simple: NoProxyEntry[] = simpleNames ? [{ kind: "simple-names", text: "<local>" }] : [];
  const shown = [formatNoProxy(exceptions), ...(simpleNames ? ["<local>"] : [])].filter((text) => text !== "");
  return {
    name: "noProxy",
    value: { ...rules, entries: [...rules.entries, ...simple] },
    source,
    shown: shown.join(","),
    warnings,
  };
}
