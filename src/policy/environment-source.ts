import type { ConnectError } from "../base/errors.js";
import { nearest } from "../base/nearest.js";
import { defaultTtl, helperCandidate, readTtl } from "./auth-helper.js";
import { Secret } from "../base/secret.js";
import { report, type Candidate, type FileCandidate, type Findings } from "./findings.js";
import type { CertificateStore, IdentityDraft, SettingsSource } from "./source.js";
import { formatNoProxy, parseNoProxy } from "./no-proxy.js";
import { splitPaths } from "./path-list.js";
import { pathCandidate, type PathContext } from "./path-setting.js";
import {
  pairAndPfx,
  unknownStore,
  invalidPacFallback,
  invalidSwitch,
  invalidTtl,
  verificationDisabled,
} from "./faults.js";
import { parsePacUrl, proxyCandidate } from "./proxy-url.js";
import { proxyVariables, type VariablePair, pickVariable } from "./proxy-variables.js";
import { defined } from "./defined.js";
import { unknownScheme } from "./faults-proxy.js";
import { proxyHostsCandidate, spnCandidate } from "./spn.js";
import { loginSchemes, type LoginScheme, type ProxyChoice, type SecretRef } from "./types.js";
import { saysOn, sourceOf, type Variable, type VariableLookup } from "./variables.js";

export interface EnvironmentContext extends PathContext {
  readonly prefix: string;
  readonly lookup: VariableLookup;
  readonly findings: Findings;
}

/** Reads the variables. Those that other programs read as well mean here what they mean there. */
export function readVariables(context: EnvironmentContext): SettingsSource {
  warnOfDisabledVerification(context);
  const own = (suffix: string): Variable | undefined => context.lookup(`${context.prefix}_${suffix}`);
  return defined({
    pac: pac(own("PAC_URL")),
    pacFallback: pacFallback(own("PAC_FALLBACK")),
    proxy: proxyVariables(context),
    noProxy: noProxy(pickVariable("no_proxy", context), context),
    routes: [],
    caFiles: [
      ...single("ca.files", context.lookup("NODE_EXTRA_CA_CERTS"), context),
      ...single("ca.files", context.lookup("SSL_CERT_FILE"), context),
      ...list("ca.files", own("CA_CERTS"), context),
    ],
    caDirectories: list("ca.directories", context.lookup("SSL_CERT_DIR"), context),
    stores: stores(context),
    proxySchemes: first(candidates("proxyAuth.schemes", "PROXY_AUTH", context, parseSchemes), context.findings),
    proxySpn: spn(own("PROXY_SPN")),
    proxyHosts: proxyHosts(own("PROXY_AUTH_HOSTS")),
    proxyHelper: helper(own("PROXY_AUTH_HELPER")),
    proxyHelperTtl: first(
      candidates("proxyAuth.helperTtl", "PROXY_AUTH_HELPER_TTL_MS", context, parseTtl),
      context.findings,
    ),
    identities: [certificate("CLIENT", "default", context)].filter((draft) => draft !== undefined),
    proxyIdentity: certificate("PROXY_CLIENT", "proxy", context),
    timeouts: {},
    strict: onOrOff("strict", own("STRICT")),
    osProxy: onOrOff("osProxy", own("OS_PROXY")),
  });
}

function pac(variable: Variable | undefined): Candidate<ProxyChoice> | undefined {
  if (variable === undefined) return undefined;
  return proxyCandidate("pac", parsePacUrl(variable.value, variable.name), sourceOf(variable));
}

function pacFallback(variable: Variable | undefined): SettingsSource["pacFallback"] {
  if (variable === undefined) return undefined;
  const word = variable.value.trim().toLowerCase();
  const known = word === "direct" || word === "fail";
  return {
    name: "pacFallback",
    value: word === "direct" ? "direct" : "fail",
    source: sourceOf(variable),
    shown: known ? word : "(invalid)",
    faults: known ? [] : [invalidPacFallback(variable)],
  };
}

function noProxy(pair: VariablePair | undefined, { findings }: EnvironmentContext): SettingsSource["noProxy"] {
  if (pair === undefined) return undefined;
  const { chosen, shadowed } = pair;
  const { rules, warnings } = parseNoProxy(chosen.value, chosen.name);
  const candidate = {
    name: "noProxy",
    value: rules,
    source: sourceOf(chosen),
    shown: formatNoProxy(chosen.value),
    warnings,
  };
  if (shadowed !== undefined)
    report({ ...candidate, source: sourceOf(shadowed), shown: formatNoProxy(shadowed.value) }, findings, candidate);
  return candidate;
}

type Listed = "ca.files" | "ca.directories";

function single(name: Listed, variable: Variable | undefined, context: EnvironmentContext): FileCandidate[] {
  return variable === undefined ? [] : [pathCandidate(name, variable.value, sourceOf(variable), context)];
}

/** Several paths, separated as in PATH. */
function list(name: Listed, variable: Variable | undefined, context: EnvironmentContext): FileCandidate[] {
  if (variable === undefined) return [];
  const paths = splitPaths(variable.value, context.platform);
  return paths.map((path) => pathCandidate(name, path, sourceOf(variable), context));
}

/** What Claude Code documents, and no more: names of our own making under its prefix would mean nothing to it. */
const claudeCode = new Set([
  "CLIENT_CERT",
  "CLIENT_KEY",
  "CLIENT_KEY_PASSPHRASE",
  "CERT_STORE",
  "PROXY_AUTH_HELPER_TTL_MS",
]);

