import type { HostPattern } from "../policy/types.js";

// Apart from the other faults: these are needed before anything is loaded, and must not bring node:crypto with them.

/** What follows from a fault of an identity that is for `hosts` alone. */
export function requestsFail(hosts: readonly HostPattern[]): string {
  return `https requests to ${hosts.map(({ text }) => text).join(",")} fail with this error`;
}

/** What follows from a fault of the identity for proxies. */
export function proxyConnectionsFail(): string {
  return "connections to https:// proxies fail with this error";
}
