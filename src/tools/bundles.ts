import type { TrustBundle } from "../trust/types.js";

/** What the files of authorities hold. */
export interface BundleContents {
  /** PEM for variables that append: what Node's own store lacks. Undefined where nothing is to be added. */
  readonly extra: string | undefined;
  /** PEM for variables that replace: everything. */
  readonly merged: string;
  /** The same, one by one, for a trust store. */
  readonly certificates: readonly string[];
}

/** @param authority PEM of a gateway that opens TLS: whoever is to go through it has to trust it */
export function bundleContents(
  { certificates, extra }: Pick<TrustBundle, "certificates" | "extra">,
  authority?: string,
): BundleContents {
  const own = authority === undefined ? [] : [withLineEnd(authority)];
  const appended = [...extra, ...own];
  const all = [...certificates, ...own];
  return {
    extra: appended.length === 0 ? undefined : appended.map(withLineEnd).join(""),
    merged: all.map(withLineEnd).join(""),
    certificates: all,
  };
}

/** Two certificates on one line are a file that no program reads, often without a word. */
const withLineEnd = (pem: string): string => (pem.endsWith("\n") ? pem : `${pem}\n`);

/** The user's wgetrc, with the authorities as its last word. */
export function wgetConfiguration(existing: string, mergedFile: string): string {
  return `${existing === "" ? "" : withLineEnd(existing)}ca_certificate = ${mergedFile}\n`;
}

/** PHP's own functions, and its curl: the variable is read where the file is, so that the file is the same for all. */
export const phpConfiguration = "openssl.cafile = ${SSL_CERT_FILE}\ncurl.cainfo = ${SSL_CERT_FILE}\n";

/** PHP_INI_SCAN_DIR: an empty element stands for the folder that PHP was built with, and an empty variable for none at all. */
export function phpFolders(existing: string | undefined, folder: string, platform: NodeJS.Platform): string {
  return existing === "" ? folder : [existing ?? "", folder].join(platform === "win32" ? ";" : ":");
}

/** The user's own configuration of apt, and the authorities (apt.conf(5)). Undefined where the format cannot hold a path: it has no escapes. */
export function aptConfiguration(existing: string, mergedFile: string): string | undefined {
  if (/["\n]/.test(existing + mergedFile)) return undefined;
  return `${existing === "" ? "" : `#include "${existing}";\n`}Acquire::https::CAInfo "${mergedFile}";\n`;
}
