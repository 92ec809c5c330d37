import { ConnectError } from "../base/errors.js";
import { proxyLogin } from "./proxy-login.js";
import { parseProxy } from "./proxy-url.js";
import { secretRef, type SecretContext } from "./secret-setting.js";
import { Secret } from "../base/secret.js";
import type { ProxyInput } from "./settings.js";
import type { ProxyChoice, SecretRef } from "./types.js";

export interface ParsedSetting<T> {
  readonly value: T;
  readonly warnings: readonly ConnectError[];
}

/** Reads a proxy of an option or a config file: a URL, `"direct"`, or a URL with its login apart from it. */
export function proxyChoice(input: ProxyInput, setting: string, context: SecretContext): ParsedSetting<ProxyChoice> {
  const url = typeof input === "string" ? input : input.url;
  const loginApart = typeof input !== "string" && (input.username !== undefined || input.password !== undefined);
  if (url.trim().toLowerCase() === "direct") {
    return {
      value: loginApart ? invalid(setting, "has a login without a proxy that it is for") : { kind: "direct" },
      warnings: [],
    };
  }
  const { choice, warnings } = parseProxy(url, setting);
  if (choice.kind === "server" && choice.server.login !== undefined) context.onInlineSecret?.();
  if (typeof input === "string" || !loginApart || choice.kind === "invalid") return { value: choice, warnings };
  if (choice.kind !== "server")
    return { value: invalid(setting, "has a login without a proxy that it is for"), warnings };
  if (choice.server.login !== undefined)
    return { value: invalid(setting, "has a login in its URL and another one apart from it"), warnings };

  const password: SecretRef | ConnectError =
    input.password === undefined
      ? { kind: "inline", secret: new Secret("") }
      : secretRef(input.password, `${setting} (password)`, context);
  if ("code" in password) return { value: { kind: "invalid", fault: password }, warnings };
  return {
    value: { kind: "server", server: { ...choice.server, login: proxyLogin(input.username ?? "", password) } },
    warnings,
  };
}

function invalid(setting: string, problem: string): ProxyChoice {
  const remedy = "Give the user name and the password either in the URL or apart from it.";
  return {
    kind: "invalid",
    fault: new ConnectError("PROXY_URL_INVALID", { message: `${setting} ${problem}`, remedy, hop: "local" }),
  };
}
