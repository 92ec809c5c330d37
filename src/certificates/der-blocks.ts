import { readChildren, readElement, tags, type DerKind } from "../base/der.js";
import type { PemBlock } from "../base/pem.js";

/** The labels under which PEM has what a file of DER holds; none for what no TLS library reads. */
export function blocksOf(bytes: Buffer, kind: DerKind): PemBlock[] {
  const label = labelOf(bytes, kind);
  return label === undefined ? [] : [{ label, line: 1, headers: [], base64: bytes.toString("base64") }];
}

function labelOf(bytes: Buffer, kind: DerKind): string | undefined {
  switch (kind) {
    case "certificate":
      return "CERTIFICATE";
    case "encrypted-key":
      return "ENCRYPTED PRIVATE KEY";
    case "pkcs7":
      return "PKCS7";
    case "request":
      return "CERTIFICATE REQUEST";
    case "key":
      return keyLabel(bytes);
    default:
      return undefined;
  }
}

/** What stands behind the version: an algorithm (PKCS#8), the modulus (PKCS#1), or the key itself (SEC 1). */
function keyLabel(bytes: Buffer): string {
  const second = readChildren(readElement(bytes))[1]?.tag;
  if (second === tags.integer) return "RSA PRIVATE KEY";
  return second === tags.octetString ? "EC PRIVATE KEY" : "PRIVATE KEY";
}
