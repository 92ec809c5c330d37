import { problemOf } from "../base/faults-problem.js";
import { formatIp, type IpAddress } from "../base/ip.js";
import type { AuthorityProblem, ListTarget, ProxyProblem } from "./proxy-problem.js";
import { notExpanded, quotesRemain } from "../base/faults-path.js";
import type { OddEdge } from "../base/odd-edges.js";
import { percentEncoded } from "../base/percent.js";
import { configInvalid } from "../base/faults-config.js";
import { ConnectError } from "../base/errors.js";
import { loginSchemes } from "./types.js";

/** @param meant the scheme whose name is nearest, if one is near */
export function unknownScheme(setting: string, meant: string | undefined): ConnectError {
  return configInvalid(
    `${setting} names a login scheme that does not exist`,
    `${meant === undefined ? "" : `did you mean ${meant}? `}known values: ${loginSchemes.join(", ")}, separated by commas`,
  );
}

export function invalidSpn(setting: string): ConnectError {
  return configInvalid(
    `${setting} is not a valid service principal`,
    "write it as HTTP/proxy.corp.example, with @REALM behind it where the realm is not this machine's",
  );
}

const inAuthority = (problem: string, remedy: string, { plausible = false } = {}): AuthorityProblem => ({
  problem,
  remedy,
  plausible,
});

export function noHost(example: string): AuthorityProblem {
  return inAuthority("names no host", `write it as ${example}`);
}

export const colonWithoutPort = inAuthority(
  "ends in a colon without a port",
  "add the port after the colon, or remove the colon",
  { plausible: true },
);

export function portOutOfRange(text: string): AuthorityProblem {
  return inAuthority(`has port ${text}, which is outside 1-65535`, "correct the port: 8080 and 3128 are common ones", {
    plausible: true,
  });
}

export const portNotANumber = inAuthority(
  "has a port that is not a number",
  "write it as host:port; a login goes before the host, as user:password@host:port",
);

export function invalidIpv6InBrackets(example: string): AuthorityProblem {
  return inAuthority("has no valid IPv6 address between its brackets", `write it like ${example}`);
}

export function ipv6WithoutBrackets(
  scheme: string,
  before: IpAddress,
  port: string,
  whole: IpAddress,
): AuthorityProblem {
  return inAuthority(
    "holds an IPv6 address without brackets, whose last number may be a port",
    `write it as ${scheme}://[${formatIp(before)}]:${port}, or as ${scheme}://[${formatIp(whole)}] if you mean no port`,
    { plausible: true },
  );
}

export const tooManyColons = inAuthority(
  "has too many colons",
  "write it as user:password@host:port, and an IPv6 address in brackets",
);

export const secretHost = (example: string): ProxyProblem => ({
  problem: "has a host that looks like a key or a token, and is not shown",
  remedy: `write the proxy's name or address, as ${example}`,
});

export function noHostBeforePort(example: string): ProxyProblem {
  return problemOf("names no host before the port", `write it as ${example}`);
}

export function unexpandedHost(example: string): ProxyProblem {
  return { problem: notExpanded, remedy: `write the host itself, as ${example}` };
}

export function wordInsteadOfHost(text: string, example: string): ProxyProblem {
  return problemOf(
    `has "${text}" instead of a host`,
    `write the host itself, as ${example}: whatever made this value did not have it`,
  );
}

export function placeholderInsteadOfHost(example: string): ProxyProblem {
  return problemOf("holds a placeholder instead of a host", `write the host itself, as ${example}`);
}

export const severalHosts = problemOf(
  "names more than one proxy",
  "name one proxy only; a PAC file can choose among several",
);

export function numberInsteadOfHost(example: string): ProxyProblem {
  return problemOf("holds a number instead of a host", `write the host's name or its full IPv4 address, as ${example}`);
}

export function invalidHost(example: string): ProxyProblem {
  return problemOf("has a host that is not a valid name or address", `write it as ${example}`);
}

export function severalInList(key: string): ProxyProblem {
  return {
    problem: `is a list in the Windows format that names more than one proxy${key === "" ? "" : ` for ${key}`}`,
    remedy: "name one proxy for each scheme, or a single one, as http://host:port",
  };
}

export function noneInList(target: ListTarget): ProxyProblem {
  return problemOf(
    `is a list in the Windows format, and names no proxy for ${target}`,
    `write the proxy for ${target} alone, as http://host:port; for direct connections, name the hosts in NO_PROXY`,
  );
}

export function answerOfPacFile(value: string, written: string): ProxyProblem {
  return {
    problem: "is written like the answer of a PAC file",
    remedy: value.includes(";") ? `name one proxy only, as ${written}` : `write it as ${written}`,
  };
}

const writeWith = (scheme: string): string => `write it as ${scheme}://host:port`;

export function tooManySlashes(scheme: string): ProxyProblem {
  return problemOf(`has too many slashes after ${scheme}:`, writeWith(scheme));
}

export function backslashes(scheme: string): ProxyProblem {
  return problemOf(`has backslashes after ${scheme}`, writeWith(scheme));
}

export function missingSlashes(scheme: string): ProxyProblem {
  return problemOf(`lacks "://" after ${scheme}`, writeWith(scheme));
}

export const severalProxiesNamed = problemOf(
  "names more than one proxy",
  "name one proxy only, as http://host:port; a PAC file can choose among several",
);

export function twoSchemesInARow(second: string): ProxyProblem {
  return problemOf("has two schemes, one after the other", `write it with one, as ${second}://host:port`);
}

