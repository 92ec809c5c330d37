import type { ConnectError } from "../base/errors.js";
import { formatHostPort } from "../base/hostname.js";
import { trimInvisible } from "../base/invisible.js";
import { oddEdge } from "../base/odd-edges.js";
import { nearest } from "../base/nearest.js";
import { redactUrl } from "../base/redact.js";
import { showAs } from "../base/show-as.js";
import { Secret } from "../base/secret.js";
import { unquoted } from "../base/written-wrong.js";
import type { Candidate } from "./findings.js";
import { parseProxyAuthority } from "./proxy-authority.js";
import { isProxyList, partFor } from "./proxy-list.js";
import { recognizeMistake } from "./proxy-mistakes.js";
import type { ListTarget, ProxyProblem } from "./proxy-problem.js";
import { proxyLogin } from "./proxy-login.js";
import { decodeUserinfo, splitUserinfo } from "./proxy-userinfo.js";
import type { ProxyChoice, ProxyProtocol, ProxyServer, Source } from "./types.js";
import {
  windowsList,
  whiteSpaceWithLogin,
  whiteSpace,
  invalidPacUrl,
  fault,
  edgeWarning,
  quotesWarning,
  unsupportedScheme,
  listWarning,
} from "./faults-proxy.js";

export interface ParsedProxy {
  readonly choice: ProxyChoice;
  readonly warnings: readonly ConnectError[];
}

const defaultPorts: Readonly<Record<ProxyProtocol, number>> = {
  http: 80,
  https: 443,
  socks5: 1080,
  socks5h: 1080,
  socks4: 1080,
  socks4a: 1080,
};
const schemes = Object.keys(defaultPorts);
const pacSchemes = ["pac+http", "pac+https", "pac+file"];

/**
 * Reads a proxy as people write it: `http://user:password@host:port`, with or without scheme, with raw `@`, `%`, `\` and
 * `:` in the password, and with raw `/`, `?` and `#` as far as that leaves one reading only. Path, query and fragment are
 * ignored, as curl does. `setting` names where the value came from, for messages; these never show a login. A list in Windows'
 * form is read where a `target` says which part of it counts.
 *
 * An own parser, since a WHATWG URL rejects or misreads many of these: it ends the host at the `#` of a password.
 */
export function parseProxy(text: string, setting: string, target?: ListTarget): ParsedProxy {
  const trimmed = trimInvisible(text);
  const quoted = unquoted(trimmed);
  const value = quoted === undefined ? trimmed : trimInvisible(quoted);
  const list = isProxyList(value) ? readList(value, target) : undefined;
  const parsed = list === undefined ? parseValue(value) : "problem" in list ? list : parseValue(list.part);
  if ("problem" in parsed) return { choice: { kind: "invalid", fault: fault(setting, parsed) }, warnings: [] };
  const warnings = quoted === undefined ? [] : [quotesWarning(setting)];
  const edge = oddEdge(text);
  if (edge !== undefined) warnings.push(edgeWarning(setting, edge));
  if (list !== undefined && "part" in list)
    warnings.push(listWarning(setting, target, list.written, formatProxyChoice(parsed)));
  return { choice: parsed, warnings };
}

function readList(value: string, target: ListTarget | undefined): ReturnType<typeof partFor> {
  if (target !== undefined) return partFor(value, target);
  return windowsList;
}

/** A proxy for messages: protocol, host and port, with `***` in place of a login. */
export function formatProxy(server: ProxyServer): string {
  const login = server.login === undefined ? "" : "***@";
  return `${server.protocol}://${login}${formatHostPort(server.host, server.port)}`;
}

/** A proxy setting as a candidate: shown without secrets, and with the fault that makes it unusable. */
export function proxyCandidate(
  name: string,
  value: ProxyChoice,
  source: Source,
  warnings: readonly ConnectError[] = [],
): Candidate<ProxyChoice> {
  return {
    name,
    value,
    source,
    shown: formatProxyChoice(value),
    warnings,
    faults: value.kind === "invalid" ? [value.fault] : [],
  };
}

