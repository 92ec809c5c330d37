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

/** What nobody has to be asked for: a literal stands for itself, and localhost names never reach a resolver (RFC 6761 section 6.3). */
export function knownAddresses({ host, zone }: Endpoint): readonly Address[] | undefined {
  const literal = parseIp(host);
  if (literal !== undefined)
    return [{ address: zone === undefined ? host : `${host}%${zone}`, family: literal.family }];
  return host === "localhost" || host.endsWith(".localhost") ? loopback : undefined;
}

/** The addresses of any other endpoint. */
export async function resolveEndpoint(
  system: System,
  endpoint: Endpoint,
  ms: number,
  signal: Abortable | undefined,
): Promise<readonly Address[]> {
  const { host } = endpoint;
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
