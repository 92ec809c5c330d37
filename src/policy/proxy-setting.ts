import type { ConnectError } from "../base/errors.js";
import { Secret } from "../base/secret.js";
import { loginWithoutProxy, twoLogins } from "./faults-proxy.js";
import { proxyLogin } from "./proxy-login.js";
import { parseProxy, type ParsedProxy } from "./proxy-url.js";
import { settingName } from "./setting-name.js";
import { secretRef, type ParsedSetting, type SecretContext } from "./secret-setting.js";
import type { ProxyInput } from "./settings.js";
import type { ProxyChoice, SecretRef, Source } from "./types.js";

/** Reads a proxy of an option or a config file: a URL, `"direct"`, or a URL with its login apart from it. */
export function proxyChoice(input: ProxyInput, source: Source, context: SecretContext): ParsedSetting<ProxyChoice> {
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