/** A proxy choice for messages, without secrets. */
export function formatProxyChoice(choice: ProxyChoice): string {
  switch (choice.kind) {
    case "direct":
      return "direct";
    case "server":
      return formatProxy(choice.server);
    case "chain":
      return choice.servers.map(formatProxy).join(", then ");
    case "pac":
      return `pac+${redactUrl(choice.url)}`;
    case "invalid":
      return "(invalid)";
  }
}

/** The proxies of a choice, in the order in which they are passed; none where a PAC file or nothing names them. */
export function serversOf(choice: ProxyChoice | undefined): readonly ProxyServer[] {
  if (choice?.kind === "server") return [choice.server];
  return choice?.kind === "chain" ? choice.servers : [];
}

/** The URL of a PAC file, as `SALLYPORT_PAC_URL` has it: `http:`, `https:`, `file:` or `data:`, or `wpad`; a leading `pac+` is allowed. */
export function parsePacUrl(text: string, setting: string): ProxyChoice {
  const given = trimInvisible(text).replace(/^pac\+/i, "");
  // By DNS, and only where somebody asks for it: the resolver's own search list completes the name, and nothing is tried beyond it.
  const url = given.toLowerCase() === "wpad" ? "http://wpad/wpad.dat" : given;
  const parsed = checkPac(url);
  return "problem" in parsed ? { kind: "invalid", fault: fault(setting, parsed) } : parsed;
}

function parseValue(value: string): Exclude<ProxyChoice, { kind: "invalid" }> | ProxyProblem {
  const mistake = recognizeMistake(value);
  if (mistake !== undefined) return mistake;
  const written = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(value);
  const scheme = (written?.[1] ?? "http").toLowerCase();
  const rest = written?.[2] ?? value;
  if (scheme.startsWith("pac+") && pacSchemes.includes(scheme)) return checkPac(value.slice("pac+".length));
  const protocol = protocolOf(scheme);
  if (protocol === undefined) return unknownScheme(scheme);
  // Two proxies in one value would otherwise read as one with a strange password.
  if (/[\s\p{Cc}]/u.test(rest)) return hasWhiteSpace(rest);

  const parts = splitUserinfo(rest);
  if ("problem" in parts) return parts;
  const authority = parseProxyAuthority(parts.authority, protocol);
  if ("problem" in authority) return authority;
  const server = { protocol, host: authority.host, port: authority.port ?? defaultPorts[protocol] };
  if (parts.userinfo === undefined || parts.userinfo === "") return { kind: "server", server };
  const { username, password } = decodeUserinfo(parts.userinfo);
  return {
    kind: "server",
    server: { ...server, login: proxyLogin(username, { kind: "inline", secret: new Secret(password) }) },
  };
}

function protocolOf(scheme: string): ProxyProtocol | undefined {
  return Object.hasOwn(defaultPorts, scheme) ? (scheme as ProxyProtocol) : undefined;
}

function unknownScheme(scheme: string): ProxyProblem {
  // GNOME, and others after it, mean version 5, curl means version 4, and libproxy says that it cannot be known: nothing is guessed.
  const versionless = scheme === "socks";
  const meant = versionless ? "socks5h" : nearest(scheme, [...schemes, ...pacSchemes]);
  return unsupportedScheme({ scheme, meant, versionless }, schemes, pacSchemes);
}

function hasWhiteSpace(rest: string): ProxyProblem {
  return rest.includes("@") ? whiteSpaceWithLogin : whiteSpace;
}

function checkPac(url: string): { kind: "pac"; url: string } | ProxyProblem {
  const usable = URL.canParse(url) && /^(?:https?|file|data):$/.test(new URL(url).protocol);
  if (usable) return showAs({ kind: "pac", url } as const, () => `[PAC file ${redactUrl(url)}]`);
  return invalidPacUrl;
}
