import type { KeyObject, X509Certificate } from "node:crypto";
import { formatPem } from "../base/pem.js";
import { findIssuers } from "./chain.js";
import type { Contents } from "./types.js";

export interface Converted {
  /** PEM: each certificate that stands below others first, those above it in order, the keys at the end. */
  readonly certificates: string;
  readonly keys: string;
  readonly count: { readonly certificates: number; readonly keys: number };
}

/**
 * The same content as plain PEM, which every program reads.
 * @param passphrase encrypts the keys (AES-256); undefined: they are not
 */
export function convertToPem({ certificates, keys }: Contents, passphrase: string | undefined): Converted {
  const ordered = inOrder(certificates.map(({ certificate }) => certificate));
  const opened = keys.flatMap(({ key }) => key ?? []);
  return {
    certificates: ordered.map(({ raw }) => formatPem("CERTIFICATE", raw.toString("base64"))).join(""),
    keys: opened.map((key) => pemOf(key, passphrase)).join(""),
    count: { certificates: ordered.length, keys: opened.length },
  };
}

function pemOf(key: KeyObject, passphrase: string | undefined): string {
  const protection = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
  return key.export({ type: "pkcs8", format: "pem", ...protection }).toString();
}

/** Each once, and before whoever signed it (RFC 5246 section 7.4.2). What stands in no chain keeps its place. */
function inOrder(all: readonly X509Certificate[]): X509Certificate[] {
  const distinct = [...new Map(all.map((one) => [one.fingerprint256, one])).values()];
  const issuers = findIssuers(distinct);
  const signers = new Set(issuers);
  const placed = new Set<number>();
  for (const [index] of distinct.entries()) {
    if (signers.has(index)) continue;
    for (let at: number | undefined = index; at !== undefined; at = issuers[at]) placed.add(at);
  }
  return [...placed].flatMap((index) => distinct[index] ?? []);
}
