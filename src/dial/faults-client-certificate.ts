import { codeOf } from "../base/error-code.js";
import type { ConnectError } from "../base/errors.js";
import type { Identity } from "../identity/types.js";
import { called, quotePeer } from "./endpoint.js";
import { tlsError } from "./faults.js";
import type { Handshake } from "./handshake.js";

const missing = "requires one";

/** What the alerts of RFC 8446 section 6.2 say of the certificate that we sent, by Node's name for them. */
const alerts: readonly (readonly [RegExp, string])[] = [
  [/CERTIFICATE_REQUIRED$/, missing],
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
  const known = alerts.find(([pattern]) => pattern.test(code))?.[1];
  // TLS 1.2 has no alert of its own for a missing certificate: handshake_failure it is (RFC 5246 section 7.4.6).
  const broke = handshake.asked && handshake.version !== "TLSv1.3" && code.endsWith("HANDSHAKE_FAILURE");
  if (known === undefined && !broke) return undefined;
  const { endpoint, identity } = handshake;
  const name = called(endpoint);
  if (identity === undefined)
    return required(error, handshake, `${name} requires a client certificate, but none is configured for it`);
  if (known === missing) {
    const message = `${name} requires a client certificate, and the configured one (${identity.subject}) was not sent: it may not fit what the server asks for`;
    return required(error, handshake, message);
  }
  const says = known ?? "broke off after it was shown";
  return rejected(error, handshake, `${name} refused the client certificate ${shown(identity)}: it ${says}`);
}

/**
 * The peer asked for a certificate and then closed without a word. Many servers do so under TLS 1.2, and under TLS 1.3
 * where the alert is lost to a reset.
 */
export function closedAfterAsking(error: unknown, handshake: Handshake): ConnectError | undefined {
  const { asked, endpoint, identity } = handshake;
  if (!asked) return undefined;
  const name = called(endpoint);
  // Told as what was seen: some servers ask, do not insist, and closed for another reason.
  return identity === undefined
    ? required(
        error,
        handshake,
        `${name} asked for a client certificate, got none, and closed the connection without an answer`,
      )
    : rejected(
        error,
        handshake,
        `${name} asked for a client certificate, was shown ${shown(identity)}, and closed the connection without an answer`,
      );
}

function required(error: unknown, handshake: Handshake, message: string): ConnectError {
  const { endpoint, identity, prefix } = handshake;
  const variable = `${prefix}_${endpoint.hop === "proxy" ? "PROXY_" : ""}CLIENT_`;
  const remedy =
    identity === undefined
      ? `set ${variable}CERT and ${variable}KEY${endpoint.hop === "proxy" ? "" : " (or an identity for this host in the config file)"}`
      : "use a certificate of an authority that this server accepts";
  return tlsError(handshake, "CLIENT_CERT_REQUIRED", message, remedy, error);
}

function rejected(error: unknown, handshake: Handshake, message: string): ConnectError {
  const { identity } = handshake;
  const remedy = `use a certificate of the authority that this server accepts, or ask its administrators why it refuses this one${identity === undefined ? "" : orIntermediate(identity)}`;
  return tlsError(handshake, "CLIENT_CERT_REJECTED", message, remedy, error);
}

/** A file with the certificate alone: a server that does not have its intermediate cannot tell who issued it. */
export function orIntermediate(identity: Identity): string {
  const { cert } = identity.material();
  const alone = cert?.split("-----BEGIN CERTIFICATE-----").length === 2;
  return alone
    ? `; its file holds no other certificate: if "${quotePeer(identity.issuer)}" is an intermediate, put that behind it`
    : "";
}

function shown({ subject, issuer, notAfter }: Identity): string {
  return `${subject} (issued by ${issuer}, valid until ${notAfter.slice(0, 10)})`;
}
