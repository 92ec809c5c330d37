import { BlockList, isIP } from "node:net";
import { domainToASCII } from "node:url";
import type { ReadTarget } from "./types.js";

const familyOf = (address: string): "ipv4" | "ipv6" => (isIP(address) === 6 ? "ipv6" : "ipv4");

/** Whether two literals denote the same address, however they are spelt. An IPv4-mapped IPv6 address equals its IPv4 one. */
export function sameAddress(a: string, b: string): boolean {
  if (isIP(a) === 0 || isIP(b) === 0) return false;
  const list = new BlockList();
  list.addAddress(b, familyOf(b));
  // BlockList unmaps on the checked side alone, so either order has to be tried.
  if (list.check(a, familyOf(a))) return true;
  const reverse = new BlockList();
  reverse.addAddress(a, familyOf(a));
  return reverse.check(b, familyOf(b));
}

/** Whether `cidr` (`10.0.0.0/8`, `2001:db8::/32`) is well formed and contains the address. */
export function inSubnet(address: string, cidr: string): boolean {
  const slash = cidr.indexOf("/");
  const base = cidr.slice(0, slash);
  const bits = cidr.slice(slash + 1);
  const family = isIP(base);
  if (slash < 0 || isIP(address) === 0 || family === 0 || !/^\d{1,3}$/.test(bits)) return false;
  const prefix = Number(bits);
  if (prefix > (family === 6 ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(base, prefix, familyOf(base));
  return list.check(address, familyOf(address));
}

/** 127/8, ::1, and IPv4-mapped spellings of the former. */
export function isLoopbackAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  return inSubnet(address, "127.0.0.0/8") || sameAddress(address, "::1");
}

/** `host:port`, `[v6]:port` or a bare host. A bare IPv6 literal has no port. */
export function splitPort(entry: string): { readonly host: string; readonly port: number | undefined } {
  const bracketed = /^\[(?<host>[^\]]*)\](?::(?<port>\d+))?$/.exec(entry)?.groups;
  if (bracketed) return { host: bracketed["host"] ?? "", port: toPort(bracketed["port"]) };
  const plain = /^(?<host>[^:]*):(?<port>\d+)$/.exec(entry)?.groups;
  if (plain) return { host: plain["host"] ?? "", port: toPort(plain["port"]) };
  return { host: entry, port: undefined };
}

const toPort = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

/** As Python and Rust have it, to which a byte order mark is no white space. */
export const trimmed = (entry: string): string => entry.replace(/^[^\S\ufeff]+|[^\S\ufeff]+$/g, "");

export const toAscii = (name: string): string => (/[^\0-\x7f]/.test(name) ? domainToASCII(name) : name);

export const withoutTrailingDot = (name: string): string => (name.endsWith(".") ? name.slice(0, -1) : name);

/** The host itself or one of its sub-domains. */
export const isWithin = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`);

/**
 * What of axios' and Bun's readings an entry decides by its form alone: nothing, everything, a block, or another port.
 * @returns undefined where its host has to be compared
 */
export function decidedByForm(entry: string, { host, port }: ReadTarget): boolean | undefined {
  if (entry === "") return false;
  if (entry === "*") return true;
  if (entry.includes("/")) return inSubnet(host, entry);
  const wanted = splitPort(entry).port;
  return wanted !== undefined && wanted !== port ? false : undefined;
}
