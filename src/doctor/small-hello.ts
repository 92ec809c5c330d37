import type { ConnectError } from "../base/errors.js";
import { largeHelloLost } from "./faults-hello.js";
import { toTarget } from "./parse-target.js";
import { offersPostQuantum, smallGroups, wasDropped } from "./post-quantum.js";
import type { Diagnosable } from "./types.js";

/** Milliseconds for a handshake that is tried once more. */
const patience = 5000;

/**
 * A handshake that got no answer, or a reset for one, is tried once more with a ClientHello that fits into one packet: where that is answered,
 * something on the way cannot read the larger one that this Node sends. Undefined where it is not, or where the first was small.
 */
export async function withSmallHello(
  network: Pick<Diagnosable, "dial">,
  url: URL,
  fault: ConnectError,
  signal: AbortSignal | undefined,
): Promise<ConnectError | undefined> {
  if (!wasDropped(fault) || fault.hop !== "target" || !offersPostQuantum()) return undefined;
  try {
    const options = { groups: smallGroups, deadline: patience, ...(signal && { signal }) };
    const { socket } = await network.dial(toTarget(url), options);
    socket.destroy();
    return largeHelloLost(url, fault);
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}
