import { domainToASCII } from "node:url";
import { formatIp, parseIp } from "./ip.js";

/**
 * Where something listens. The host is in the spelling of {@link canonicalHost}: two that are equal are spelt the same, and an
 * IPv6 address has no brackets, which belong to URLs and to `host:port`. What is written is written by the functions below.
 */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** RFC 1035 section 2.3.4 bounds a label and a name; `_` is not a valid host name character, yet occurs in internal names. */
const name = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
const plain = /^[\x21-\x7e]*$/;

/**
 * The one spelling in which hosts are compared: lower case, punycode, IP literals as {@link formatIp} writes them without
 * brackets or zone, no trailing dot. Takes what a URL holds as it is: whether the name is a sensible one is not asked here.
 */
export function canonicalHost(text: string): string {
  const known = spellings.get(text);
  if (known !== undefined) return known;
  const spelling = spell(text);
  if (spellings.size >= mostSpellings) spellings.clear();
  if (text.length <= 255) spellings.set(text, spelling);
  return spelling;
}

/** One connection asks a dozen times how its two or three hosts are spelt. */
const spellings = new Map<string, string>();
const mostSpellings = 256;

function spell(text: string): string {
  const ascii = plain.test(text) ? text : domainToASCII(text) || text;
  const address = parseIp(ascii);
  if (address !== undefined) return formatIp(address);
  const lower = ascii.toLowerCase();
  // A second dot is an empty label, and no host's name: without one of them it would be another name at the next reading.
  return /[^.]\.$/.test(lower) ? lower.slice(0, -1) : lower;
}

/**
 * The zone of an IPv6 literal, which {@link canonicalHost} leaves out: the interface of this machine that a link-local address is
 * reached by. It means nothing to anyone else (RFC 4007 section 11.2), so it is for connecting and for nothing that is sent.
 */
export function zoneOf(text: string): string | undefined {
  const zone = /^\[?[^%[\]]*:[^%[\]]*%([\w.~-]+)\]?$/.exec(text)?.[1];
  return zone === undefined || parseIp(text)?.family !== 6 ? undefined : zone;
}

/** A host name as a setting may hold it, in canonical spelling; undefined where it is none. IP literals are not names. */
export function parseHostname(text: string): string | undefined {
  const canonical = plain.test(text) ? text.toLowerCase() : domainToASCII(text);
  const host = canonical.endsWith(".") ? canonical.slice(0, -1) : canonical;
  // A name whose last label is a number is an IPv4 address to every URL parser, or nothing at all.
  return name.test(host) && !/(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(host) ? host : undefined;
}

/** Without the brackets in which URLs hold IPv6 literals, and else as it is written: a zone stays. */
export function bareHost(text: string): string {
  return text.replace(/^\[(.*)\]$/, "$1");
}

/** The port of a scheme, its colon included; that of http for a scheme that is none of these. */
export function usualPort(protocol: string | undefined): number {
  if (protocol === "https:" || protocol === "wss:") return 443;
  return protocol?.startsWith("socks") === true ? 1080 : 80;
}

/** Where a URL leads. Its port may be left to the scheme. */
export function hostPortOf({ protocol, hostname, port }: Pick<URL, "protocol" | "hostname" | "port">): HostPort {
  return { host: canonicalHost(hostname), port: port === "" ? usualPort(protocol) : Number(port) };
}

/** What a Host field or an authority says, `host` or `host:port`; undefined where it is neither. */
export function readAuthority(text: string, protocol: string): HostPort | undefined {
  const parts = /^(?<host>\[[^\]]*\]|[^:[\]]+)(?::(?<port>\d{0,5}))?$/.exec(text)?.groups;
  if (parts?.["host"] === undefined) return undefined;
  return hostPortOf({ protocol, hostname: parts["host"], port: parts["port"] ?? "" });
}

/** A host as it stands in a URL, a Host field, and before a port: in canonical spelling, IPv6 in brackets. */
export function formatHost(host: string): string {
  const canonical = canonicalHost(host);
  return canonical.includes(":") ? `[${canonical}]` : canonical;
}

/** `host:port`, for CONNECT, messages and origins. */
export function formatHostPort(host: string, port: number): string {
  return `${formatHost(host)}:${port}`;
}

/** The same as a URL of this scheme and its Host field have it (RFC 9110 section 7.2): without the port that is the scheme's own. */
export function formatAuthority({ host, port }: HostPort, protocol: string): string {
  return port === usualPort(protocol) ? formatHost(host) : formatHostPort(host, port);
}
