import type { System } from "../base/system.js";
import type { ProxyServer } from "../policy/types.js";
import { resolveSecret } from "../policy/resolve-secret.js";

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Passwords that commands and files gave, so that a command runs once and not for each connection. Kept for the
 * life of the setting's object: a new policy asks anew.
 */
const known = new WeakMap<ProxyServer, Promise<Credentials>>();

/** The login that is configured for this proxy, if there is one. `fresh` asks the command or file again. */
export function proxyCredentials(
  proxy: ProxyServer,
  system: System,
  options: { readonly fresh?: boolean } = {},
): Promise<Credentials> | undefined {
  const { login } = proxy;
  if (login === undefined) return undefined;
  const held = known.get(proxy);
  if (held !== undefined && options.fresh !== true) return held;
  // Not bound to one dial's signal: others wait for the same answer. The command's own time limit bounds it.
  const asked = resolveSecret(login.password, system).then((secret) => ({
    username: login.username,
    password: secret.reveal(),
  }));
  known.set(proxy, asked);
  // A failed command is run again by the next dial.
  asked.catch(() => known.delete(proxy));
  return asked;
}

/** A login that may give another password when it is asked again. */
export function canRefresh(proxy: ProxyServer): boolean {
  return proxy.login !== undefined && proxy.login.password.kind !== "inline";
}

/** RFC 7617 section 2: user and password in UTF-8, joined by a colon. */
export function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}
