import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { channelBinding } from "./ntlm.js";

/** DER of the object identifiers of signatures whose hash is not SHA-256. */
const strongerHashes: readonly (readonly [oid: string, digest: string])[] = [
  ["2a864886f70d01010c", "sha384"],
  ["2a864886f70d01010d", "sha512"],
  ["2a8648ce3d040303", "sha384"],
  ["2a8648ce3d040304", "sha512"],
];

/** What binds a login to the TLS connection with the proxy (RFC 5929); undefined where there is none. */
export function bindingOf(socket: Socket): Buffer | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const { raw } = socket.getPeerCertificate();
  return raw === undefined ? undefined : channelBinding(raw, signatureHash(raw));
}

/** Of the certificate's own signature; SHA-256 stands in for MD5, SHA-1 and what is not known (RFC 5929 section 4.1). */
function signatureHash(certificate: Buffer): string {
  // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID … }, signature }
  const outer = content(certificate, 0);
  const signed = outer && content(certificate, outer.start);
  const algorithm = signed && content(certificate, signed.end);
  const oid = algorithm && content(certificate, algorithm.start);
  const hex = oid === undefined ? "" : certificate.toString("hex", oid.start, oid.end);
  return strongerHashes.find(([known]) => known === hex)?.[1] ?? "sha256";
}

/** Where the content of the element at `at` stands. */
function content(der: Buffer, at: number): { readonly start: number; readonly end: number } | undefined {
  const first = der[at + 1];
  if (first === undefined) return undefined;
  const count = first < 0x80 ? 0 : first & 0x7f;
  const start = at + 2 + count;
  if (count > 4 || start > der.length) return undefined;
  const length = count === 0 ? first : der.readUIntBE(at + 2, count);
  return start + length > der.length ? undefined : { start, end: start + length };
}
