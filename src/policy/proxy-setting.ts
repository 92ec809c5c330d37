import type { ConnectError } from "../base/errors.js";
import { Secret } from "../base/secret.js";
import { emptyChain, loginWithoutProxy, noProxyInChain, twoLogins } from "./faults-proxy.js";
import { proxyLogin } from "./proxy-login.js";
import { parseProxy, type ParsedProxy } from "./proxy-url.js";
import { settingName } from "./setting-name.js";
import { secretRef, type ParsedSetting, type SecretContext } from "./secret-setting.js";
import type { ProxyInput, ProxyPathInput } from "./settings.js";
import type { ProxyChoice, ProxyServer, SecretRef, Source } from "./types.js";

/** Reads a proxy of an option or a config file: a URL, `"direct"`, a URL with its login apart from it, or a list of these that makes a chain. */
export function proxyChoice(input: ProxyPathInput, source: Source, context: SecretContext): ParsedSetting<ProxyChoice> {
  return isChain(input) ? chainOf(input, source, context) : oneProxy(input, source, context);
}

/** `Array.isArray` knows no readonly arrays. */
export function isChain(input: ProxyPathInput | undefined): input is readonly ProxyInput[] {
  return Array.isArray(input);
}

/** One that is wrong makes the whole unusable: a chain with a link left out goes another way. */
function chainOf(inputs: readonly ProxyInput[], source: Source, context: SecretContext): ParsedSetting<ProxyChoice> {
  const setting = settingName(source);
  const servers: ProxyServer[] = [];
  const warnings: ConnectError[] = [];
  for (const [index, input] of inputs.entries()) {
    const { value, warnings: ofOne } = oneProxy(input, source, context);
    warnings.push(...ofOne);
    if (value.kind === "invalid") return { value, warnings };
    if (value.kind !== "server") return { value: invalid(noProxyInChain(setting, index + 1)), warnings };
    servers.push(value.server);
  }
  const [server, ...others] = servers;
  if (server === undefined) return { value: invalid(emptyChain(setting)), warnings };
  return { value: others.length === 0 ? { kind: "server", server } : { kind: "chain", servers }, warnings };
}

function oneProxy(input: ProxyInput, source: Source, context: SecretContext): ParsedSetting<ProxyChoice> {
  const setting = settingName(source);
  const { url, username, password } =
    typeof input === "string" ? ({ url: input } as Exclude<ProxyInput, string>) : input;
  const loginApart = username !== undefined || password !== undefined;
  const isDirect = url.trim().toLowerCase() === "direct";
  const { choice, warnings } = isDirect ? directChoice : parseProxy(url, setting);
  if (choice.kind === "server" && choice.server.login !== undefined) context.onInlineSecret?.();
  if (!loginApart || choice.kind === "invalid") return { value: choice, warnings };
  if (choice.kind !== "server") {
    return { value: invalid(loginWithoutProxy(setting)), warnings };
  }
  if (choice.server.login !== undefined) {
    return { value: invalid(twoLogins(setting)), warnings };
  }
  const secret = password === undefined ? noPassword : secretRef(password, source, context);
  if ("code" in secret) return { value: { kind: "invalid", fault: secret }, warnings };
  const server = { ...choice.server, login: proxyLogin(username ?? "", secret.value) };
  return { value: { kind: "server", server }, warnings: [...warnings, ...secret.warnings] };
}

const directChoice: ParsedProxy = { choice: { kind: "direct" }, warnings: [] };
const noPassword: ParsedSetting<SecretRef> = { value: { kind: "inline", secret: new Secret("") }, warnings: [] };

const invalid = (fault: ConnectError): ProxyChoice => ({ kind: "invalid", fault });
