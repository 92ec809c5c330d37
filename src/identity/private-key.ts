import { createPrivateKey, type KeyObject } from "node:crypto";
import { readChildren, readElement, readOid } from "../base/der.js";
import { formatPem, type PemBlock } from "../base/pem.js";
import { CostlyDerivationError, roundsOf } from "./effort.js";
import { openInThread } from "./key-thread.js";
import { hasCipher, retiredNames } from "./pbe.js";

/** Labels that hold a private key which TLS can use. */
export function isKeyBlock({ label }: PemBlock): boolean {
  return (
    label === "PRIVATE KEY" ||
    label === "ENCRYPTED PRIVATE KEY" ||
    label === "RSA PRIVATE KEY" ||
    label === "EC PRIVATE KEY"
  );
}

/** By PKCS#8 (RFC 5958), or in the older way by headers (RFC 1421). */
export function isEncrypted({ label, headers }: PemBlock): boolean {
  return label === "ENCRYPTED PRIVATE KEY" || headers.some((header) => /^Proc-Type:\s*4,\s*ENCRYPTED/i.test(header));
}

export type OpenedKey =
  | { readonly kind: "key"; readonly key: KeyObject }
  | { readonly kind: "damaged" | "wrong-passphrase"; readonly cause: unknown }
  /** Encrypted with an algorithm that OpenSSL 3 has put away. */
  | { readonly kind: "unsupported"; readonly cipher: string; readonly cause: unknown };

/** Rounds of key derivation that take some milliseconds. OpenSSL's own default is 2048. */
const fewRounds = 10_000;

/**
 * The rounds of key derivation that the key's passphrase goes through.
 * @throws CostlyDerivationError where there are more than any file in use has
 */
export function keyRounds({ label, base64 }: PemBlock): number {
  // The older way of encryption, by headers, has one round.
  if (label !== "ENCRYPTED PRIVATE KEY") return 0;
  try {
    const algorithm = readChildren(readElement(Buffer.from(base64, "base64")))[0];
    return algorithm === undefined ? 0 : roundsOf(algorithm);
  } catch (error) {
    if (error instanceof CostlyDerivationError) throw error;
    // Damaged: OpenSSL refuses it at once.
    return 0;
  }
}

/** @throws The signal's reason. */
export async function openKey(
  block: PemBlock,
  passphrase: string | undefined,
  signal?: AbortSignal,
): Promise<OpenedKey> {
  const pem = formatPem(block.label, block.base64, block.headers);
  try {
    if (passphrase === undefined) return { kind: "key", key: createPrivateKey(pem) };
    const encrypted = { key: pem, passphrase };
    const key = keyRounds(block) <= fewRounds ? createPrivateKey(encrypted) : await openInThread(encrypted, signal);
    return { kind: "key", key };
  } catch (cause) {
    signal?.throwIfAborted();
    if (!isEncrypted(block)) return { kind: "damaged", cause };
    const cipher = retiredCipher(block);
    return cipher === undefined ? { kind: "wrong-passphrase", cause } : { kind: "unsupported", cipher, cause };
  }
}

/** OpenSSL says "unsupported" for an unknown cipher and sometimes for a wrong passphrase as well, so the block itself is asked. */
function retiredCipher({ label, headers, base64 }: PemBlock): string | undefined {
  if (label !== "ENCRYPTED PRIVATE KEY") {
    const name = headers
      .map((header) => /^DEK-Info:\s*([^,\s]+)/i.exec(header)?.[1])
      .find((found) => found !== undefined);
    return name !== undefined && !hasCipher(name.toLowerCase()) ? name : undefined;
  }
  try {
    const algorithm = readChildren(readElement(Buffer.from(base64, "base64")))[0];
    const id = algorithm === undefined ? undefined : readChildren(algorithm)[0];
    return id === undefined ? undefined : retiredNames[readOid(id)];
  } catch {
    return undefined;
  }
}
