import type { Snapshot } from "../env/index.js";
import { authHelper, defaultTtl } from "./auth-helper.js";
import { readClaudeSettings } from "./claude-settings.js";
import { readConfig, type ConfigSources } from "./config-file.js";
import { readVariables } from "./environment-source.js";
import { acceptFile, choose, report, type Candidate, type FileCandidate, type Findings } from "./findings.js";
import { asWarning, notUsed, raiseSeverity, theyFail } from "./faults.js";
import { mergeDefault, mergeIdentities } from "./identities.js";
import { emptySource, type CertificateStore, type SettingsSource } from "./source.js";
import { formatNoProxy } from "./no-proxy.js";
import { readOsSettings, rememberAsked } from "./os-source.js";
import { readOptions, wrongOptions } from "./options-source.js";
import { pathCandidate, type PathContext } from "./path-setting.js";
import { portableOptions } from "./portable-options.js";
import { chooseProxies, loginsIn } from "./proxy-choice.js";
import { formatProxyChoice } from "./proxy-url.js";
import type { PolicyOptions } from "./settings.js";
import { defined } from "./defined.js";
import { defaultTimeouts, timeoutNames } from "./timeouts.js";
import { loginSchemes } from "./types.js";
import type {
  FileSetting,
  LoginScheme,
  NoProxyRules,
  Policy,
  ProxyAuth,
  RouteRule,
  Setting,
  Timeouts,
  TrustSettings,
} from "./types.js";
import { variableLookup, type Variable } from "./variables.js";

const noRules: Setting<NoProxyRules> = { value: { entries: [], proxyLoopback: false }, source: { kind: "default" } };
const defaultStores: Setting<readonly CertificateStore[]> = {
  value: ["bundled", "system"],
  source: { kind: "default" },
};

const defaultSchemes: Setting<readonly LoginScheme[]> = { value: loginSchemes, source: { kind: "default" } };

/**
 * Makes one policy of what the environment, the config files and the caller say. Reads nothing and never throws: what makes
 * (a part of) it unusable is in `faults`, and using that part fails with the fault.
 *
 * Precedence: the managed file's `enforced` part, `options`, variables, the user's file, the managed file's `defaults`, and the proxy
 * settings of the operating system. A setting with one value takes that of the first source that has it; CA files, routes and identities of all sources count.
 */
export function resolvePolicy(snapshot: Snapshot, options: PolicyOptions = {}): Policy {
  const findings: Findings = { faults: [], warnings: [...(snapshot.told ?? [])], reports: [] };
  const prefix = options.prefix ?? snapshot.prefix ?? "SALLYPORT";
  const sources = readSources(snapshot, options, prefix, findings);
  const proxy = chooseProxies(sources, findings);
  const noProxy = firstOf(sources, (settings) => settings.noProxy, findings);
  const pacFallback = firstOf(sources, (settings) => settings.pacFallback, findings);
  const routes = sources.flatMap((settings) => settings.routes);
  reportRoutes(routes, findings);
  const trust = mergeTrust(sources, findings, snapshot.trusted);
  const identities = mergeIdentities(
    sources.flatMap((settings) => settings.identities),
    findings,
  );
  const proxyIdentity = mergeDefault(
    sources.flatMap((settings) => settings.proxyIdentity ?? []),
    findings,
  );
  const proxyAuth = mergeProxyAuth(sources, snapshot.home, findings);
  const timeouts = mergeTimeouts(sources, findings);
  const strict = firstOf(sources, (settings) => settings.strict, findings)?.value ?? false;
  const policy: Policy = {
    prefix,
    ...defined({ given: given(snapshot, options) }),
    proxy,
    noProxy: noProxy === undefined ? noRules : { value: noProxy.value, source: noProxy.source },
    proxyAuth,
    pacFallback: setting(pacFallback) ?? { value: "fail", source: { kind: "default" } },
    pacLogins: loginsIn(sources),
    routes,
    trust,
    identities,
    ...defined({ proxyIdentity }),
    timeouts,
    strict,
    faults: strict ? [...findings.faults, ...findings.warnings.map(raiseSeverity)] : findings.faults,
    warnings: strict ? [] : findings.warnings,
    settings: findings.reports,
  };
  if (findings.osAsked === true) rememberAsked(policy, snapshot);
  return policy;
}

/** What cannot be used is told, and nothing to hand on. */
function given(snapshot: Snapshot, options: PolicyOptions): Policy["given"] {
  if (wrongOptions(options).length > 0) return undefined;
  const { platform, home, cwd } = snapshot;
  return portableOptions(options, { platform, home, directory: cwd, lookup: variableLookup(snapshot) });
}

