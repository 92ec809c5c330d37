import { ConnectError } from "../base/errors.js";
import { certificateRefused, closedAfterAsking } from "./client-certificate-faults.js";
import { called, codeOf, type Endpoint } from "./endpoint.js";
import type { Handshake } from "./handshake.js";

/** What a connection ends with when the far side goes away: from the system, or from a client that saw the FIN first. */
const gone = new Set(["", "ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/**
 * Explains what ends a TLS connection after its handshake. A TLS 1.3 server judges the client's certificate only then
 * (RFC 8446 section 4.4.2), so that its alert arrives with the first read. Undefined for errors that are the caller's own.
 */
export function lateTlsFault(error: Error | undefined, handshake: Handshake): ConnectError | undefined {
  const refused = certificateRefused(error, handshake);
  if (refused !== undefined) return refused;
  if (error !== undefined && !gone.has(codeOf(error))) return undefined;
  return (
    (handshake.answered() ? undefined : closedAfterAsking(error, handshake)) ?? resetFault(error, handshake.endpoint)
  );
}

/** A connection that worked was cut: named for the hop to whom it belongs. */
export function resetFault(error: Error | undefined, endpoint: Endpoint): ConnectError | undefined {
  const code = codeOf(error);
  if (code !== "ECONNRESET" && code !== "EPIPE") return undefined;
  return new ConnectError("TCP_RESET", {
    hop: endpoint.hop,
    stage: "http",
    message: `${called(endpoint)} reset the connection`,
    remedy: "try again; if it happens each time, a firewall or proxy on the way may be cutting it",
    cause: error,
  });
}
