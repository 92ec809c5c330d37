import { createPrivateKey, type KeyObject } from "node:crypto";
import { readChildren, readElement, readOctets } from "../base/der.js";
import type { PemBlock } from "../base/pem.js";
import { Effort } from "./effort.js";
import { decrypt } from "./pbe.js";

/** An encrypted key of PKCS#8 in a cipher that OpenSSL 3 has put away; undefined where it does not open. @throws the signal's reason */
export async function openLegacyKey(
  { base64 }: PemBlock,
  passphrase: string,
  signal?: AbortSignal,
): Promise<KeyObject | undefined> {
  try {
    const [algorithm, data] = readChildren(readElement(Buffer.from(base64, "base64")));
    if (algorithm === undefined || data === undefined) return undefined;
    const key = await decrypt(algorithm, readOctets(data), passphrase, new Effort(signal), true);
    return createPrivateKey({ key, format: "der", type: "pkcs8" });
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}
