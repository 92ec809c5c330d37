import { createHash, randomBytes, sign, type KeyObject } from "node:crypto";
import * as der from "./der-write.js";

/** Object identifiers of names, extensions and algorithms (RFC 5280 section 4.2, RFC 5758 section 3.2). */
export const certificateOids = {
  organization: "2.5.4.10",
  commonName: "2.5.4.3",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
} as const;

export interface CertificateParts {
  /** DER, as {@link distinguishedName} gives it. */
  readonly subject: Buffer;
  /** Of the subject's key, DER. */
  readonly spki: Buffer;
  readonly issuer: Buffer;
  /** The issuer's key identifier. Undefined: the certificate names none, as those of old and home-made authorities do. */
  readonly issuerId?: Buffer;
  /** The issuer's private key, on an elliptic curve. */
  readonly key: KeyObject;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly extensions: readonly Buffer[];
}

/** A signed certificate of version 3 (RFC 5280 section 4.1), DER. */
export function writeCertificate(parts: CertificateParts): Buffer {
  const algorithm = der.sequence(der.oid(certificateOids.ecdsaWithSha256));
  const authorityId =
    parts.issuerId === undefined
      ? []
      : [
          certificateExtension(
            certificateOids.authorityKeyIdentifier,
            der.sequence(der.taggedBytes(0, parts.issuerId)),
          ),
        ];
  const content = der.sequence(
    der.tagged(0, der.integer(Buffer.of(2))),
    der.integer(randomBytes(16)),
    algorithm,
    parts.issuer,
    der.sequence(der.time(new Date(parts.from)), der.time(new Date(parts.to))),
    parts.subject,
    parts.spki,
    der.tagged(3, der.sequence(...parts.extensions, ...authorityId)),
  );
  return der.sequence(content, algorithm, der.bitString(sign("sha256", content, parts.key)));
}

export function certificateExtension(id: string, value: Uint8Array, critical?: "critical"): Buffer {
  return der.sequence(der.oid(id), ...(critical === undefined ? [] : [der.yes()]), der.octetString(value));
}

/** RFC 7093 section 2, method 1: the leftmost 160 bits of a SHA-256. */
export function keyIdentifier(spki: Uint8Array): Buffer {
  return createHash("sha256").update(spki).digest().subarray(0, 20);
}

/** A name of these attributes, in this order. */
export function distinguishedName(...attributes: readonly (readonly [id: string, text: string])[]): Buffer {
  return der.sequence(...attributes.map(([id, text]) => der.set(der.sequence(der.oid(id), der.utf8String(text)))));
}
