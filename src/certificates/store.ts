import { createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto";
import { loadFileReaders } from "../identity/index.js";
import {
  damagedStore,
  storeInRetiredCipher,
  storeNeedsPassword,
  storeTooCostly,
  wrongPassword,
} from "./faults-contents.js";
import { parseCertificate } from "./parse.js";

export interface Store {
  readonly certificates: readonly X509Certificate[];
  readonly keys: readonly KeyObject[];
  /** A password opens it. */
  readonly encrypted: boolean;
}

interface StoreOpening {
  readonly path: string;
  readonly passphrase: () => Promise<string | undefined>;
  readonly signal?: AbortSignal;
}

/**
 * Opens a PKCS#12 store. The password is asked for where it opens without none.
 * @throws {ConnectError} PFX_INVALID, PFX_PASSWORD_WRONG, PFX_LEGACY_CIPHER, KEY_PASSPHRASE_MISSING; the signal's reason
 */
export async function openStore(bytes: Buffer, opening: StoreOpening): Promise<Store> {
  const password = await opening.passphrase();
  const { certificates, keys } = await open(bytes, password, opening);
  try {
    return {
      certificates: certificates.map(whole),
      keys: keys.map((der) => createPrivateKey({ key: der, format: "der", type: "pkcs8" })),
      encrypted: password !== undefined,
    };
  } catch (cause) {
    throw damagedStore(opening.path, cause);
  }
}

/** @throws RangeError */
function whole(der: Buffer): X509Certificate {
  const certificate = parseCertificate(der);
  if (certificate === undefined) throw new RangeError("a damaged certificate");
  return certificate;
}

async function open(
  bytes: Buffer,
  password: string | undefined,
  { path, signal }: StoreOpening,
): Promise<{ readonly certificates: readonly Buffer[]; readonly keys: readonly Buffer[] }> {
  const { CostlyDerivationError, openPkcs12, UnsupportedCipherError, WrongPasswordError } = await loadFileReaders();
  try {
    return await openPkcs12(bytes, password, signal, true);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof WrongPasswordError)
      throw password === undefined ? storeNeedsPassword(path) : wrongPassword(path);
    if (cause instanceof UnsupportedCipherError) throw storeInRetiredCipher(path, cause.cipher);
    if (cause instanceof CostlyDerivationError) throw storeTooCostly(path, cause.message);
    throw damagedStore(path, cause);
  }
}
