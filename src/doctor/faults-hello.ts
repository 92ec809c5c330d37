import { ConnectError } from "../base/errors.js";

const brokenBox =
  "have the firewall or inspector on the way brought up to date, or have it exempt the host; until then turn those keys off in the program (Go: GODEBUG=tlsmlkem=0";

/** What is asked for on request is a warning: the handshake of this Node was answered. */
export function chokesOnHello({ host }: URL, cause: ConnectError): ConnectError {
  return new ConnectError(cause.code, {
    severity: "warning",
    hop: "target",
    stage: "tls",
    message: `a large ClientHello gets no answer from ${host}, and a small one does: something on the way cannot read one of two packets, which programs with post-quantum keys send (Chromium, Go 1.24, OpenSSL 3.5)`,
    remedy: `${brokenBox})`,
    cause,
  });
}

/** This Node sends a large one by itself. */
export function largeHelloLost({ host }: URL, fault: ConnectError): ConnectError {
  return new ConnectError(fault.code, {
    hop: fault.hop,
    stage: fault.stage,
    message: `the ClientHello of this Node gets no answer from ${host}, and a smaller one does: something on the way cannot read one of two packets, which post-quantum keys make of it`,
    remedy: `${brokenBox}; Node: tls.DEFAULT_ECDH_CURVE = "X25519:P-256")`,
    cause: fault,
  });
}
