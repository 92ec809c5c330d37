import { type Findings } from "./findings.js";
import { isRecord } from "./is-record.js";
import { emptySource, type SettingsSource } from "./source.js";
import type { CertificateInput, ConfigSettings, PolicyOptions } from "./settings.js";
import { readSettings, type SettingsContext } from "./settings-source.js";
import { longestTimeout } from "./timeouts.js";
import { loginSchemes, type Source } from "./types.js";
import { wrongType } from "./faults.js";

type OptionsContext = Omit<SettingsContext, "source"> & { readonly findings: Findings };

/** Reads what a program passed. Values of a wrong type, which a JavaScript caller may pass, are faults and not exceptions. */
export function readOptions(options: PolicyOptions, context: OptionsContext): SettingsSource {
  const wrong = wrongOptions(options);
  if (wrong.length > 0) return unusable(wrong, context);
  const settings: ConfigSettings = {
    ...options,
    ca: { files: listOf(options.ca), directories: listOf(options.caDirectories), stores: options.stores },
    proxyIdentity: {
      cert: options.proxyCert,
      key: options.proxyKey,
      pfx: options.proxyPfx,
      passphrase: options.proxyPassphrase,
    },
  };
  const { cert, key, pfx, passphrase } = options;
  const identities = [...(options.identities ?? []), { name: "default", cert, key, pfx, passphrase }];
  const defaultIdentity = `/identities/${identities.length - 1}/`;
  const source = (pointer: string): Source => ({ kind: "option", name: optionName(pointer, defaultIdentity) });
  return readSettings({ ...settings, identities }, { ...context, source });
}

/** The names of those with a value of a type that they cannot have. */
export function wrongOptions(options: PolicyOptions): readonly string[] {
  return Object.keys(shapes).filter((name) => isWrong(options, name as keyof typeof shapes));
}

/** The option that stands behind a pointer into the equivalent config file. */
function optionName(pointer: string, defaultIdentity: string): string {
  if (pointer.startsWith(defaultIdentity)) return pointer.slice(defaultIdentity.length);
  const path = pointer.slice(1).split("/");
  const [head = "", second = ""] = path;
  if (head === "ca") return { files: "ca", directories: "caDirectories" }[second] ?? second;
  if (head === "proxyIdentity") return `proxy${second.charAt(0).toUpperCase()}${second.slice(1)}`;
  return path.map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`)).join("");
}

/** Which options were meant cannot be known: every connection that a proxy could serve fails with the reason. */
function unusable(names: readonly string[], { findings }: OptionsContext): SettingsSource {
  const faults = names.map((name) => wrongType(name));
  findings.faults.push(...faults);
  const [fault] = faults;
  if (fault === undefined) return emptySource;
  const source: Source = { kind: "option", name: names[0] ?? "" };
  return {
    ...emptySource,
    routes: [{ hosts: [{ kind: "all", text: "*" }], proxy: { kind: "invalid", fault }, source }],
  };
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return (typeof value === "string" ? [value] : (value ?? [])).filter((text) => text.trim() !== "");
}

type Shape = (value: unknown) => boolean;

const isText: Shape = (value) => typeof value === "string";
const listWith =
  (item: Shape): Shape =>
  (value) =>
    Array.isArray(value) && value.every(item);
const isTexts: Shape = (value) => isText(value) || listWith(isText)(value);
const optional =
  (shape: Shape): Shape =>
  (value) =>
    value === undefined || shape(value);
const isSecret: Shape = (value) =>
  isText(value) ||
  (isRecord(value) &&
    ((isTexts(value["command"]) && optional(isTtl)(value["ttl"])) ||
      isText(value["file"]) ||
      isText(value["variable"])));
const isOneProxy: Shape = (value) =>
  isText(value) ||
  (isRecord(value) &&
    isText(value["url"]) &&
    optional(isText)(value["username"]) &&
    optional(isSecret)(value["password"]));
const isProxy: Shape = (value) => isOneProxy(value) || listWith(isOneProxy)(value);
const isRoute: Shape = (value) => isRecord(value) && isTexts(value["hosts"]) && isProxy(value["proxy"]);
const isCertificate = (value: Record<string, unknown>): boolean =>
  (["cert", "key", "pfx"] satisfies (keyof CertificateInput)[]).every((name) => optional(isText)(value[name])) &&
  optional(isSecret)(value["passphrase"]);
const isIdentity: Shape = (value) =>
  isRecord(value) &&
  optional(isText)(value["name"]) &&
  optional(isTexts)(value["hosts"]) &&
  optional((version) => version === "1.2")(value["maxTlsVersion"]) &&
  isCertificate(value);
const isTimeout: Shape = (value) =>
  typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= longestTimeout;
const isTtl: Shape = (value) => value === 0 || isTimeout(value);
const isStore: Shape = (value) => value === "bundled" || value === "system";

const isSwitch: Shape = (value) => typeof value === "boolean";
const isScheme: Shape = (value) => loginSchemes.some((scheme) => scheme === value);

const shapes: Readonly<Record<Exclude<keyof PolicyOptions, "prefix">, Shape>> = {
  proxy: isProxy,
  httpsProxy: isProxy,
  httpProxy: isProxy,
  noProxy: isTexts,
  pac: isText,
  pacFallback: (value) => value === "fail" || value === "direct",
  ca: isTexts,
  caDirectories: isTexts,
  stores: listWith(isStore),
  proxyAuth: (value) =>
    isRecord(value) &&
    optional(listWith(isScheme))(value["schemes"]) &&
    optional(isText)(value["spn"]) &&
    optional(isTexts)(value["hosts"]) &&
    optional(isTexts)(value["helper"]) &&
    optional(isTtl)(value["helperTtl"]),
  cert: isText,
  key: isText,
  passphrase: isSecret,
  pfx: isText,
  proxyCert: isText,
  proxyKey: isText,
  proxyPassphrase: isSecret,
  proxyPfx: isText,
  identities: listWith(isIdentity),
  routes: listWith(isRoute),
  timeouts: (value) => isRecord(value) && Object.values(value).every(optional(isTimeout)),
  strict: isSwitch,
  osProxy: isSwitch,
};

/** The names of the settings that were given in code, among whatever else there is. */
export function policyOptionsIn(options: object): readonly string[] {
  const values = options as Readonly<Record<string, unknown>>;
  return ["prefix", ...Object.keys(shapes)].filter((name) => values[name] !== undefined);
}

function isWrong(options: PolicyOptions, name: keyof typeof shapes): boolean {
  const value: unknown = options[name];
  return value !== undefined && !shapes[name](value);
}
