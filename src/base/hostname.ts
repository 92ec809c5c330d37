import { domainToASCII } from "node:url";
import { formatIp, parseIp } from "./ip.js";

/** RFC 1035 section 2.3.4 bounds a label and a name; `_` is no host name character, yet occurs in internal names. */
const name = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
const plain = /^[\x21-\x7e]*$/;

/**
 * The one spelling in which hosts are compared: lower case, punycode, IP literals as {@link formatIp} writes them without
 * brackets or zone, no trailing dot. Takes what a URL holds as it is: whether the name is a sensible one is not asked here.
 */
export function canonicalHost(text: string): string {
  const address = parseIp(text);
  if (address !== undefined) return formatIp(address);
  const lower = (plain.test(text) ? text : domainToASCII(text) || text).toLowerCase();
  return lower.endsWith(".") ? lower.slice(0, -1) : lower;
}

/** A host name as a setting may hold it, in canonical spelling; undefined where it is none. IP literals are not names. */
export function parseHostname(text: string): string | undefined {
  const canonical = plain.test(text) ? text.toLowerCase() : domainToASCII(text);
  const host = canonical.endsWith(".") ? canonical.slice(0, -1) : canonical;
  // A name whose last label is a number is an IPv4 address to every URL parser, or nothing at all.
  return name.test(host) && !/(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(host) ? host : undefined;
}

/** `host:port` for messages and origins, with brackets round IPv6. */
export function formatHostPort(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
