import { createDecipheriv, createHash, getCipherInfo, pbkdf2 as pbkdf2InThread } from "node:crypto";
import { promisify } from "node:util";
import { readChildren, readInteger, readOctets, readOid, tags, type DerElement } from "../base/der.js";
import { setImmediate } from "../base/timers.js";
import { readRounds, type Effort } from "./effort.js";

/** Encryption by a password as PKCS#12 files use it: PBES2 (RFC 8018) and the older schemes of RFC 7292 appendix C. */

/** The data is fine as far as can be seen, but the algorithm is one that this OpenSSL does not have. */
export class UnsupportedCipherError extends Error {
  /** As `openssl pkcs12 -info` calls it, or the bare object identifier. */
  readonly cipher: string;

  constructor(cipher: string) {
    super(`${cipher} is not supported`);
    this.cipher = cipher;
  }
}

interface Pkcs12Scheme {
  readonly name: string;
  readonly cipher: string;
  readonly keyLength: number;
  readonly ivLength: number;
}

const pkcs12Schemes: Readonly<Record<string, Pkcs12Scheme>> = {
  "1.2.840.113549.1.12.1.1": { name: "RC4-128", cipher: "rc4", keyLength: 16, ivLength: 0 },
  "1.2.840.113549.1.12.1.2": { name: "RC4-40", cipher: "rc4-40", keyLength: 5, ivLength: 0 },
  "1.2.840.113549.1.12.1.3": { name: "3DES", cipher: "des-ede3-cbc", keyLength: 24, ivLength: 8 },
  "1.2.840.113549.1.12.1.4": { name: "2DES", cipher: "des-ede-cbc", keyLength: 16, ivLength: 8 },
  "1.2.840.113549.1.12.1.5": { name: "RC2-128", cipher: "rc2-cbc", keyLength: 16, ivLength: 8 },
  "1.2.840.113549.1.12.1.6": { name: "RC2-40", cipher: "rc2-40-cbc", keyLength: 5, ivLength: 8 },
};

/**
 * Schemes that OpenSSL 3 has put away, by their identifiers: PBES1 (RFC 8018 appendix A.3, by the digest that makes the key and the cipher), and those of PKCS#12 with RC2 and
 * RC4.
 */
export const retiredNames: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.5.1": "MD2 and DES",
  "1.2.840.113549.1.5.3": "MD5 and DES",
  "1.2.840.113549.1.5.4": "MD2 and RC2",
  "1.2.840.113549.1.5.6": "MD5 and RC2",
  "1.2.840.113549.1.5.10": "SHA-1 and DES",
  "1.2.840.113549.1.5.11": "SHA-1 and RC2",
  ...Object.fromEntries(
    Object.entries(pkcs12Schemes).flatMap(([oid, { name, cipher }]) => (isRetired(cipher) ? [[oid, name]] : [])),
  ),
};

function isRetired(cipher: string): boolean {
  return /^rc[24]/.test(cipher);
}

const pbes2Ciphers: Readonly<Record<string, { readonly cipher: string; readonly keyLength: number }>> = {
  "2.16.840.1.101.3.4.1.2": { cipher: "aes-128-cbc", keyLength: 16 },
  "2.16.840.1.101.3.4.1.22": { cipher: "aes-192-cbc", keyLength: 24 },
  "2.16.840.1.101.3.4.1.42": { cipher: "aes-256-cbc", keyLength: 32 },
  "1.2.840.113549.3.7": { cipher: "des-ede3-cbc", keyLength: 24 },
};

const hmacDigests: Readonly<Record<string, string>> = {
  "1.2.840.113549.2.7": "sha1",
  "1.2.840.113549.2.8": "sha224",
  "1.2.840.113549.2.9": "sha256",
  "1.2.840.113549.2.10": "sha384",
  "1.2.840.113549.2.11": "sha512",
};

const pbes2 = "1.2.840.113549.1.5.13";
const pbkdf2 = "1.2.840.113549.1.5.12";
/** Of keys for ciphers and for HMACs. */
const longestKey = 128;

/**
 * Decrypts with the scheme that an AlgorithmIdentifier names.
 *
 * @param legacy RC2 and RC4 as well, which OpenSSL 3 has put away: for who converts a file, and for nobody who uses it
 * @throws UnsupportedCipherError, CostlyDerivationError, and other errors where the password is wrong or the structure broken.
 */
export async function decrypt(
  algorithm: DerElement,
  data: Buffer,
  password: string | null,
  effort: Effort,
  legacy = false,
): Promise<Buffer> {
  const [id, parameters] = readChildren(algorithm);
  if (id === undefined || parameters === undefined) throw new RangeError("no encryption algorithm");
  const oid = readOid(id);
  if (oid === pbes2) return decryptPbes2(parameters, data, password ?? "", effort);
  const scheme = pkcs12Schemes[oid];
  if (scheme === undefined) throw new UnsupportedCipherError(retiredNames[oid] ?? oid);
  const isOurs = legacy && isRetired(scheme.cipher);
  if (!isOurs && !hasCipher(scheme.cipher)) throw new UnsupportedCipherError(scheme.name);
  const [salt, count] = readChildren(parameters);
  if (salt === undefined || count === undefined) throw new RangeError("no salt");
  const derivation = { digest: "sha1", password, salt: readOctets(salt), iterations: readRounds(count) };
  const key = await deriveKeyInSlices({ ...derivation, purpose: "key", length: scheme.keyLength }, effort);
  const iv = await deriveKeyInSlices({ ...derivation, purpose: "iv", length: scheme.ivLength }, effort);
  if (!isOurs) return run(scheme.cipher, key, iv, data);
  return scheme.ivLength === 0
    ? (await import("./rc4.js")).decryptRc4(key, data)
    : (await import("./rc2.js")).decryptRc2(key, iv, data);
}

