import { createHash, X509Certificate } from "node:crypto";
import { noCertificate, noTokenBinding } from "./faults.js";

/**
 * The SHA-256 thumbprint of a certificate (PEM text, of which the first one counts, or DER bytes), as tokens that are bound to it name it
 * (`x5t#S256`, RFC 8705 section 3.1).
 * @throws {ConnectError} CERT_FILE_INVALID for what is not a certificate
 */
export function certificateThumbprint(certificate: string | Uint8Array): string {
  try {
    return createHash("sha256").update(new X509Certificate(certificate).raw).digest("base64url");
  } catch {
    throw noCertificate();
  }
}

/**
 * The thumbprint of the certificate that an access token is bound to: of a JWT by its claims, of any other by what the introspection
 * endpoint said of it. Undefined where it is bound to none, or nothing can be seen. Nothing is verified: that is the server's work.
 */
export function boundThumbprint(token: string | Readonly<Record<string, unknown>>): string | undefined {
  const claims = typeof token === "string" ? claimsOf(token) : token;
  const confirmation = claims?.["cnf"];
  if (!isRecord(confirmation)) return undefined;
  const thumbprint = confirmation["x5t#S256"];
  return typeof thumbprint === "string" ? thumbprint : undefined;
}

/**
 * Checks that a token may be used with a certificate: one that is bound to none may be used with all.
 * @throws {ConnectError} OAUTH_TOKEN_BOUND where it is bound to another, as after a rotation: a new token is wanted then
 */
export function checkTokenBinding(
  token: string | Readonly<Record<string, unknown>>,
  certificate: string | Uint8Array,
): void {
  const bound = boundThumbprint(token);
  if (bound !== undefined && bound !== certificateThumbprint(certificate)) throw noTokenBinding();
}

function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  const parts = token.split(".");
  if (parts.length !== 3) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? "", "base64url").toString("utf8"));
    return isRecord(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
