import { isConnectError } from "../../base/errors.js";
import type { System } from "../../base/system.js";
import type { Policy, ProxyServer } from "../../policy/types.js";
import type { Abortable } from "../abortable.js";
import { findLogin, proxyCredentials } from "../proxy-login.js";
import { parseChallenges } from "./challenges.js";
import { askHelper } from "./helper.js";
import { noHeaderFor, noLoginForHeader } from "./faults.js";
import { NegotiateLogin } from "./negotiate-login.js";
import { basic } from "./scheme.js";

/** A value of Proxy-Authorization that stands for itself. */
export interface Authorization {
  /** In lower case. */
  readonly scheme: string;
  readonly value: string;
}

export interface AuthorizationOptions {
  /** The proxy's Proxy-Authenticate field. Undefined: it has not been asked. */
  readonly offered: string | undefined;
  readonly signal?: Abortable;
}

/** Milliseconds for a keyring that wants to be unlocked, or a command. */
const patience = 25_000;

/**
 * What a single header can say to a proxy: what our own helper prints, Basic with the configured or stored login, or Negotiate with this
 * user's ticket. Claude Code's helper is not asked, since it is most likely what asks here. The settings'
 * order of schemes counts; where nobody has asked the proxy, a password that is there goes first, as in requests of our own.
 * @throws {ConnectError} PROXY_AUTH_UNSUPPORTED where the proxy takes neither, or the settings allow neither; PROXY_AUTH_REQUIRED where there
 * is no login; PROXY_AUTH_TICKET, KEYRING_UNAVAILABLE, PROXY_LOGIN_UNREADABLE, SECRET_COMMAND_FAILED
 */
export async function authorizationFor(
  { policy, system }: { readonly policy: Policy; readonly system: System },
  proxy: ProxyServer,
  { offered, signal }: AuthorizationOptions,
): Promise<Authorization> {
  const challenges = offered === undefined ? undefined : parseChallenges(offered);
  const { schemes, spn, helper } = policy.proxyAuth;
  const helped =
    helper !== undefined && helper.value.claudeCode === undefined && proxy.login === undefined
      ? await askHelper(helper, proxy, { system, challenge: offered })
      : undefined;
  if (helped?.header !== undefined) return helped.header;
  const possible = schemes.value
    .filter((scheme) => scheme === "negotiate" || scheme === "basic")
    .filter((scheme) => challenges?.some((each) => each.scheme === scheme) ?? true);
  if (possible.length === 0)
    throw noHeaderFor(
      proxy,
      challenges?.map(({ name }) => name),
    );
  const place = { proxy, target: "", system, signal, left: () => patience };
  if (challenges === undefined) possible.sort((one, other) => (one === other ? 0 : one === "basic" ? -1 : 1));
  let ticket: Error | undefined;
  for (const scheme of possible) {
    if (scheme === "basic") {
      if (helped === undefined) await findLogin(place);
      const credentials = helped ?? (await proxyCredentials(proxy, system));
      if (credentials !== undefined) return { scheme, value: basic(credentials) };
      continue;
    }
    const service = spn?.value ?? `HTTP/${proxy.host}`;
    const login = new NegotiateLogin({ proxy, service, binding: () => undefined, now: () => system.now() });
    try {
      const value = await login.next(undefined);
      if (value !== undefined) return { scheme, value };
    } catch (error) {
      if (!isConnectError(error)) throw error;
      ticket = error;
    }
  }
  if (ticket !== undefined && !possible.includes("basic")) throw ticket;
  throw noLoginForHeader(proxy, ticket);
}