/** In the order of precedence. Proxy settings of the operating system are the last one, and count only where no other one names a proxy. */
function readSources(snapshot: Snapshot, options: PolicyOptions, prefix: string, findings: Findings): SettingsSource[] {
  const { platform, home, cwd } = snapshot;
  const lookup = variableLookup(snapshot);
  const context = { platform, home, lookup, findings };
  const inWorkingDirectory = { ...context, directory: cwd };
  const fromFiles = (scope: "user" | "managed"): ConfigSources[] =>
    snapshot.configFiles
      .filter((file) => file.scope === scope)
      .map((file) => {
        const variable = scope === "user" ? lookup(`${prefix}_CONFIG`) : undefined;
        reportFile(file.path, variable, inWorkingDirectory, findings);
        return readConfig(file, { ...context, ...(variable && { variable: variable.name }) });
      });
  const managed = fromFiles("managed");
  const fromOptions = readOptions(options, inWorkingDirectory);
  const environment = readVariables({ ...inWorkingDirectory, prefix });
  const user = fromFiles("user");
  const sources = [
    ...managed.map(({ enforced }) => enforced),
    fromOptions,
    environment,
    ...user.map(({ settings }) => settings),
    ...(prefix === "SALLYPORT" ? readClaudeSettings(snapshot, { lookup, findings }) : []),
    ...managed.map(({ defaults }) => defaults),
    ownTrust(snapshot),
  ];
  const osProxy = firstOf(sources, (settings) => settings.osProxy, findings);
  const named = sources.some(({ pac, proxy }) => pac ?? proxy.https ?? proxy.http ?? proxy.all);
  return named || osProxy?.value === false ? sources : [...sources, readOsSettings(snapshot, findings)];
}

function reportFile(path: string, variable: Variable | undefined, context: PathContext, findings: Findings): void {
  if (variable === undefined) findings.reports.push({ name: "config", value: path, source: { kind: "default" } });
  else {
    const named = pathCandidate("config", variable.value, { kind: "variable", name: variable.name }, context);
    report(named, findings);
    findings.warnings.push(...(named.warnings ?? []));
  }
}

/** The authorities that the user has decided to trust: for every prefix, since they describe the network and not one program. */
function ownTrust({ trusted }: Snapshot): SettingsSource {
  if (trusted?.isThere !== true) return emptySource;
  const source = { kind: "stored", name: "sallyport trust" } as const;
  return { ...emptySource, caFiles: [{ name: "ca.files", value: trusted.path, shown: trusted.path, source }] };
}

/** What is wrong with a rule's proxy is for its hosts, as far as no rule before it is for all. */
function reportRoutes(routes: readonly RouteRule[], findings: Findings): void {
  let forAll: RouteRule | undefined;
  for (const rule of routes) {
    const { hosts, proxy, source } = rule;
    const texts = formatNoProxy(hosts.map(({ text }) => text));
    const all = hosts.some((pattern) => pattern.kind === "all" && pattern.port === undefined);
    if (proxy.kind !== "invalid")
      findings.reports.push({ name: "route", value: `${texts} -> ${formatProxyChoice(proxy)}`, source });
    // What makes a whole source unusable has been told.
    else if (!findings.faults.includes(proxy.fault)) {
      const unused = forAll && notUsed(forAll.source);
      if (all && unused === undefined) findings.faults.push(proxy.fault);
      else findings.warnings.push(asWarning(proxy.fault, unused ?? theyFail(texts)));
    }
    if (all) forAll ??= rule;
  }
}

function mergeProxyAuth(sources: readonly SettingsSource[], home: string, findings: Findings): ProxyAuth {
  const schemes = firstOf(sources, (settings) => settings.proxySchemes, findings);
  const spn = firstOf(sources, (settings) => settings.proxySpn, findings);
  const hosts = firstOf(sources, (settings) => settings.proxyHosts, findings);
  const helper = mergeHelper(sources, home, findings);
  return {
    schemes: setting(schemes) ?? defaultSchemes,
    ...defined({ spn: setting(spn), hosts: setting(hosts), helper }),
  };
}

function mergeHelper(sources: readonly SettingsSource[], home: string, findings: Findings): ProxyAuth["helper"] {
  const helper = firstOf(sources, (settings) => settings.proxyHelper, findings);
  const ttl = firstOf(sources, (settings) => settings.proxyHelperTtl, findings);
  return helper && { value: authHelper(helper.value, ttl?.value ?? defaultTtl, home), source: helper.source };
}

function mergeTrust(sources: readonly SettingsSource[], findings: Findings, own: Snapshot["trusted"]): TrustSettings {
  return {
    files: unique(
      sources.flatMap((settings) => settings.caFiles),
      findings,
    ),
    directories: unique(
      sources.flatMap((settings) => settings.caDirectories),
      findings,
    ),
    stores: setting(firstOf(sources, (settings) => settings.stores, findings)) ?? defaultStores,
    ...(own?.isThere === false && { awaited: own.path }),
  };
}

/** The same file is often named by several variables: it is read once, under the name of the first. */
function unique(candidates: readonly FileCandidate[], findings: Findings): FileSetting[] {
  const paths = new Set<string>();
  return candidates.flatMap((candidate) => {
    const accepted = acceptFile(candidate, findings);
    if (accepted.text !== undefined || accepted.fault !== undefined) return [accepted];
    if (paths.has(accepted.value)) return [];
    paths.add(accepted.value);
    return [accepted];
  });
}

function mergeTimeouts(sources: readonly SettingsSource[], findings: Findings): Timeouts {
  const timeouts: { -readonly [Name in keyof Timeouts]: number } = { ...defaultTimeouts };
  for (const name of timeoutNames) {
    const chosen = firstOf(sources, (settings) => settings.timeouts[name], findings);
    if (chosen !== undefined) timeouts[name] = chosen.value;
  }
  return timeouts;
}

/** What the first source has for a setting that has one value. */
function firstOf<T>(
  sources: readonly SettingsSource[],
  read: (settings: SettingsSource) => Candidate<T> | undefined,
  findings: Findings,
): Candidate<T> | undefined {
  return choose(sources.map(read), findings);
}

function setting<T>(candidate: Candidate<T> | undefined): Setting<T> | undefined {
  return candidate && { value: candidate.value, source: candidate.source };
}
