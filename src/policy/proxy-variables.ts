import type { ConnectError } from "../base/errors.js";
import { report, type Candidate, type Findings } from "./findings.js";
import type { SettingsSource } from "./source.js";
import { defined } from "./defined.js";
import { variablesDiffer } from "./faults-proxy.js";
import { isProxyList } from "./proxy-list.js";
import type { ListTarget } from "./proxy-problem.js";
import { formatProxyChoice, parseProxy, proxyCandidate, type ParsedProxy } from "./proxy-url.js";
import type { ProxyChoice } from "./types.js";
import { sourceOf, type Variable, type VariableLookup } from "./variables.js";

/** A variable that is read in both cases. */
export interface VariablePair {
  readonly chosen: Variable;
  /** The one in upper case, where both are set. */
  readonly shadowed?: Variable;
}

interface ProxyContext {
  readonly platform: NodeJS.Platform;
  readonly lookup: VariableLookup;
  readonly findings: Findings;
}

export function proxyVariables(context: ProxyContext): SettingsSource["proxy"] {
  const https = candidate("httpsProxy", pickVariable("https_proxy", context), "https", context);
  const http = candidate("httpProxy", pickHttpProxy(context), "http", context);
  const pair = pickVariable("all_proxy", context);
  if (pair !== undefined && isProxyList(unquoted(pair.chosen.value)))
    return defined({
      https: beside(https, candidate("proxy", pair, "https", context), context),
      // The pair's other variable has been told of.
      http: beside(http, candidate("proxy", { chosen: pair.chosen }, "http", context), context),
    });
  const all = candidate("proxy", pair, "https", context);
  return defined({ https, http, all });
}

/** A list for all schemes has a part for each, which counts where the scheme has no variable of its own. */
function beside(
  own: Candidate<ProxyChoice> | undefined,
  part: Candidate<ProxyChoice> | undefined,
  { findings }: ProxyContext,
): Candidate<ProxyChoice> | undefined {
  if (own !== undefined && part !== undefined) report(part, findings, own);
  return own ?? part;
}

const unquoted = (text: string): string =>
  text
    .trim()
    .replace(/^(["'])(.*)\1$/s, "$2")
    .trim();

/** Lower case wins over upper case, as in curl. Two values that differ are a warning: other programs take the other one. */
export function pickVariable(lower: string, { lookup, findings }: ProxyContext): VariablePair | undefined {
  const chosen = lookup(lower);
  const upper = lookup(lower.toUpperCase());
  if (chosen === undefined) return upper && { chosen: upper };
  // On Windows, both names find the same variable.
  if (upper === undefined || upper.name === chosen.name) return { chosen };
  if (upper.value.trim() !== chosen.value.trim()) findings.warnings.push(conflict(chosen, upper));
  return { chosen, shadowed: upper };
}

/**
 * In a CGI program `HTTP_PROXY` is the request header "Proxy", so anyone could set it (CVE-2016-5385). Like curl and Go, take
 * lower case alone there; on Windows, where case does not count, neither.
 */
function pickHttpProxy(context: ProxyContext): VariablePair | undefined {
  const { lookup, findings, platform } = context;
  const method = lookup("REQUEST_METHOD");
  if (method === undefined) return pickVariable("http_proxy", context);
  const ignored = lookup("HTTP_PROXY");
  if (ignored !== undefined) {
    const value = formatProxyChoice(read(ignored).choice);
    findings.reports.push({ name: "httpProxy", value, source: sourceOf(ignored), overriddenBy: sourceOf(method) });
  }
  const chosen = platform === "win32" ? undefined : lookup("http_proxy");
  return chosen && { chosen };
}

function candidate(
  name: string,
  pair: VariablePair | undefined,
  target: ListTarget,
  { findings }: ProxyContext,
): Candidate<ProxyChoice> | undefined {
  if (pair === undefined) return undefined;
  const candidateOf = (variable: Variable): Candidate<ProxyChoice> => {
    const { choice, warnings } = read(variable, target);
    return proxyCandidate(name, choice, sourceOf(variable), warnings);
  };
  const chosen = candidateOf(pair.chosen);
  if (pair.shadowed !== undefined) report(candidateOf(pair.shadowed), findings, chosen);
  return chosen;
}

/** Without a `target`, the one that the variable's name says. */
function read({ name, value }: Variable, target: ListTarget = /^http_/i.test(name) ? "http" : "https"): ParsedProxy {
  return parseProxy(value, name, target);
}

function conflict(chosen: Variable, other: Variable): ConnectError {
  const show = (variable: Variable): string =>
    variable.name.toLowerCase() === "no_proxy"
      ? variable.name
      : `${variable.name} (${formatProxyChoice(read(variable).choice)})`;
  const shown = [show(chosen), show(other)] as const;
  const [left, right] = shown;
  const inLogin = left.replace(chosen.name, "") === right.replace(other.name, "") && left !== chosen.name;
  return variablesDiffer(shown, inLogin, chosen.name, other.name);
}
