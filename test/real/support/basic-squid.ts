import { execFileSync } from "node:child_process";
import type { Login } from "./scene.js";
import { startSchemeSquid, type SchemeSquid } from "./scheme-squid.js";

/**
 * A squid that takes this user by Basic, and knows these names besides those of the site.
 * @param rules lines of its configuration that come before its own rule for who is let in
 * @returns undefined where squid is missing
 */
export function startBasicSquid(
  { username, password }: Login,
  names: readonly string[] = [],
  rules = "",
): Promise<SchemeSquid | undefined> {
  const hash = execFileSync("openssl", ["passwd", "-apr1", "-stdin"], { input: `${password}\n`, encoding: "utf8" });
  return startSchemeSquid({
    scheme: (helpers, at) =>
      `auth_param basic program ${helpers}/basic_ncsa_auth ${at("users")}\nauth_param basic children 2 startup=1\nauth_param basic realm corp\nauth_param basic utf8 on\n${rules}`,
    files: { users: `${username}:${hash}` },
    names,
  });
}
