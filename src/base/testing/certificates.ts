import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";
import {
  derBits,
  derElement,
  derFlags,
  derInteger,
  derOctets,
  derOid,
  derSequence,
  derSet,
  derTagged,
  derTaggedBytes,
  derText,
  derTime,
  derTrue,
} from "../der-write.js";
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
}

const day = 86_400_000;

/** One certificate as PEM, with whatever oddity the lab's authorities do not have. */
export function certify(options: CertificateOptions): string {
  const { subject, issuer, identifiers = true, host } = options;
  const algorithm = derSequence(derOid("1.2.840.10045.4.3.2"));
  const body = derSequence(
    derTagged(0, derInteger(Buffer.of(2))),
    derInteger(randomBytes(16)),
    algorithm,
    distinguished(issuer.name),
    derSequence(
      derTime(options.notBefore ?? new Date(Date.now() - 30 * day)),
      derTime(options.notAfter ?? new Date(Date.now() + 300 * day)),
    ),
    distinguished(subject.name),
    spki(subject.key),
    derTagged(
      3,
      derSequence(
        extension("2.5.29.19", host === undefined ? derSequence(derTrue()) : derSequence()),
        extension("2.5.29.15", derFlags(host === undefined ? 5 : 0)),
        ...(host === undefined ? [] : [extension("2.5.29.17", derSequence(derTaggedBytes(2, Buffer.from(host))))]),
        ...(identifiers
          ? [
              extension("2.5.29.14", derOctets(keyIdentifier(subject.key))),
              extension("2.5.29.35", derSequence(derTaggedBytes(0, keyIdentifier(issuer.key)))),
            ]
          : []),
      ),
    ),
  );
  const der = derSequence(body, algorithm, derBits(sign("sha256", body, issuer.key)));
  return formatPem("CERTIFICATE", der.toString("base64"));
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
const keyIdentifier = (key: KeyObject): Buffer => createHash("sha256").update(spki(key)).digest().subarray(0, 20);
const distinguished = (name: string): Buffer =>
  derSequence(derSet(derSequence(derOid("2.5.4.3"), name === "" ? derElement(0x0c) : derText(name))));
const extension = (id: string, value: Buffer): Buffer => derSequence(derOid(id), derOctets(value));
