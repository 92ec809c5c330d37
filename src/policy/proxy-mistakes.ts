import { parseProxyAuthority } from "./proxy-authority.js";
import type { ProxyProblem } from "./proxy-problem.js";
import {
  answerOfPacFile,
  emptyValue,
  wordInsteadOfProxy,
  tooManySlashes,
  backslashes,
  missingSlashes,
  severalProxiesNamed,
  twoSchemesInARow,
  addressOfPacFile,
} from "./faults-proxy.js";

/** What is put there to say that there is no proxy, or that there is one; nobody's proxy is called so. */
const words = /^(?:none|no|nil|null|undefined|nan|false|off|disabled?|true|on|yes|enabled?|direct)$/i;
const schemeAtStart = /^(https?|socks(?:4a?|5h?)?):\/\//i;
/** A scheme at the start of the value, or behind what separates the items of a list. */
const schemeOfItem = /(?:^|[\s,;|])["']?(?:https?|socks(?:4a?|5h?)?):\/\//gi;

/**
 * What people write where a proxy belongs, and what no reading makes a proxy of: told for what it is. None of it is taken to mean
 * a direct connection. Nothing of the value is shown, but words that it consists of, and hosts in which no login can be.
 */
export function recognizeMistake(value: string): ProxyProblem | undefined {
  if (value === "") return emptyValue;
  if (words.test(value)) return wordInsteadOfProxy(value);
  return pacAnswer(value) ?? malformedScheme(value) ?? severalProxies(value) ?? twoSchemes(value) ?? pacFile(value);
}

/** What `FindProxyForURL` returns: `PROXY host:port; DIRECT`. */
function pacAnswer(value: string): ProxyProblem | undefined {
  const entries = value.split(";").map((entry) => /^(PROXY|HTTPS?|SOCKS[45]?)\s+(\S+)$/i.exec(entry.trim()));
  const [first] = entries;
  if (first === null || first === undefined) return undefined;
  const protocol = { PROXY: "http", HTTP: "http", HTTPS: "https", SOCKS5: "socks5h" }[(first[1] ?? "").toUpperCase()];
  const written = `${protocol ?? "socks4"}://${shownAuthority(first[2] ?? "")}`;
  return answerOfPacFile(value, written);
}

/** `host:port` as it is where it can be nothing else. */
function shownAuthority(text: string): string {
  return text.includes("@") || "problem" in parseProxyAuthority(text, "http") ? "host:port" : text;
}

/** `http:host:port`, `http:/host:port`, `http//host:port`, `http:\\host:port`, `http:///host:port`. */
function malformedScheme(value: string): ProxyProblem | undefined {
  const [, scheme = "", rest = ""] = /^(https?|socks(?:4a?|5h?)?)(:?[\\/]*.*)$/is.exec(value) ?? [];
  const lower = scheme.toLowerCase() === "socks" ? "socks5h" : scheme.toLowerCase();
  if (scheme === "") return undefined;
  if (/^:\/\/[\\/]/.test(rest)) return tooManySlashes(lower);
  if (/^:?[\\/]*\\/.test(rest)) return backslashes(lower);
  // `http:8080` may be a host called http, with its port.
  const lacking = /^(?:\/\/|:\/[^/]|:(?!\d{1,5}$)[^/:])/.test(rest) && !value.includes("://");
  return lacking ? missingSlashes(lower) : undefined;
}

function severalProxies(value: string): ProxyProblem | undefined {
  const problem: ProxyProblem = severalProxiesNamed;
  if ((value.match(schemeOfItem)?.length ?? 0) > 1) return problem;
  // Any of these characters may be in a password.
  if (value.includes("@")) return undefined;
  const items = value
    .replace(schemeAtStart, "")
    .split(/\s*[,;|]\s*|\s+/)
    .filter((item) => item !== "");
  // Words with a space between them are a name that was not written as one, unless each has a port.
  const apart = /[,;|]/.test(value) || items.every((item) => item.includes(":"));
  return apart && items.length > 1 && items.every(isAuthority) ? problem : undefined;
}

const isAuthority = (text: string): boolean => !("problem" in parseProxyAuthority(text.replace(/\/$/, ""), "http"));

function twoSchemes(value: string): ProxyProblem | undefined {
  const rest = value.replace(schemeAtStart, "");
  if (rest === value || !/^(?:https?|socks(?:4a?|5h?)?):\/\//i.test(rest)) return undefined;
  const second = (schemeAtStart.exec(rest)?.[1] ?? "http").toLowerCase();
  return twoSchemesInARow(second);
}

/** Its path ends as those of PAC files do; of a proxy's own address, the path means nothing. */
function pacFile(value: string): ProxyProblem | undefined {
  if (!/^https?:\/\/[^?#]*\/[^/?#@]*\.(?:pac|dat)(?:[?#][^@]*)?$/i.test(value)) return undefined;
  return addressOfPacFile;
}
