import type { ConnectError } from "../base/errors.js";
import { looksSecretHost } from "../base/looks-secret.js";
import { defined } from "./defined.js";
import { parseHostPattern, showPattern } from "./host-pattern.js";
import { type Candidate, type FileCandidate, type Findings } from "./findings.js";
import { helperCandidate, ttlCandidate } from "./auth-helper.js";
import { invalidHosts, pairAndPfx, secretInsteadOfHosts, noHosts } from "./faults.js";
import type { CertificateStore, IdentityDraft, SettingsSource } from "./source.js";
import { formatNoProxy, parseNoProxy, splitHosts } from "./no-proxy.js";
import { pathCandidate, type FileSettingName, type PathContext } from "./path-setting.js";
import { proxyChoice } from "./proxy-setting.js";
import { parsePacUrl, proxyCandidate } from "./proxy-url.js";
import { secretRef, showSecretRef, type SecretContext } from "./secret-setting.js";
import { settingName } from "./setting-name.js";
import type {
  CertificateInput,
  ConfigSettings,
  IdentityInput,
  ProxyPathInput,
  RouteInput,
  SecretInput,
} from "./settings.js";
import { proxyHostsCandidate, spnCandidate } from "./spn.js";
import { timeoutNames } from "./timeouts.js";
import type { HostPattern, LoginScheme, ProxyChoice, RouteRule, SecretRef, Source, Timeouts } from "./types.js";

/** Where the settings of a settings come from, and how to read them. */
export interface SettingsContext extends PathContext, SecretContext {
  /** The source of what a JSON pointer names. */
  readonly source: (pointer: string) => Source;
  readonly findings: Findings;
}

/** Reads settings in the shape of a config file. What is wrong with a part that cannot be overridden is a finding at once. */
export function readSettings(settings: ConfigSettings, context: SettingsContext): SettingsSource {
  const { ca = {} } = settings;
  const reader = new SettingsReader(context);
  return defined({
    pac: reader.pac(settings.pac),
    proxy: defined({
      https: reader.proxy("httpsProxy", settings.httpsProxy),
      http: reader.proxy("httpProxy", settings.httpProxy),
      all: reader.proxy("proxy", settings.proxy),
    }),
    noProxy: reader.noProxy(settings.noProxy),
    pacFallback: reader.pacFallback(settings.pacFallback),
    routes: (settings.routes ?? []).map((route, index) => reader.route(route, `/routes/${index}`)),
    caFiles: (ca.files ?? []).map((path, index) => reader.path("ca.files", `/ca/files/${index}`, path)),
    caDirectories: (ca.directories ?? []).map((path, index) =>
      reader.path("ca.directories", `/ca/directories/${index}`, path),
    ),
    stores: reader.stores(ca.stores),
    proxySchemes: reader.schemes(settings.proxyAuth?.schemes),
    proxySpn: reader.spn(settings.proxyAuth?.spn),
    proxyHosts: reader.proxyHosts(settings.proxyAuth?.hosts),
    proxyHelper: helperCandidate(settings.proxyAuth?.helper, context.source("/proxyAuth/helper")),
    proxyHelperTtl: ttlCandidate(settings.proxyAuth?.helperTtl, context.source("/proxyAuth/helperTtl")),
    identities: (settings.identities ?? []).flatMap(
      (identity, index) => reader.identity(identity, `/identities/${index}`) ?? [],
    ),
    proxyIdentity:
      settings.proxyIdentity &&
      reader.certificate(settings.proxyIdentity, { name: "proxy", hosts: "all" }, "/proxyIdentity"),
    timeouts: reader.timeouts(settings.timeouts ?? {}),
    strict: reader.onOrOff("strict", settings.strict),
    osProxy: reader.onOrOff("osProxy", settings.osProxy),
  });
}

class SettingsReader {
  readonly #context: SettingsContext;

  constructor(context: SettingsContext) {
    this.#context = context;
  }

  pac(url: string | undefined): Candidate<ProxyChoice> | undefined {
    if (url === undefined || url.trim() === "") return undefined;
    const source = this.#context.source("/pac");
    return proxyCandidate("pac", parsePacUrl(url, settingName(source)), source);
  }