export const addressOfPacFile = problemOf(
  "is the address of a PAC file, not of a proxy",
  "name the proxy itself as http://host:port: it follows PROXY in that file; a PAC file is named as pac+http://…",
);

export function ambiguousLogin(character: string): ProxyProblem {
  return problemOf(
    `can be read in two ways, since a "${character}" comes before the last "@"`,
    `percent-encode the "${character}" in the user name or password as ${percentEncoded(character)} (and "@" as %40)`,
  );
}

export const windowsList = problemOf(
  "is a list in the Windows format",
  "name one proxy, as http://host:port; https and http have settings of their own",
);

export const whiteSpaceWithLogin = problemOf(
  "contains white space",
  "write a space in the user name or password as %20, and name one proxy only",
);

export const whiteSpace = problemOf("contains white space", "name one proxy only, as http://host:port without spaces");

export const invalidPacUrl = problemOf(
  "is not a valid URL of a PAC file",
  "write it as http://host/proxy.pac, https://host/proxy.pac or file:///path/proxy.pac; wpad alone means http://wpad/wpad.dat",
);

export function fault(setting: string, { code, problem, remedy }: ProxyProblem): ConnectError {
  return new ConnectError(code ?? "PROXY_URL_INVALID", { message: `${setting} ${problem}`, remedy, hop: "local" });
}

export function quotesWarning(setting: string): ConnectError {
  return new ConnectError("PROXY_URL_INVALID", {
    severity: "warning",
    hop: "local",
    message: `${setting} is wrapped in quotes, which most programs take as part of the value; sallyport ignores them`,
    remedy: `remove the quotes from ${setting}: ${quotesRemain}`,
  });
}

/** What is at the ends of a value and cannot be seen. */
export function edgeWarning(setting: string, edge: OddEdge): ConnectError {
  const place = edge.endsWith(" it") ? edge : `${edge} at its ${edge === "byte order mark" ? "beginning" : "end"}`;
  return new ConnectError("PROXY_URL_INVALID", {
    severity: "warning",
    hop: "local",
    message: `${setting} has a ${place}, which curl, Go and others take as part of the value; sallyport ignores it`,
    remedy: `set ${setting} again without it: it often comes from a file with the line ends of Windows, or from a copied text`,
  });
}

const unset =
  "unset it if you want no proxy, or set NO_PROXY=* for direct connections; otherwise write http://host:port";

export const emptyValue = problemOf("is empty except for quotes or white space", unset);

export function wordInsteadOfProxy(value: string): ProxyProblem {
  return { problem: `says "${value}", which is not a proxy`, remedy: unset };
}

/** `meant`: the nearest scheme; `versionless`: it is socks://, whose version each program guesses for itself. */
export function unsupportedScheme(
  { scheme, meant, versionless }: { scheme: string; meant: string | undefined; versionless: boolean },
  schemes: readonly string[],
  pac: readonly string[],
): ProxyProblem {
  // A long "scheme" is more likely a secret in the wrong place than a scheme.
  const shown = scheme.length <= 16 ? `the scheme ${scheme}://` : "an unknown scheme";
  const why = versionless ? "socks:// does not say which version of SOCKS to use; " : "";
  const hint = meant === undefined ? "" : `did you mean ${meant}://? ${why}`;
  return {
    code: "PROXY_SCHEME_UNSUPPORTED",
    problem: `has ${shown}, which is not supported`,
    remedy: `${hint}supported schemes: ${schemes.join(", ")}, and ${pac.join(", ")}`,
  };
}

export function listWarning(setting: string, target: string | undefined, written: string, proxy: string): ConnectError {
  return new ConnectError("PROXY_URL_INVALID", {
    severity: "warning",
    hop: "local",
    message: `${setting} is a list in the Windows format, which other programs cannot read; for ${target} its ${written} applies: ${proxy}`,
    remedy: `write the proxy alone into ${setting}, as http://host:port`,
  });
}

const oneLogin = "put the user name and password either in the URL or beside it";

export function loginWithoutProxy(setting: string): ConnectError {
  return fault(setting, { problem: "has a login but no proxy", remedy: oneLogin });
}

/** @param place counted from 1 */
export function noProxyInChain(setting: string, place: number): ConnectError {
  return fault(setting, {
    problem: `names no proxy at place ${place} of its list`,
    remedy: "a list names the proxies that are passed one after the other; write direct, or a PAC file, by itself",
  });
}

export function emptyChain(setting: string): ConnectError {
  return fault(setting, { problem: "is an empty list", remedy: 'name a proxy, or write "direct"' });
}

export function twoLogins(setting: string): ConnectError {
  return fault(setting, { problem: "has a login in its URL and another one beside it", remedy: oneLogin });
}

/** @param both the two variables, with their values where these may be shown */
export function variablesDiffer(
  [left, right]: readonly [string, string],
  inLogin: boolean,
  chosen: string,
  other: string,
): ConnectError {
  return new ConnectError("PROXY_VARIABLES_CONFLICT", {
    hop: "local",
    message: `${left} and ${right} differ${inLogin ? " in login or spelling" : ""}; ${chosen} counts here, while other programs may use ${other}`,
    remedy: `unset ${other}, or give both the same value`,
  });
}

const notInVariables = (message: string, remedy: string): ConnectError =>
  new ConnectError("PROXY_SCHEME_UNSUPPORTED", { stage: "config", hop: "local", message, remedy });

export function chainInVariables(remedy: string): ConnectError {
  return notInVariables("the setting names several proxies in a chain, and variables can name only one", remedy);
}

export function pacInVariables(remedy: string): ConnectError {
  return notInVariables("a PAC file chooses the proxy, which variables cannot express", remedy);
}
