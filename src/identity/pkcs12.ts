import { createHmac, timingSafeEqual } from "node:crypto";
import { readChildren, readElement, readInteger, readOctets, readOid, tags, type DerElement } from "../base/der.js";
import { CostlyDerivationError, Effort, readRounds } from "./effort.js";
import { decrypt, deriveKeyInSlices, derivePbkdf2, UnsupportedCipherError } from "./pbe.js";

/**
 * A reader of PKCS#12 (RFC 7292). Node takes such a file as the `pfx` of a secure context, but then trusts every
 * authority in it for servers as well, and shows nothing of what it found. So the certificates and the key are taken out
 * here, and go the same way as those of PEM files.
 */
export interface Pkcs12 {
  /** DER of each, in the order of the file. */
  readonly certificates: readonly Buffer[];
  /** PKCS#8 in DER, decrypted. */
  readonly keys: readonly Buffer[];
}

/** The password does not open the file. */
export class WrongPasswordError extends Error {}

const oids = {
  data: "1.2.840.113549.1.7.1",
  encryptedData: "1.2.840.113549.1.7.6",
  keyBag: "1.2.840.113549.1.12.10.1.1",
  shroudedKeyBag: "1.2.840.113549.1.12.10.1.2",
  certificateBag: "1.2.840.113549.1.12.10.1.3",
  safeContentsBag: "1.2.840.113549.1.12.10.1.6",
  x509Certificate: "1.2.840.113549.1.9.22.1",
  pbmac1: "1.2.840.113549.1.5.14",
} as const;

const macDigests: Readonly<Record<string, string>> = {
  "1.3.14.3.2.26": "sha1",
  "2.16.840.1.101.3.4.2.4": "sha224",
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
  "1.2.840.113549.2.9": "sha256",
  "1.2.840.113549.2.10": "sha384",
  "1.2.840.113549.2.11": "sha512",
};

/**
 * Opens the store. The program goes on meanwhile, however many rounds of key derivation it asks for.
 *
 * @param legacy as {@link decrypt} has it
 * @throws WrongPasswordError; UnsupportedCipherError for RC2 and other ciphers of the last century; CostlyDerivationError; the
 * signal's reason; other errors where the file is broken.
 */
export async function openPkcs12(
  bytes: Buffer,
  password: string | undefined,
  signal?: AbortSignal,
  legacy = false,
): Promise<Pkcs12> {
  const effort = new Effort(signal);
  const [version, authSafe, macData] = readChildren(readElement(bytes));
  if (version === undefined || authSafe === undefined || readInteger(version) !== 3)
    throw new RangeError("not a PKCS#12 file");
  const content = contentOf(authSafe, oids.data);
  // Exporters disagree on whether a file without a password has none or an empty one.
  const candidates = password === undefined || password === "" ? [null, ""] : [password];
  const fitting: (string | null)[] = [];
  for (const candidate of candidates)
    if (macData === undefined || (await macHolds(macData, content, candidate, effort))) fitting.push(candidate);
  if (fitting.length === 0) throw new WrongPasswordError();

  let last: unknown;
  for (const candidate of fitting) {
    try {
      return await readSafes(content, { password: candidate, effort, legacy });
    } catch (error) {
      if (error instanceof UnsupportedCipherError || error instanceof CostlyDerivationError) throw error;
      signal?.throwIfAborted();
      last = error;
    }
  }
  // Without a checksum, a wrong password and a broken file look alike: the first is by far the more common.
  if (macData === undefined) throw new WrongPasswordError();
  throw last;
}

async function macHolds(
  macData: DerElement,
  content: Buffer,
  password: string | null,
  effort: Effort,
): Promise<boolean> {
  const [digestInfo, salt, iterations] = readChildren(macData);
  if (digestInfo === undefined || salt === undefined) throw new RangeError("no checksum");
  const [algorithm, expected] = readChildren(digestInfo);
  if (algorithm === undefined || expected === undefined) throw new RangeError("no checksum");
  const [id, parameters] = readChildren(algorithm);
  if (id === undefined) throw new RangeError("no checksum algorithm");
  const mac =
    readOid(id) === oids.pbmac1
      ? await pbmac1(parameters, password, effort)
      : await classicMac(readOid(id), { salt: readOctets(salt), rounds: iterations, password }, effort);
  const actual = createHmac(mac.digest, mac.key).update(content).digest();
  const wanted = readOctets(expected);
  return actual.length === wanted.length && timingSafeEqual(actual, wanted);
}

