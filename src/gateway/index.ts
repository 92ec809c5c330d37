import type { Gateway, GatewayOptions } from "./types.js";

export type { Gateway, GatewayAddress, GatewayEvent, GatewayOptions, GatewayStatus, OriginFront } from "./types.js";

/**
 * Starts a forward proxy on loopback or a Unix socket, which dials by the policy.
 * @throws {ConnectError} for a setting that is unusable; with the system's error where it cannot listen
 */
export function startGateway(_options: GatewayOptions = {}): Promise<Gateway> {
  return Promise.reject(new Error("not there yet"));
}
