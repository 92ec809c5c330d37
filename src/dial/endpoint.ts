import type { Hop } from "../base/errors.js";
import { formatHostPort, type HostPort } from "../base/hostname.js";
import { oneLine } from "../base/one-line.js";

/** The far end of one leg: who is spoken to, and in whose name faults of that leg are told. */
export interface Endpoint extends HostPort {
  readonly hop: Extract<Hop, "proxy" | "target">;
  /** Of a link-local address: see `zoneOf`. */
  readonly zone?: string;
}

/** `host:port`, IPv6 in brackets. */
export function authority({ host, port }: HostPort): string {
  return formatHostPort(host, port);
}

/** "the proxy proxy.corp:3128" or "api.example.com:443": how messages call an endpoint. */
export function called(endpoint: Endpoint): string {
  return endpoint.hop === "proxy" ? `the proxy ${authority(endpoint)}` : authority(endpoint);
}

/** What a peer said, fit for a message. */
export const quotePeer = (text: string, limit = 120): string => oneLine(text, limit);
