import { readChildren, readElement, readOid, type DerElement } from "./der.js";
import type { PemBlock } from "./pem.js";

/** A certificate out of a PEM file. */
export interface PemCertificate {
  /** Of the certificate alone. */
  readonly base64: string;
  /** Not so only where the file itself says that it is not to be trusted for TLS servers. */
  readonly forServers: boolean;
}

const trusted = "TRUSTED CERTIFICATE";
const serverAuth = "1.3.6.1.5.5.7.3.1";
const anyUsage = "2.5.29.37.0";

/** By any of the three labels that OpenSSL knows. */
export function isCertificateBlock({ label }: PemBlock): boolean {
  return label === "CERTIFICATE" || label === "X509 CERTIFICATE" || label === trusted;
}

/**
 * The certificate in such a block; undefined where a TRUSTED CERTIFICATE is damaged. That is OpenSSL's own form: a certificate,
 * and behind it what it is trusted for (`X509_CERT_AUX`). RHEL and Fedora write their store in it, and `openssl x509 -trustout`.
 */
export function certificateOf({ label, base64 }: PemBlock): PemCertificate | undefined {
  if (label !== trusted) return { base64, forServers: true };
  try {
    const bytes = Buffer.from(base64, "base64");
    const { whole } = readElement(bytes);
    const settings = whole.length === bytes.length ? [] : readChildren(readElement(bytes, whole.length));
    return { base64: whole.toString("base64"), forServers: trustsServers(settings) };
  } catch {
    return undefined;
  }
}

/** What is refused is so whatever is trusted; without a list of what is trusted, everything else is. */
function trustsServers(settings: readonly DerElement[]): boolean {
  const [first] = settings;
  const allowed = first?.tag === 0x30 ? usagesOf(first) : undefined;
  const refused = settings.filter(({ tag }) => tag === 0xa0).flatMap(usagesOf);
  return (
    [serverAuth, anyUsage].every((usage) => !refused.includes(usage)) &&
    (allowed === undefined || allowed.some((usage) => usage === serverAuth || usage === anyUsage))
  );
}

const usagesOf = (list: DerElement): string[] => readChildren(list).map(readOid);
