import { parseIp } from "../base/ip.js";
import type { Address, System } from "../base/system.js";
import type { Abortable } from "./abortable.js";
import { bounded } from "./bounded.js";
import type { Endpoint } from "./endpoint.js";
import { dnsFault, notFound, slowDns } from "./faults-network.js";

const loopback: readonly Address[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/** The addresses of an endpoint: a literal stands for itself, and localhost names never reach a resolver (RFC 6761 section 6.3). */
export async function resolveEndpoint(
  system: System,
  endpoint: Endpoint,
  ms: number,
  signal: Abortable | undefined,
): Promise<readonly Address[]> {
  const { host } = endpoint;
  const literal = parseIp(host);
  if (literal !== undefined) {
    const { zone } = endpoint;
    return [{ address: zone === undefined ? host : `${host}%${zone}`, family: literal.family }];
  }
  if (host === "localhost" || host.endsWith(".localhost")) return loopback;
  try {
    const addresses = await bounded(
      ms,
      signal,
      () => slowDns(endpoint, ms),
      () => system.lookup(host),
    );
    if (addresses.length === 0) throw notFound(endpoint, undefined);
    return addresses;
  } catch (error) {
    throw dnsFault(error, endpoint);
  }
}