  pacFallback(value: "fail" | "direct" | undefined): SettingsSource["pacFallback"] {
    if (value === undefined) return undefined;
    return { name: "pacFallback", value, source: this.#context.source("/pacFallback"), shown: value };
  }

  proxy(name: string, input: ProxyPathInput | undefined): Candidate<ProxyChoice> | undefined {
    if (input === undefined || (typeof input === "string" && input.trim() === "")) return undefined;
    const source = this.#context.source(`/${name}`);
    const { value, warnings } = proxyChoice(input, source, this.#context);
    return proxyCandidate(name, value, source, warnings);
  }

  noProxy(value: string | readonly string[] | undefined): SettingsSource["noProxy"] {
    if (value === undefined || (typeof value === "string" && value.trim() === "")) return undefined;
    const source = this.#context.source("/noProxy");
    const { rules, warnings } = parseNoProxy(value, settingName(source));
    return { name: "noProxy", value: rules, source, shown: formatNoProxy(value), warnings };
  }

  route(route: RouteInput, pointer: string): RouteRule {
    const source = this.#context.source(pointer);
    const { value, warnings } = proxyChoice(route.proxy, this.#context.source(`${pointer}/proxy`), this.#context);
    const { faults } = this.#context.findings;
    const before = faults.length;
    const hosts = this.#hosts(route.hosts, `${pointer}/hosts`);
    const fault = faults[before];
    this.#context.findings.warnings.push(...warnings);
    // A rule whose hosts are in doubt may be about any of them.
    if (fault !== undefined) return { hosts: [{ kind: "all", text: "*" }], proxy: { kind: "invalid", fault }, source };
    return { hosts, proxy: value, source };
  }

  path(name: FileSettingName, pointer: string, text: string): FileCandidate {
    return pathCandidate(name, text, this.#context.source(pointer), this.#context);
  }

  stores(stores: readonly CertificateStore[] | undefined): SettingsSource["stores"] {
    if (stores === undefined) return undefined;
    return {
      name: "ca.stores",
      value: [...new Set(stores)],
      source: this.#context.source("/ca/stores"),
      shown: stores.join(","),
    };
  }

  schemes(schemes: readonly LoginScheme[] | undefined): SettingsSource["proxySchemes"] {
    if (schemes === undefined) return undefined;
    const source = this.#context.source("/proxyAuth/schemes");
    return { name: "proxyAuth.schemes", value: [...new Set(schemes)], source, shown: schemes.join(",") };
  }

  spn(spn: string | undefined): SettingsSource["proxySpn"] {
    if (spn === undefined || spn === "") return undefined;
    return spnCandidate(spn, this.#context.source("/proxyAuth/spn"), "proxyAuth.spn");
  }

  proxyHosts(hosts: string | readonly string[] | undefined): SettingsSource["proxyHosts"] {
    if (hosts === undefined) return undefined;
    return proxyHostsCandidate(hosts, this.#context.source("/proxyAuth/hosts"), "proxyAuth.hosts");
  }

  identity(input: IdentityInput, pointer: string): IdentityDraft | undefined {
    const hosts = input.hosts === undefined ? "all" : this.#hosts(input.hosts, `${pointer}/hosts`);
    const everywhere = hosts === "all" || hosts.some((pattern) => pattern.kind === "all" && pattern.port === undefined);
    const first = hosts === "all" ? undefined : hosts[0]?.text;
    const name = input.name ?? (everywhere ? "default" : (first ?? pointer));
    // It is in messages and on the status page.
    const shown = name === pointer || !looksSecretHost(name) ? name : pointer;
    const draft = this.certificate(input, { name: shown, hosts: everywhere ? "all" : hosts }, pointer);
    return draft && defined({ ...draft, maxTlsVersion: input.maxTlsVersion });
  }

  certificate(
    input: CertificateInput,
    { name, hosts }: Pick<IdentityDraft, "name" | "hosts">,
    pointer: string,
  ): IdentityDraft | undefined {
    const path = (key: "cert" | "key" | "pfx"): FileCandidate | undefined => {
      const text = input[key];
      return text === undefined || text.trim() === "" ? undefined : this.path(key, `${pointer}/${key}`, text);
    };
    const faults: ConnectError[] = [];
    const draft = defined({
      name,
      hosts,
      cert: path("cert"),
      key: path("key"),
      pfx: path("pfx"),
      passphrase: this.#passphrase(input.passphrase, `${pointer}/passphrase`, faults),
    });
    const other = draft.cert ?? draft.key;
    if (draft.pfx !== undefined && other !== undefined) faults.push(pairAndPfx(other.source, draft.pfx.source));
    if (faults.length > 0) return { name, hosts, faults };
    return draft.cert === undefined &&
      draft.key === undefined &&
      draft.pfx === undefined &&
      draft.passphrase === undefined
      ? undefined
      : draft;
  }

  timeouts(input: NonNullable<ConfigSettings["timeouts"]>): SettingsSource["timeouts"] {
    const timeouts: { -readonly [Name in keyof Timeouts]?: Candidate<number> } = {};
    for (const name of timeoutNames) {
      const value = input[name];
      if (value === undefined) continue;
      timeouts[name] = {
        name: `timeouts.${name}`,
        value,
        source: this.#context.source(`/timeouts/${name}`),
        shown: `${value} ms`,
      };
    }
    return timeouts;
  }

  onOrOff(name: string, value: boolean | undefined): Candidate<boolean> | undefined {
    return value === undefined
      ? undefined
      : { name, value, source: this.#context.source(`/${name}`), shown: String(value) };
  }

  #passphrase(
    input: SecretInput | undefined,
    pointer: string,
    faults: ConnectError[],
  ): Candidate<SecretRef> | undefined {
    if (input === undefined || input === "") return undefined;
    const source = this.#context.source(pointer);
    const parsed = secretRef(input, source, this.#context);
    if ("code" in parsed) {
      faults.push(parsed);
      return undefined;
    }
    const { value, warnings } = parsed;
    return { name: "passphrase", value, source, shown: showSecretRef(value), warnings };
  }

  #hosts(input: string | readonly string[], pointer: string): HostPattern[] {
    const texts = splitHosts(input);
    const setting = settingName(this.#context.source(pointer));
    const patterns: HostPattern[] = [];
    for (const text of texts ?? []) {
      const pattern = parseHostPattern(text);
      if (!("problem" in pattern)) patterns.push(pattern);
      else this.#context.findings.faults.push(invalidHosts(setting, showPattern(text), pattern));
    }
    if (texts === undefined) {
      this.#context.findings.faults.push(secretInsteadOfHosts(setting));
    } else if (texts.length === 0) this.#context.findings.faults.push(noHosts(setting));
    return patterns;
  }
}