interface Mac {
  readonly digest: string;
  readonly key: Buffer;
}

interface MacParameters {
  readonly salt: Buffer;
  readonly rounds: DerElement | undefined;
  readonly password: string | null;
}

async function classicMac(oid: string, { salt, rounds, password }: MacParameters, effort: Effort): Promise<Mac> {
  const digest = macDigests[oid];
  if (digest === undefined) throw new UnsupportedCipherError(oid);
  const length = createHmac(digest, "").digest().length;
  const iterations = rounds === undefined ? 1 : readRounds(rounds);
  const key = await deriveKeyInSlices({ digest, password, salt, iterations, purpose: "mac", length }, effort);
  return { digest, key };
}

/** RFC 9579. */
async function pbmac1(parameters: DerElement | undefined, password: string | null, effort: Effort): Promise<Mac> {
  const [derivation, scheme] = parameters === undefined ? [] : readChildren(parameters);
  const id = scheme === undefined ? undefined : readChildren(scheme)[0];
  if (derivation === undefined || id === undefined) throw new RangeError("no PBMAC1 parameters");
  const digest = macDigests[readOid(id)];
  if (digest === undefined) throw new UnsupportedCipherError(readOid(id));
  const length = createHmac(digest, "").digest().length;
  return { digest, key: await derivePbkdf2(derivation, password ?? "", length, effort) };
}

/** What a store is opened with. */
interface Opening {
  readonly password: string | null;
  readonly effort: Effort;
  readonly legacy: boolean;
}

interface Found {
  readonly certificates: Buffer[];
  readonly keys: Buffer[];
}

async function readSafes(content: Buffer, opening: Opening): Promise<Found> {
  const found: Found = { certificates: [], keys: [] };
  for (const safe of readChildren(readElement(content))) {
    const id = readChildren(safe)[0];
    const kind = id === undefined ? undefined : readOid(id);
    if (kind === oids.data) await readBags(contentOf(safe, oids.data), opening, found);
    else if (kind === oids.encryptedData) await readBags(await decryptSafe(safe, opening), opening, found);
    // Else encrypted for a public key (RFC 7292 section 4.1): no program that we know of writes such files.
  }
  return found;
}

async function decryptSafe(safe: DerElement, { password, effort, legacy }: Opening): Promise<Buffer> {
  const wrapped = readChildren(safe)[1];
  const encryptedData = wrapped === undefined ? undefined : readChildren(wrapped)[0];
  const info = encryptedData === undefined ? undefined : readChildren(encryptedData)[1];
  const [, algorithm, encrypted] = info === undefined ? [] : readChildren(info);
  if (algorithm === undefined || encrypted === undefined) throw new RangeError("no encrypted content");
  return decrypt(algorithm, readOctets(encrypted), password, effort, legacy);
}

async function readBags(contents: Buffer, opening: Opening, found: Found): Promise<void> {
  for (const bag of readChildren(readElement(contents))) {
    const [id, wrapped] = readChildren(bag);
    if (id === undefined || wrapped === undefined) throw new RangeError("a bag without contents");
    const value = readChildren(wrapped)[0];
    if (value === undefined) throw new RangeError("a bag without contents");
    switch (readOid(id)) {
      case oids.keyBag:
        found.keys.push(value.whole);
        break;
      case oids.shroudedKeyBag: {
        const [algorithm, data] = readChildren(value);
        if (algorithm === undefined || data === undefined) throw new RangeError("a key without contents");
        found.keys.push(await decrypt(algorithm, readOctets(data), opening.password, opening.effort, opening.legacy));
        break;
      }
      case oids.certificateBag: {
        const [kind, certificate] = readChildren(value);
        if (kind !== undefined && certificate !== undefined && readOid(kind) === oids.x509Certificate) {
          found.certificates.push(...readChildren(certificate).map(readOctets));
        }
        break;
      }
      case oids.safeContentsBag:
        await readBags(value.whole, opening, found);
    }
  }
}

/** The contents of a ContentInfo of the `data` type. */
function contentOf(info: DerElement, type: string): Buffer {
  const [id, wrapped] = readChildren(info);
  if (id === undefined || wrapped === undefined || readOid(id) !== type)
    throw new RangeError("not the type of content that was expected");
  const octets = readChildren(wrapped)[0];
  if (octets === undefined || (octets.tag & 0x1f) !== tags.octetString) throw new RangeError("no content");
  return readOctets(octets);
}
