import { findConnectError, type ConnectError } from "../base/errors.js";
import { hostPortOf } from "../base/hostname.js";
import { mayBeTls, speaksTls } from "./faults-end.js";
import type { Observation } from "./observation.js";
import type { Diagnosable } from "./types.js";

/** Milliseconds to ask a port what it speaks. */
const patience = 2000;
/** What a handshake cannot fail with unless the other side speaks TLS. */
const saysNothing = new Set(["TLS_NOT_TLS", "TLS_RESET", "TLS_TIMEOUT"]);

/**
 * A target that gave no answer to plain HTTP is asked whether it speaks TLS, by the same way, with nothing but a ClientHello and no
 * client certificate. Undefined where it does not, or cannot be asked.
 */
export async function instead(
  network: Pick<Diagnosable, "dial">,
  observation: Observation,
  signal: AbortSignal | undefined,
): Promise<ConnectError | undefined> {
  if (!mayBeTls(observation)) return undefined;
  const none = { origins: [], broken: [], faults: [], warnings: [] };
  try {
    const { socket } = await network.dial(
      { protocol: "https:", ...hostPortOf(observation.url) },
      { identities: none, deadline: patience, route: observation.connection.route, ...(signal && { signal }) },
    );
    socket.destroy();
    return speaksTls(observation);
  } catch (error) {
    signal?.throwIfAborted();
    const fault = findConnectError(error);
    const isTls = fault?.hop === "target" && (fault.stage === "tls" || fault.stage === "client-cert");
    return isTls && !saysNothing.has(fault.code) ? speaksTls(observation, error) : undefined;
  }
}
