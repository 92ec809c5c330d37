import type { ConnectError } from "../base/errors.js";
import { called, codeOf } from "./endpoint.js";
import { tlsError, type Handshake } from "./handshake.js";

/** What the alerts of RFC 8446 section 6.2 say of the certificate that we sent, by Node's name for them. */
const alerts: readonly (readonly [RegExp, string])[] = [
  [/CERTIFICATE_REQUIRED$/, "requires a client certificate"],
  [/UNKNOWN_CA$/, "does not know the authority that issued it"],
  [/CERTIFICATE_EXPIRED$/, "says that it has expired"],
  [/CERTIFICATE_REVOKED$/, "says that it was revoked"],
  [/UNSUPPORTED_CERTIFICATE$/, "does not support its type"],
  [/BAD_CERTIFICATE$/, "finds it corrupt or badly signed"],
  [/CERTIFICATE_UNKNOWN$/, "does not accept it"],
  [/ACCESS_DENIED$/, "denies it access"],
  [/DECRYPT_ERROR$/, "could not check its signature"],
];

/** An alert about our certificate, or undefined where the error is none. */
export function certificateRefused(error: unknown, handshake: Handshake): ConnectError | undefined {
  const code = codeOf(error);
  if (!code.includes("ALERT")) return undefined;
  const known = alerts.find(([pattern]) => pattern.test(code));
  if (known !== undefined) {
    if (known[0].source.startsWith("CERTIFICATE_REQUIRED") || handshake.identity === undefined)
      return required(error, handshake);
    return rejected(error, handshake, known[1]);
  }
  // TLS 1.2 has no alert of its own for a missing certificate: handshake_failure it is (RFC 5246 section 7.4.6).
  if (handshake.asked && code.endsWith("HANDSHAKE_FAILURE")) {
    return handshake.identity === undefined
      ? required(error, handshake)
      : rejected(error, handshake, "broke off after it was shown");
  }
  return undefined;
}

/**
 * The peer asked for a certificate and then closed without a word. Many servers do so under TLS 1.2, and under TLS 1.3
 * where the alert is lost to a reset.
 */
export function closedAfterAsking(error: unknown, handshake: Handshake): ConnectError | undefined {
  if (!handshake.asked) return undefined;
  return handshake.identity === undefined
    ? required(error, handshake)
    : rejected(error, handshake, "closed the connection after it was shown");
}

function required(error: unknown, handshake: Handshake): ConnectError {
  const { endpoint, identity, prefix } = handshake;
  const variable = `${prefix}_${endpoint.hop === "proxy" ? "PROXY_" : ""}CLIENT_CERT`;
  const offered =
    identity === undefined
      ? "and none is configured for it"
      : `and the configured one (${identity.subject}) was not sent: it may not fit what the server asks for`;
  return tlsError(
    handshake,
    "CLIENT_CERT_REQUIRED",
    `${called(endpoint)} requires a client certificate, ${offered}`,
    identity === undefined
      ? `set ${variable} and ${variable.replace(/CERT$/, "KEY")} (or an identity for this host in the config file)`
      : "use a certificate of an authority that this server accepts",
    error,
  );
}

function rejected(error: unknown, handshake: Handshake, says: string): ConnectError {
  const { endpoint, identity } = handshake;
  const whose =
    identity === undefined
      ? ""
      : ` ${identity.subject} (issued by ${identity.issuer}, valid until ${identity.notAfter.slice(0, 10)})`;
  return tlsError(
    handshake,
    "CLIENT_CERT_REJECTED",
    `${called(endpoint)} refused the client certificate${whose}: it ${says}`,
    "use a certificate of the authority that this server accepts, or ask its administrators why it refuses this one",
    error,
  );
}