async function decryptPbes2(parameters: DerElement, data: Buffer, password: string, effort: Effort): Promise<Buffer> {
  const [derivation, encryption] = readChildren(parameters);
  if (derivation === undefined || encryption === undefined) throw new RangeError("no PBES2 parameters");
  const [cipherId, iv] = readChildren(encryption);
  if (cipherId === undefined || iv === undefined) throw new RangeError("no PBES2 cipher");
  const cipher = pbes2Ciphers[readOid(cipherId)];
  if (cipher === undefined) throw new UnsupportedCipherError(readOid(cipherId));
  return run(cipher.cipher, await derivePbkdf2(derivation, password, cipher.keyLength, effort), readOctets(iv), data);
}

/** The key that a PBKDF2 AlgorithmIdentifier (RFC 8018 appendix A.2) gives. Done in another thread. */
export async function derivePbkdf2(
  algorithm: DerElement,
  password: string,
  defaultLength: number,
  effort: Effort,
): Promise<Buffer> {
  const [id, parameters] = readChildren(algorithm);
  if (id === undefined || parameters === undefined) throw new RangeError("no key derivation");
  if (readOid(id) !== pbkdf2) throw new UnsupportedCipherError(readOid(id));
  const [salt, iterations, ...rest] = readChildren(parameters);
  if (salt === undefined || iterations === undefined) throw new RangeError("no salt");
  const length = rest.find(({ tag }) => tag === tags.integer);
  const prf = rest.find(({ tag }) => tag === tags.sequence);
  const prfId = prf === undefined ? undefined : readChildren(prf)[0];
  const prfName = prfId === undefined ? "1.2.840.113549.2.7" : readOid(prfId);
  const digest = hmacDigests[prfName];
  if (digest === undefined) throw new UnsupportedCipherError(prfName);
  const wanted = length === undefined ? defaultLength : readInteger(length);
  if (wanted > longestKey) throw new RangeError("a key longer than any that is used");
  return promisify(pbkdf2InThread)(password, readOctets(salt), effort.spend(readRounds(iterations)), wanted, digest);
}

function run(cipher: string, key: Buffer, iv: Buffer, data: Buffer): Buffer {
  const decipher = createDecipheriv(cipher, key, iv.length === 0 ? null : iv);
  return Buffer.concat([decipher.update(data), decipher.final()]);
}

/** Whether a cipher can be used. OpenSSL 3 still lists those that its legacy provider would have, and fails when they are asked for. */
export function hasCipher(name: string): boolean {
  const info = getCipherInfo(name);
  if (info === undefined) return false;
  try {
    createDecipheriv(
      info.name,
      Buffer.alloc(info.keyLength),
      info.ivLength === undefined ? null : Buffer.alloc(info.ivLength),
    );
    return true;
  } catch {
    return false;
  }
}

const purposes = { key: 1, iv: 2, mac: 3 } as const;

export interface Derivation {
  readonly digest: string;
  /** Null stands for no password at all, which differs from an empty one here. */
  readonly password: string | null;
  readonly salt: Buffer;
  readonly iterations: number;
  readonly purpose: keyof typeof purposes;
  /** Bytes. */
  readonly length: number;
}

/** Rounds that take a millisecond or two. */
const slice = 1_000;

/** Key derivation of RFC 7292 appendix B.2, at once: for counts that are known to be small. */
export function deriveKey(derivation: Derivation): Buffer {
  const steps = deriving(derivation);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** The same for counts that a file names: between slices of it the program goes on. */
export async function deriveKeyInSlices(derivation: Derivation, effort: Effort): Promise<Buffer> {
  if (derivation.length === 0) return Buffer.alloc(0);
  effort.spend(derivation.iterations);
  const steps = deriving(derivation);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value;
    await new Promise((resolve) => setImmediate(resolve));
    effort.signal?.throwIfAborted();
  }
}

/** The names of the steps are those of the text. */
function* deriving({ digest, password, salt, iterations, purpose, length }: Derivation): Generator<undefined, Buffer> {
  const v = digest === "sha384" || digest === "sha512" ? 128 : 64;
  const D = Buffer.alloc(v, purposes[purpose]);
  const I = Buffer.concat([repeated(salt, v), repeated(bmpString(password), v)]);
  const found: Buffer[] = [];
  for (let have = 0; have < length;) {
    let A = createHash(digest).update(D).update(I).digest();
    for (let round = 1; round < iterations; round++) {
      A = createHash(digest).update(A).digest();
      if (round % slice === 0) yield;
    }
    found.push(A);
    have += A.length;
    const B = repeated(A, v).subarray(0, v);
    for (let block = 0; block < I.length; block += v) addWithCarry(I.subarray(block, block + v), B);
  }
  return Buffer.concat(found).subarray(0, length);
}

/** `bytes` over and over, up to a multiple of `size`. */
function repeated(bytes: Buffer, size: number): Buffer {
  return Buffer.alloc(size * Math.ceil(bytes.length / size), bytes);
}

/** block = block + B + 1, as a number of that many bytes. */
function addWithCarry(block: Buffer, B: Buffer): void {
  let carry = 1;
  for (let index = block.length - 1; index >= 0; index--) {
    const sum = block.readUInt8(index) + B.readUInt8(index) + carry;
    block[index] = sum & 0xff;
    carry = sum >> 8;
  }
}

/** UTF-16 in network order with two zero bytes at its end (RFC 7292 appendix B.1). */
function bmpString(password: string | null): Buffer {
  return password === null ? Buffer.alloc(0) : Buffer.from(`${password}\0`, "utf16le").swap16();
}
