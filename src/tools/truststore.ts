import { createHash, createHmac } from "node:crypto";
import * as der from "../base/der-write.js";
import { deriveKey } from "../identity/index.js";
import { truststorePassword } from "./truststore-password.js";

const oids = {
  data: der.oid("1.2.840.113549.1.7.1"),
  certificateBag: der.oid("1.2.840.113549.1.12.10.1.3"),
  x509Certificate: der.oid("1.2.840.113549.1.9.22.1"),
  friendlyName: der.oid("1.2.840.113549.1.9.20"),
  /** Oracle's own. Without it Java takes a certificate that has no key for no trust anchor, and finds the store empty. */
  trustedKeyUsage: der.oid("2.16.840.1.113894.746875.1.1"),
  anyExtendedKeyUsage: der.oid("2.5.29.37.0"),
  sha256: der.oid("2.16.840.1.101.3.4.2.1"),
} as const;

/**
 * A trust store for Java as PKCS#12 (RFC 7292), which every JDK since 8 reads: certificates in the open, each with Java's
 * attribute for trust anchors, and a MAC. Written here, since `keytool` may be missing and takes a second for each certificate.
 * @param certificates PEM, each once
 */
export function writeTruststore(certificates: readonly string[]): Buffer {
  const bags = certificateBags(certificates.map(fromPem));
  const authenticatedSafe = der.sequence(contentInfo(bags));
  return der.sequence(der.integer(Buffer.of(3)), contentInfo(authenticatedSafe), macData(authenticatedSafe));
}

const fromPem = (pem: string): Buffer => Buffer.from(pem.replace(/-----[^-]+-----/g, ""), "base64");

const contentInfo = (contents: Buffer): Buffer => der.sequence(oids.data, der.tagged(0, der.octetString(contents)));

/**
 * The certificates, each five elements deep, are written into one buffer: this is done before each command that `sallyport run` starts, and
 * a buffer for each of a thousand heads took longer than all of the rest.
 */
function certificateBags(certificates: readonly Buffer[]): Buffer {
  const attributes = attributesOf(`${certificates.length}`.length);
  const bags = certificates.map((certificate) => layOut(certificate, attributes.of(0).length));
  const length = bags.reduce((sum, bag) => sum + der.sizeOf(bag.all), 0);
  const out = Buffer.allocUnsafe(der.sizeOf(length));
  let at = der.writeHead(out, 0, 0x30, length);
  bags.forEach(({ certificate, octets, body, bag, all }, index) => {
    at = der.writeHead(out, at, 0x30, all);
    at = write(out, at, oids.certificateBag);
    at = der.writeHead(out, at, 0xa0, bag);
    at = der.writeHead(out, at, 0x30, body);
    at = write(out, at, oids.x509Certificate);
    at = der.writeHead(out, at, 0xa0, octets);
    at = der.writeHead(out, at, 0x04, certificate.length);
    at = write(out, at, certificate);
    at = write(out, at, attributes.of(index + 1));
  });
  return out;
}

/** A certificate, and the lengths of what it stands in, from the inside outwards. */
function layOut(
  certificate: Buffer,
  attributes: number,
): Record<"octets" | "body" | "bag" | "all", number> & {
  readonly certificate: Buffer;
} {
  const octets = der.sizeOf(certificate.length);
  const body = oids.x509Certificate.length + der.sizeOf(octets);
  const bag = der.sizeOf(body);
  return { certificate, octets, body, bag, all: oids.certificateBag.length + der.sizeOf(bag) + attributes };
}

/** The attributes of the entry of a number: its alias, with as many digits as the last one has, and that it is a trust anchor. */
function attributesOf(digits: number): { of(number: number): Buffer } {
  const alias = bmpString(`sallyport-${"0".repeat(digits)}`);
  const attributes = der.set(attribute(oids.friendlyName, alias), trustAnchor);
  const end = attributes.indexOf(alias) + alias.length;
  return {
    of(number) {
      const text = `${number}`;
      // Two octets a character, the second of which holds it.
      for (let place = 1; place <= text.length; place++)
        attributes[end + 1 - 2 * place] = text.charCodeAt(text.length - place);
      return attributes;
    },
  };
}

const attribute = (oid: Buffer, value: Buffer): Buffer => der.sequence(oid, der.set(value));

const trustAnchor = attribute(oids.trustedKeyUsage, oids.anyExtendedKeyUsage);

const bmpString = (text: string): Buffer => der.element(0x1e, Buffer.from(text, "utf16le").swap16());

function write(out: Buffer, at: number, bytes: Buffer): number {
  out.set(bytes, at);
  return at + bytes.length;
}

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
  const algorithm = der.sequence(oids.sha256, der.element(0x05));
  return der.sequence(der.sequence(algorithm, der.octetString(mac)), der.octetString(salt));
}
