import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import {
  certificateExtension as extension,
  certificateOids as oids,
  distinguishedName,
  keyIdentifier,
  writeCertificate,
} from "../certificate-write.js";
import * as der from "../der-write.js";
import { formatPem } from "../pem.js";

/** A name and a key: whatever signs, or is signed. Several may share a name, and one may have several certificates. */
export interface Party {
  readonly name: string;
  readonly key: KeyObject;
}

export const party = (name: string): Party => ({
  name,
  key: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
});

export interface CertificateOptions {
  readonly subject: Party;
  readonly issuer: Party;
  /** The key and authority key identifiers; default true. Old and home-made authorities write none. */
  readonly identifiers?: boolean;
  /** Names of a server; absent for an authority. */
  readonly host?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Extended key usages, as object identifiers; default none. */
  readonly usages?: readonly string[];
}

const day = 86_400_000;

/** One certificate as PEM, with whatever oddity the lab's authorities do not have. */
export function certify(options: CertificateOptions): string {
  const { subject, issuer, identifiers = true, host, usages = [] } = options;
  const certificate = writeCertificate({
    subject: named(subject.name),
    spki: spki(subject.key),
    issuer: named(issuer.name),
    ...(identifiers && { issuerId: keyIdentifier(spki(issuer.key)) }),
    key: issuer.key,
    from: options.notBefore?.getTime() ?? Date.now() - 30 * day,
    to: options.notAfter?.getTime() ?? Date.now() + 300 * day,
    extensions: [
      extension(oids.basicConstraints, host === undefined ? der.sequence(der.yes()) : der.sequence()),
      extension(oids.keyUsage, der.namedBits(host === undefined ? 5 : 0)),
      ...(host === undefined
        ? []
        : [extension(oids.subjectAltName, der.sequence(der.taggedBytes(2, Buffer.from(host))))]),
      ...(usages.length === 0 ? [] : [extension("2.5.29.37", der.sequence(...usages.map(der.oid)))]),
      ...(identifiers ? [extension(oids.subjectKeyIdentifier, der.octetString(keyIdentifier(spki(subject.key))))] : []),
    ],
  });
  return formatPem("CERTIFICATE", certificate.toString("base64"));
}

export const selfSigned = (subject: Party, more: Partial<CertificateOptions> = {}): string =>
  certify({ ...more, subject, issuer: subject });

export const pkcs8 = ({ key }: Party): string => key.export({ type: "pkcs8", format: "pem" }).toString();

/** Every order of these. */
export function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) =>
    permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  );
}

const spki = (key: KeyObject): Buffer => createPublicKey(key).export({ type: "spki", format: "der" });
/** An empty name is written without a text: what der.utf8String cannot say. */
const named = (name: string): Buffer =>
  name === ""
    ? der.sequence(der.set(der.sequence(der.oid(oids.commonName), der.element(0x0c))))
    : distinguishedName([oids.commonName, name]);
