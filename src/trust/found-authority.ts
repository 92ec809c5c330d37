import type { X509Certificate } from "node:crypto";
import type { FileSetting } from "../policy/types.js";
import type { CertificateParts } from "./parts.js";

/** A certificate, and where it was found: the operating system's store, or a setting. */
export interface Found {
  readonly parts: CertificateParts;
  readonly certificate: X509Certificate;
  readonly place: FileSetting | "system";
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
}
