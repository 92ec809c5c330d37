import { createHash, createHmac } from "node:crypto";
import {
  derElement,
  derHead,
  derInteger,
  derOctets,
  derOid,
  derSequence,
  derSet,
  derTagged,
} from "../base/der-write.js";
import { deriveKey } from "../identity/index.js";
import { truststorePassword } from "./truststore-password.js";

const oids = {
  data: derOid("1.2.840.113549.1.7.1"),
  certificateBag: derOid("1.2.840.113549.1.12.10.1.3"),
  x509Certificate: derOid("1.2.840.113549.1.9.22.1"),
  friendlyName: derOid("1.2.840.113549.1.9.20"),
  /** Oracle's own. Without it Java takes a certificate that has no key for no trust anchor, and finds the store empty. */
  trustedKeyUsage: derOid("2.16.840.1.113894.746875.1.1"),
  anyExtendedKeyUsage: derOid("2.5.29.37.0"),
  sha256: derOid("2.16.840.1.101.3.4.2.1"),
} as const;

/**
 * A trust store for Java as PKCS#12 (RFC 7292), which every JDK since 8 reads: certificates in the open, each with Java's
 * attribute for trust anchors, and a MAC. Written here, since `keytool` may be missing and takes a second for each certificate.
 * @param certificates PEM, each once
 */
export function writeTruststore(certificates: readonly string[]): Buffer {
  const bags = derSequence(...certificates.map((pem, index) => certificateBag(fromPem(pem), `sallyport-${index + 1}`)));
  const authenticatedSafe = derSequence(contentInfo(bags));
  return derSequence(derInteger(Buffer.of(3)), contentInfo(authenticatedSafe), macData(authenticatedSafe));
}

const fromPem = (pem: string): Buffer => Buffer.from(pem.replace(/-----[^-]+-----/g, ""), "base64");

const contentInfo = (contents: Buffer): Buffer => derSequence(oids.data, derTagged(0, derOctets(contents)));

/** The certificate stands five elements deep: their heads are written side by side, so that it is copied once and not five times. */
function certificateBag(certificate: Buffer, name: string): Buffer {
  const octets = derHead(0x04, certificate.length);
  const explicit = derHead(0xa0, octets.length + certificate.length);
  const body = oids.x509Certificate.length + explicit.length + octets.length + certificate.length;
  const bag = derHead(0x30, body);
  const value = derHead(0xa0, bag.length + body);
  const attributes = derSet(attribute(oids.friendlyName, bmpString(name)), trustAnchor);
  return derSequence(oids.certificateBag, value, bag, oids.x509Certificate, explicit, octets, certificate, attributes);
}

const attribute = (oid: Buffer, value: Buffer): Buffer => derSequence(oid, derSet(value));

const trustAnchor = attribute(oids.trustedKeyUsage, oids.anyExtendedKeyUsage);

const bmpString = (text: string): Buffer => derElement(0x1e, Buffer.from(text, "utf16le").swap16());

/** RFC 7292 section 4: HMAC with a key from the password. */
function macData(contents: Buffer): Buffer {
  // From the contents, so that the same authorities give the same file.
  const salt = createHash("sha256").update(contents).digest().subarray(0, 16);
  // One round, which is the format's default: the password is written beside the file's name, so that more would guard nothing.
  const key = deriveKey({
    digest: "sha256",
    password: truststorePassword,
    salt,
    iterations: 1,
    purpose: "mac",
    length: 32,
  });
  const mac = createHmac("sha256", key).update(contents).digest();
  const algorithm = derSequence(oids.sha256, derElement(0x05));
  return derSequence(derSequence(algorithm, derOctets(mac)), derOctets(salt));
}
