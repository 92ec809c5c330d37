import { percentDecoded } from "../base/percent.js";
import { parseProxyAuthority } from "./proxy-authority.js";
import type { ProxyProblem } from "./proxy-problem.js";
import { ambiguousLogin } from "./faults-proxy.js";

/**
 * Splits what follows the scheme into login and `host:port`. The last `@` ends the login, since no host can hold one.
 *
 * With a `/`, `?` or `#` before that `@` there are two readings: RFC 3986 ends the host there, people mean a password. The
 * second is taken where the first makes no sense, as in `user:pa#ss@host:80`; where both do, guessing could send a password
 * to a host that it names, so nothing is guessed.
 */
export function splitUserinfo(rest: string): { userinfo?: string; authority: string } | ProxyProblem {
  const at = rest.lastIndexOf("@");
  const end = rest.search(/[/?#]/);
  if (at === -1) return { authority: end === -1 ? rest : rest.slice(0, end) };
  const afterAt = rest.slice(at + 1);
  const authority = afterAt.replace(/[/?#].*$/s, "");
  if (end === -1 || end > at) return { userinfo: rest.slice(0, at), authority };

  const strict = rest.slice(0, end);
  const strictAuthority = parseProxyAuthority(strict.slice(strict.lastIndexOf("@") + 1), "http");
  if ("problem" in strictAuthority && !strictAuthority.plausible) return { userinfo: rest.slice(0, at), authority };
  const character = rest.charAt(end);
  return ambiguousLogin(character);
}

/** Percent-decoded user name and password. A `%` that begins no escape stands for itself. */
export function decodeUserinfo(userinfo: string): { username: string; password: string } {
  const colon = userinfo.indexOf(":");
  if (colon === -1) return { username: percentDecoded(userinfo), password: "" };
  return { username: percentDecoded(userinfo.slice(0, colon)), password: percentDecoded(userinfo.slice(colon + 1)) };
}