/** The names of a setting that is sallyport's own, in the order in which they count. */
function ownNames(suffix: string, prefix: string): string[] {
  const own = `${prefix}_${suffix}`;
  // Another author's program must not pick up what is meant for Claude Code.
  return prefix === "SALLYPORT" && claudeCode.has(suffix) ? [own, `CLAUDE_CODE_${suffix}`] : [own];
}

type Reading<T> = Omit<Candidate<T>, "name" | "source">;

function candidates<T>(
  name: string,
  suffix: string,
  context: EnvironmentContext,
  read: (variable: Variable) => Reading<T>,
): Candidate<T>[] {
  return ownVariables(suffix, context).map((variable) => ({ name, source: sourceOf(variable), ...read(variable) }));
}

function ownVariables(suffix: string, { prefix, lookup }: EnvironmentContext): Variable[] {
  return ownNames(suffix, prefix).flatMap((name) => lookup(name) ?? []);
}

function stores(context: EnvironmentContext): SettingsSource["stores"] {
  return first(candidates("ca.stores", "CERT_STORE", context, parseStores), context.findings);
}

function proxyHosts(variable: Variable | undefined): SettingsSource["proxyHosts"] {
  return variable && proxyHostsCandidate(variable.value, sourceOf(variable), variable.name);
}

function helper(variable: Variable | undefined): SettingsSource["proxyHelper"] {
  return variable && helperCandidate(variable.value, sourceOf(variable));
}

function spn(variable: Variable | undefined): SettingsSource["proxySpn"] {
  return variable && spnCandidate(variable.value, sourceOf(variable), variable.name);
}

function parseTtl({ name, value }: Variable): Reading<number> {
  const ttl = readTtl(value);
  // Claude Code's counts there as not set.
  const faults = name.toUpperCase().startsWith("CLAUDE_CODE_") ? [] : [invalidTtl(name)];
  if (ttl === undefined) return { value: defaultTtl, shown: "(invalid)", faults };
  return { value: ttl, shown: `${ttl} ms` };
}

const parseSchemes = ({ name, value }: Variable): Reading<readonly LoginScheme[]> =>
  knownWords(value, loginSchemes, (meant) => unknownScheme(name, meant));

const parseStores = ({ name, value }: Variable): Reading<readonly CertificateStore[]> =>
  knownWords(value, ["bundled", "system"], (meant) => unknownStore(name, meant));

/** A list of words of which all are known, each once, in the order given. */
function knownWords<T extends string>(
  text: string,
  known: readonly T[],
  unknown: (meant: string | undefined) => ConnectError,
): Reading<readonly T[]> {
  const found = new Set<T>();
  const faults: ConnectError[] = [];
  for (const word of text.toLowerCase().split(/[\s,]+/)) {
    if (word === "") continue;
    const match = known.find((each) => each === word);
    if (match === undefined) faults.push(unknown(nearest(word, [...known])));
    else found.add(match);
  }
  return { value: [...found], shown: [...found].join(",") || "(none)", faults };
}

function certificate(
  part: "CLIENT" | "PROXY_CLIENT",
  name: string,
  context: EnvironmentContext,
): IdentityDraft | undefined {
  const { findings } = context;
  const path = (key: "cert" | "key" | "pfx", suffix: string): FileCandidate[] =>
    ownVariables(`${part}_${suffix}`, context).map((variable) =>
      pathCandidate(key, variable.value, sourceOf(variable), context),
    );
  const secrets = candidates<SecretRef>("passphrase", `${part}_KEY_PASSPHRASE`, context, ({ value }) => ({
    value: { kind: "inline", secret: new Secret(value) },
    shown: "[secret]",
  }));
  const pfx = path("pfx", "PFX")[0];
  const pair = { cert: path("cert", "CERT"), key: path("key", "KEY") };
  const passphrase = first(secrets, findings);
  if (pfx === undefined) {
    const draft = defined({
      name,
      hosts: "all" as const,
      cert: first(pair.cert, findings),
      key: first(pair.key, findings),
      passphrase,
    });
    return (draft.cert ?? draft.key ?? draft.passphrase) ? draft : undefined;
  }
  const others = [...pair.cert, ...pair.key];
  const beside = others.find(
    ({ source }) => source.kind === "variable" && source.name.toUpperCase().startsWith(`${context.prefix}_`),
  );
  if (beside !== undefined) {
    return { name, hosts: "all", faults: [pairAndPfx(beside.source, pfx.source)] };
  }
  for (const other of others) report(other, findings, pfx);
  return defined({ name, hosts: "all" as const, pfx, passphrase });
}

/** The first candidate; those behind it are reported as overridden. Whether the first one counts is decided later. */
function first<C extends Candidate<unknown>>(offered: readonly C[], findings: Findings): C | undefined {
  const [winner, ...rest] = offered;
  for (const candidate of rest) report(candidate, findings, winner);
  return winner;
}

function onOrOff(name: string, variable: Variable | undefined): Candidate<boolean> | undefined {
  if (variable === undefined) return undefined;
  const on = saysOn(variable.value);
  const known = on || ["0", "false", "no", "off"].includes(variable.value.trim().toLowerCase());
  return {
    name,
    value: on,
    source: sourceOf(variable),
    shown: known ? String(on) : "(invalid)",
    faults: known ? [] : [invalidSwitch(variable)],
  };
}

function warnOfDisabledVerification({ lookup, findings }: EnvironmentContext): void {
  const variable = lookup("NODE_TLS_REJECT_UNAUTHORIZED");
  if (variable?.value.trim() !== "0") return;
  findings.warnings.push(verificationDisabled(variable));
}
