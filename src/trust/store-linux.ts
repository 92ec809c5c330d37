import { noBundleFile } from "./faults.js";
import type { ReadStore } from "./types.js";

/**
 * The bundle files of Linux distributions and BSDs, in the order in which Go's crypto/x509 tries them. The first that
 * can be read is the system's store.
 */
export const bundleFiles = [
  "/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Gentoo, Arch, NixOS
  "/etc/pki/tls/certs/ca-bundle.crt", // Fedora, RHEL 6
  "/etc/ssl/ca-bundle.pem", // openSUSE
  "/etc/pki/tls/cacert.pem", // OpenELEC
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // CentOS, RHEL 7
  "/etc/ssl/cert.pem", // Alpine, OpenBSD, FreeBSD
  "/usr/local/etc/ssl/cert.pem", // FreeBSD
  "/usr/local/share/certs/ca-root-nss.crt", // DragonFly
  "/etc/openssl/certs/ca-certificates.crt", // NetBSD
] as const;

/**
 * Reads the file itself even where Node has `tls.getCACertificates("system")`: that follows SSL_CERT_FILE and
 * SSL_CERT_DIR, so a variable that should add a certificate would take the whole store away.
 */
export const readLinuxStore: ReadStore = async ({ readFile }) => {
  let last: unknown;
  for (const path of bundleFiles) {
    try {
      return await readFile(path);
    } catch (error) {
      last = error;
    }
  }
  throw new Error(noBundleFile(), { cause: last });
};
