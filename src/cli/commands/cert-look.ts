import type { CertificateReport } from "../../certificates/index.js";

/** A certificate with what is known of it in this place. */
export interface Looked extends CertificateReport {
  readonly line: number | null;
  /** Place of the one that signed it, from 0; null where that is not here, and for one that signed itself. */
  readonly signedBy: number | null;
  /** Null where that was not asked: of a file. */
  readonly trusted: boolean | null;
}

/** A private key, without anything of it. */
export interface LookedKey {
  readonly kind: string | null;
  readonly line: number | null;
  readonly encrypted: boolean;
  /** Place of its certificate, from 0. */
  readonly belongsTo: number | null;
  /** Why it was not opened. */
  readonly why: string | null;
}

/** All that `cert inspect` tells. */
export interface Look {
  readonly source: { readonly kind: "file" | "host"; readonly name: string };
  readonly format: string | null;
  readonly route: string | null;
  readonly certificates: readonly Looked[];
  readonly keys: readonly LookedKey[];
  readonly notes: readonly string[];
}
