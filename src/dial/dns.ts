import { codeOf } from "../base/error-code.js";
import { ConnectError, isConnectError } from "../base/errors.js";
import { parseIp } from "../base/ip.js";
import type { Address, System } from "../base/system.js";
import { bounded } from "./bounded.js";
import { called, type Endpoint } from "./endpoint.js";

const loopback: readonly Address[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/** The addresses of an endpoint: a literal stands for itself, and localhost names never reach a resolver (RFC 6761 section 6.3). */
export async function resolveEndpoint(
  system: System,
  endpoint: Endpoint,
  ms: number,
  signal: AbortSignal | undefined,
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

function dnsFault(error: unknown, endpoint: Endpoint): unknown {
  const code = codeOf(error);
  if (code === "ENOTFOUND" || code === "ENODATA" || code === "EAI_NONAME" || code === "EAI_NODATA")
    return notFound(endpoint, error);
  // An abort, or a fault that is told already.
  if (isConnectError(error) || !code.startsWith("E")) return error;
  return new ConnectError("DNS_FAILED", {
    hop: endpoint.hop,
    message: `the resolver gave no answer for ${endpoint.host} (${code})`,
    remedy: "check this machine's DNS servers and VPN, then try again",
    cause: error,
  });
}

function notFound(endpoint: Endpoint, cause: unknown): ConnectError {
  const remedy =
    endpoint.hop === "proxy"
      ? `check the proxy's name in the setting; if it is right, connect to the network (VPN) that knows it`
      : `check the name; if only a proxy can resolve outside names here, set HTTPS_PROXY (or a route) so that it does`;
  return new ConnectError("DNS_NOT_FOUND", {
    hop: endpoint.hop,
    message: `the name of ${called(endpoint)} cannot be resolved on this machine`,
    remedy,
    cause,
  });
}

function slowDns(endpoint: Endpoint, ms: number): ConnectError {
  return new ConnectError("DNS_FAILED", {
    hop: endpoint.hop,
    message: `the resolver gave no answer for ${endpoint.host} within ${ms} ms`,
    remedy: "check this machine's DNS servers and VPN, then try again",
  });
}
