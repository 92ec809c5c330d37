import type { ListTarget, ProxyProblem } from "./proxy-problem.js";
import { severalInList, noneInList } from "./faults-proxy.js";

const item = /^(?:(https?|ftp|gopher|socks)=)?(.+)$/i;

/**
 * Whether a value is a list as Windows keeps it: `http=host:port;https=host:port`, with parts for `ftp` and `socks` as well, and one
 * without a name for all others. Its separators are semicolons and white space. What begins with a scheme is a URL, whatever follows.
 */
export function isProxyList(value: string): boolean {
  return /^(?:[^\s;=@/]+[\s;]+)?(?:https?|ftp|gopher|socks)=/i.test(value);
}

/**
 * The part that counts for a target, as a proxy value: that of its scheme, then the one without a name, then `socks`, which Windows
 * means as SOCKS 4. Windows goes direct where there is none of these; here that is a problem.
 */
export function partFor(
  value: string,
  target: ListTarget,
): { readonly part: string; readonly written: string } | ProxyProblem {
  const parts = new Map<string, string>();
  for (const text of value.split(/[\s;]+/).filter((each) => each !== "")) {
    const [, name = "", part = ""] = item.exec(text) ?? [];
    const key = name.toLowerCase();
    if (parts.has(key)) {
      return severalInList(key);
    }
    parts.set(key, part);
  }
  for (const key of [target, "", "socks"]) {
    const part = parts.get(key);
    if (part === undefined) continue;
    const named = part.includes("://") || key !== "socks";
    return { part: named ? part : `socks4://${part}`, written: key === "" ? "the part without a name" : `${key}=` };
  }
  return noneInList(target);
}
