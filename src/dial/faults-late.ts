import { codeOf } from "../base/error-code.js";
import { ConnectError } from "../base/errors.js";
import { certificateRefused, closedAfterAsking } from "./faults-client-certificate.js";
import { called, type Endpoint } from "./endpoint.js";
import { tlsError } from "./faults.js";
import type { Handshake } from "./handshake.js";

/** What a connection ends with when the peer goes away: from the system, or from a client that saw the FIN first. */
const gone = new Set(["", "ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/**
 * Explains what ends a TLS connection after its handshake. A TLS 1.3 server judges the client's certificate only then
 * (RFC 8446 section 4.4.2), so that its alert arrives with the first read. Undefined for errors that are the caller's own.
 */
export function lateTlsFault(error: Error | undefined, handshake: Handshake): ConnectError | undefined {
  const refused = certificateRefused(error, handshake);
  if (refused !== undefined) return refused;
  const code = codeOf(error);
  if (code.startsWith("ERR_SSL_")) return broken(error, handshake);
  if (error !== undefined && !gone.has(code)) return deadFault(error, handshake.endpoint);
  return (
    (handshake.answered() ? undefined : closedAfterAsking(error, handshake)) ?? resetFault(error, handshake.endpoint)
  );
}

/** The records themselves are wrong: damaged or forged on the way, or the peer fell out of TLS. */
function broken(error: unknown, handshake: Handshake): ConnectError {
  const message = `the TLS connection to ${called(handshake.endpoint)} broke (${codeOf(error)})`;
  const remedy = "try again; if it happens each time, a device on the path may be tampering with it";
  return tlsError(handshake, "TLS_RESET", message, remedy, error);
}

/** A connection that worked was cut: named for the hop to whom it belongs. */
export function resetFault(error: Error | undefined, endpoint: Endpoint): ConnectError | undefined {
  const code = codeOf(error);
  return code === "ECONNRESET" || code === "EPIPE" ? cut(endpoint, error) : deadFault(error, endpoint);
}

/** What the kernel says of a connection whose other side does not answer it any more, or has no way to it. */
const dead = new Set(["ETIMEDOUT", "EHOSTUNREACH", "EHOSTDOWN", "ENETUNREACH", "ENETDOWN"]);

function deadFault(error: Error | undefined, endpoint: Endpoint): ConnectError | undefined {
  // Callers have timeouts of their own, which may have the same name.
  if (error === undefined || !("syscall" in error) || !dead.has(codeOf(error))) return undefined;
  return new ConnectError("STREAM_STALLED", {
    hop: endpoint.hop,
    message: `${called(endpoint)} no longer answers: the connection died without a word (${codeOf(error)})`,
    remedy: "try again; if it happens each time, a proxy or firewall on the path drops connections without a word",
    cause: error,
  });
}

export function cut(endpoint: Endpoint, cause?: unknown): ConnectError {
  return new ConnectError("TCP_RESET", {
    hop: endpoint.hop,
    stage: "http",
    message: `${called(endpoint)} reset the connection`,
    remedy: "try again; if it happens each time, a firewall or proxy on the path may be closing it",
    cause,
  });
}

/** A connection that began at an address which this machine no longer has. */
export function leftNetwork(address: string): ConnectError {
  return new ConnectError("TCP_RESET", {
    hop: "local",
    stage: "http",
    message: `this machine has left the network of this connection: it no longer has the address ${address}`,
    remedy: "repeat the request: new connections go out by the network that the machine is in now",
  });
}
