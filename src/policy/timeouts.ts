import type { Timeouts } from "./types.js";

/**
 * Long enough for slow networks, short enough that nobody takes waiting for a crash: resolvers answer or give up within 5 s;
 * a SYN is repeated after 1, 3 and 7 s; a proxy that looks into every connection may take its time over CONNECT; a language
 * model may think for minutes before its first byte.
 */
export const defaultTimeouts: Timeouts = {
  dns: 5_000,
  tcp: 10_000,
  proxyTls: 10_000,
  tunnel: 30_000,
  tls: 10_000,
  firstByte: 300_000,
};

export const timeoutNames = Object.keys(defaultTimeouts) as readonly (keyof Timeouts)[];

/** `setTimeout` takes 32 bits and fires at once for more. */
export const longestTimeout = 2 ** 31 - 1;
