import type { X509Certificate } from "node:crypto";
import { isSelfSigned, isSignedBy } from "../base/certificate.js";

/** Signatures that are checked at most: a file may hold thousands of certificates of one name. */
const mostChecks = 2_000;

/**
 * By whom each certificate is signed among these, as indices: by the signature, since authorities may share a name. Undefined for one that signed
 * itself, and where its issuer is not among them.
 */
export function findIssuers(certificates: readonly X509Certificate[]): readonly (number | undefined)[] {
  const byName = new Map<string, number[]>();
  certificates.forEach(({ subject }, index) => {
    const named = byName.get(subject);
    if (named === undefined) byName.set(subject, [index]);
    else named.push(index);
  });
  let checks = 0;
  const issuers = certificates.map((certificate, index) => {
    if (certificate.subject === certificate.issuer && isSelfSigned(certificate)) return undefined;
    return byName.get(certificate.issuer)?.find((other) => {
      const issuer = certificates[other];
      return other !== index && issuer !== undefined && checks++ < mostChecks && isSignedBy(certificate, issuer);
    });
  });
  return issuers.map((issuer, index) => (leadsBack(index, issuers) ? undefined : issuer));
}

/** Cross-certificates may certify each other: such a ring is no chain. */
function leadsBack(start: number, issuers: readonly (number | undefined)[]): boolean {
  const passed = new Set<number>();
  for (let at = issuers[start]; at !== undefined; at = issuers[at]) {
    if (at === start) return true;
    if (passed.has(at)) return false;
    passed.add(at);
  }
  return false;
}
