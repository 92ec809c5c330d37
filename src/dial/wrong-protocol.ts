import type { Socket } from "node:net";
import type { ConnectError } from "../base/errors.js";
import type { System } from "../base/system.js";
import type { ProxyServer } from "../policy/types.js";
import type { Endpoint } from "./endpoint.js";
import { speaksHttp, speaksHttpOn, speaksSocks, speaksTls } from "./probe.js";
import { speaksHttpInstead, speaksTlsInstead } from "./faults-socks.js";
import { proxyNotTls, targetNotTls } from "./faults-tls.js";
import { needsSocks, needsTls } from "./faults-tunnel.js";

/*
 * A port that waits for another protocol than the one that is spoken to it says nothing, or hangs up. Asked what it does speak, by
 * connections of their own that carry nothing of the request and no login, it can be named. Undefined: by none of these.
 */

/** Spoken to: HTTP, to a proxy. (One of `https:` has shown by its handshake that it is the right kind of port.) */
export async function insteadOfHttp(
  { protocol }: ProxyServer,
  endpoint: Endpoint,
  system: System,
  cause?: unknown,
): Promise<ConnectError | undefined> {
  if (protocol !== "http") return undefined;
  const [tls, socks] = await Promise.all([speaksTls(system, endpoint), speaksSocks(system, endpoint)]);
  if (tls) return needsTls(endpoint, cause);
  return socks ? needsSocks(endpoint, cause) : undefined;
}

/** Spoken to: SOCKS. A port of TLS is told first: some answer plain HTTP as well, to say that they want TLS. */
export async function insteadOfSocks(endpoint: Endpoint, system: System): Promise<ConnectError | undefined> {
  const [tls, http] = await Promise.all([speaksTls(system, endpoint), speaksHttp(system, endpoint)]);
  if (tls) return speaksTlsInstead(endpoint);
  return http ? speaksHttpInstead(endpoint) : undefined;
}

/** Spoken to: TLS, to a proxy. */
export async function insteadOfProxyTls(
  endpoint: Endpoint,
  system: System,
  cause?: unknown,
): Promise<ConnectError | undefined> {
  // Whoever speaks one of them does not speak the other, and is silent when he is asked for it.
  const said = await firstTo({ socks: speaksSocks(system, endpoint), http: speaksHttp(system, endpoint) });
  return said && proxyNotTls(endpoint, said === "socks", cause);
}

/** The first of these that turns out true, without waiting for the others. */
async function firstTo<Name extends string>(asked: Record<Name, Promise<boolean>>): Promise<Name | undefined> {
  const yes = Object.entries<Promise<boolean>>(asked).map(async ([name, answer]) => {
    if (await answer) return name as Name;
    throw new Error(`not ${name}`);
  });
  return Promise.any(yes).catch(() => undefined);
}

/**
 * Spoken to: TLS, to a target.
 * @param open connects to it by the way that was taken
 */
export async function insteadOfTls(open: () => Promise<Socket>, endpoint: Endpoint): Promise<ConnectError | undefined> {
  if (!(await speaksHttpOn(open, endpoint))) return undefined;
  return targetNotTls(endpoint);
}
