import type { KeyObject, X509Certificate } from "node:crypto";
import { isSelfSigned, isSignedBy } from "../base/certificate.js";

/** Certificates of one file in the order in which TLS sends them. */
export interface Chain {
  readonly leaf: X509Certificate;
  /** Each signed by the next. */
  readonly issuers: readonly X509Certificate[];
  /** Those that are not part of the leaf's chain. */
  readonly strangers: readonly X509Certificate[];
}

/**
 * Finds the leaf and orders what follows it (RFC 5246 section 7.4.2 wants each to certify the one before). With a key the
 * leaf is whichever certificate belongs to it; undefined where none does. Without one it is the first that signed no other.
 */
export function orderChain(certificates: readonly X509Certificate[], key: KeyObject | undefined): Chain | undefined {
  const distinct = [...new Map(certificates.map((certificate) => [certificate.fingerprint256, certificate])).values()];
  const leaf =
    key === undefined
      ? (distinct.find((one) => !distinct.some((other) => other !== one && other.checkIssued(one))) ?? distinct[0])
      : distinct.find((one) => one.checkPrivateKey(key));
  if (leaf === undefined) return undefined;

  const rest = new Set(distinct.filter((one) => one !== leaf));
  const issuers: X509Certificate[] = [];
  for (let last = leaf; !isSelfSigned(last);) {
    // By the signature as well: authorities may share a name. A root rather than a cross-certificate of the same key.
    const fitting = [...rest].filter((one) => last.checkIssued(one) && isSignedBy(last, one));
    const issuer = fitting.find(isSelfSigned) ?? fitting[0];
    if (issuer === undefined) break;
    rest.delete(issuer);
    issuers.push(issuer);
    last = issuer;
  }
  return { leaf, issuers, strangers: [...rest] };
}
