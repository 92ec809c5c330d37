import type { FaultCode } from "../base/codes.js";
import type { Fault } from "../base/errors.js";
import type { Finding, Owner } from "./types.js";

const bySide = { local: "you", proxy: "proxy", target: "server" } as const;

/** Where it shows itself is where it is put right, but for these. */
const otherwise = {
  // A setting of this machine is wrong, or lacks: a root, a certificate, a login, a scheme.
  TLS_UNTRUSTED_ISSUER: "you",
  TLS_INSPECTED: "you",
  TLS_SELF_SIGNED: "you",
  TLS_NOT_TLS: "you",
  CLOCK_SKEW: "you",
  DNS_NOT_FOUND: "you",
  CLIENT_CERT_REQUIRED: "you",
  PROXY_NOT_TLS: "you",
  PROXY_NEEDS_TLS: "you",
  PROXY_NOT_HTTP: "you",
  SOCKS_NOT_SOCKS: "you",
  PROXY_AUTH_REQUIRED: "you",
  PROXY_AUTH_REJECTED: "you",
  PROXY_AUTH_TICKET: "you",
  CAPTIVE_PORTAL: "you",
  // Who opens the TLS on the way, or answers in the server's place.
  CLIENT_CERT_INSPECTED: "proxy",
  HTTP_BLOCK_PAGE: "proxy",
} as const satisfies Partial<Record<FaultCode, Owner>>;

const known = new Map<string, Owner>(Object.entries(otherwise));

/** Names the owners to people. */
export const owners = { you: "you", proxy: "the proxy's people", server: "the server's people" } as const;

export function findingOf(fault: Fault): Finding {
  return { ...fault, owner: whoseIs(fault) };
}

/** Whose a fault is: who reads the report, whoever runs the proxies and inspectors of the network, or whoever runs the server. */
export function whoseIs({ code, hop }: Pick<Fault, "code" | "hop">): Owner {
  return known.get(code) ?? bySide[hop];
}
