import { ConnectError, type Fault } from "../base/errors.js";
import type { Observation } from "./observation.js";

/** @param outcome what showed it */
export function inspected({ connection, target, issuer }: Observation, outcome: string): ConnectError {
  const subject = connection.identity?.subject ?? "the client certificate";
  return new ConnectError("CLIENT_CERT_INSPECTED", {
    hop: "proxy",
    message: `${subject} cannot reach ${target}: "${issuer.name}" inspects the TLS on the way and removes it (${outcome})`,
    remedy: `ask the administrators of the inspecting proxy to exempt ${target} from inspection`,
  });
}

/** A private root signs for a host that everybody knows: whoever it is, its certificate was made on the way. */
export function signedPrivately(fault: ConnectError, target: string, issuer: string): ConnectError {
  const { hop, stage, remedy } = fault;
  return new ConnectError("TLS_INSPECTED", {
    hop,
    stage,
    message: `the TLS to ${target} is inspected on the way: its certificate is issued by "${issuer}", which is not a public authority and is not trusted here`,
    remedy,
    cause: fault,
  });
}

/** @param other a host that is known to be inspected, with a certificate by the same issuer */
export function openedByTheSame({ hop, stage, remedy }: Fault, target: string, issuer: string, other: string): Fault {
  return new ConnectError("TLS_INSPECTED", {
    hop,
    stage,
    message: `the TLS to ${target} is inspected on the way: its certificate is issued by "${issuer}", as is that of ${other}, and it is not trusted here`,
    remedy,
  }).toJSON();
}
