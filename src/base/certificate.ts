import type { X509Certificate } from "node:crypto";

/** A distinguished name as Node's X509Certificate has it (one attribute a line), in one line, most specific part first. */
export function oneLineName(name: string | undefined): string {
  return name === undefined || name === "" ? "(no name)" : name.split("\n").reverse().join(", ");
}

/** What people call its owner: the common name of such a name, or its last attribute. */
export function commonName(name: string): string {
  return /^CN=(.+)$/m.exec(name)?.[1] ?? name.split("\n").at(-1) ?? "";
}

/** By its signature: OpenSSL's own check also wants the right to sign, which a server's self-signed certificate lacks. */
export function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer && isSignedBy(certificate, certificate);
}

/** Whether the key of `issuer` made the signature; whether it may is not asked. */
export function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey);
  } catch {
    // A key or a signature of a kind that OpenSSL does not know.
    return false;
  }
}
