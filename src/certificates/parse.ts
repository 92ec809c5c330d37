import { X509Certificate } from "node:crypto";

/** A certificate, or undefined where OpenSSL cannot read it, or its dates are none: what nobody could use is damaged. */
export function parseCertificate(der: Buffer): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(der);
    const { validFrom, validTo } = certificate;
    return [validFrom, validTo].some((date) => Number.isNaN(Date.parse(date))) ? undefined : certificate;
  } catch {
    return undefined;
  }
}
