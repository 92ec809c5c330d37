import { ConnectError } from "../base/errors.js";
import { adviseConversion, describeContent } from "../base/faults-pem.js";
import type { PemProblem } from "../base/faults-pem-block.js";
import type { PemFile } from "../base/pem.js";
import { quotePath } from "../base/quote-path.js";

// What is wrong with a file as a whole.

export function nothingInside(path: string, file: PemFile, notes: readonly string[]): ConnectError {
  const [note] = notes;
  const what =
    note === undefined || file.blocks.length > 0 ? describeContent(file) : `holds nothing that can be used: ${note}`;
  return new ConnectError("CERT_FILE_INVALID", {
    hop: "local",
    message: `${path} ${file.blocks.length > 0 && note !== undefined ? `holds no certificate and no key: ${note}` : what}`,
    remedy: (file.kind === "html" && adviseConversion(file, path)) || "name a file with a certificate or a key",
  });
}

export function javaKeystore(path: string): ConnectError {
  const renewed = quotePath(`${path.replace(/\.(?:jks|keystore)$/i, "")}.p12`);
  return new ConnectError("CERT_FILE_INVALID", {
    hop: "local",
    message: `${path} is a Java keystore (JKS), which Java alone reads`,
    remedy: `make PKCS#12 of it, and name that: keytool -importkeystore -srckeystore ${quotePath(path)} -destkeystore ${renewed} -deststoretype PKCS12`,
  });
}

export function storeNeedsPassword(path: string): ConnectError {
  return new ConnectError("KEY_PASSPHRASE_MISSING", {
    hop: "local",
    message: `${path} is protected by a password, and none is given`,
    remedy: "put the password into a file of your own (mode 0600), and name it with --passphrase-file",
  });
}

export function wrongPassword(path: string): ConnectError {
  return new ConnectError("PFX_PASSWORD_WRONG", {
    hop: "local",
    message: `the password that is given does not open ${path}`,
    remedy: `correct it; to try one by hand, run: openssl pkcs12 -in ${quotePath(path)} -noout`,
  });
}

export function storeInRetiredCipher(path: string, cipher: string): ConnectError {
  return new ConnectError("PFX_LEGACY_CIPHER", {
    hop: "local",
    message: `${path} is encrypted with ${cipher}, which is not read here`,
    remedy: `export it again with AES: openssl pkcs12 -legacy -in ${quotePath(path)} -nodes`,
  });
}

export function storeTooCostly(path: string, rounds: string): ConnectError {
  return new ConnectError("PFX_INVALID", {
    hop: "local",
    message: `${path} asks for ${rounds}, so trying its password would take too long`,
    remedy: "export certificate and key again at their source, with a usual number of rounds",
  });
}

export function damagedStore(path: string, cause: unknown): ConnectError {
  return new ConnectError("PFX_INVALID", {
    hop: "local",
    message: `${path} is not a complete PKCS#12 store`,
    remedy: "copy or export it again: a part of it is missing or was changed",
    cause,
  });
}

// What is odd about a file that was read all the same. Each is a sentence's beginning and needs no full stop.

export const wideText = (): string =>
  "written in UTF-16 (PowerShell's > does so), which no TLS library reads; sallyport cert convert fixes it";

export const textInBase64 = (): string =>
  "base64 without BEGIN and END lines, which TLS libraries do not read; sallyport cert convert fixes it";

export const markedFirst = (): string =>
  "begins with a byte order mark, behind which some programs do not see the first block; sallyport cert convert fixes it";

export const mended = ({ line, cause }: PemProblem): string =>
  `line ${line}: ${cause}; other programs lose blocks there: sallyport cert convert fixes it`;

export const notUsable = ({ line, cause, remedy }: PemProblem): string => `line ${line}: ${cause}; ${remedy}`;

export const trustedForm = (line: number | undefined): string =>
  `${line === undefined ? "" : `line ${line}: `}a TRUSTED CERTIFICATE, OpenSSL's own form, which most other programs do not read`;

export const badCertificate = (line: number | undefined): string =>
  `${line === undefined ? "" : `line ${line}: `}a certificate that is damaged`;

export const badStore = (line: number): string => `line ${line}: a PKCS#7 store that is damaged`;

export const foreignBlock = (label: string, line: number | undefined): string =>
  `${line === undefined ? "" : `line ${line}: `}a block of another kind (${label})`;

export const badOrder = (): string =>
  "the chain is in the wrong order: its own certificate must come first, each signed by the next; sallyport cert convert fixes it";

/** Why a key was not opened. */
export function encryptedKey(why: "none" | "damaged" | "wrong-passphrase" | "unsupported", cipher?: string): string {
  switch (why) {
    case "none":
      return "encrypted: --passphrase-file or --passphrase-command opens it";
    case "damaged":
      return "damaged, or of a kind that is not known here";
    case "wrong-passphrase":
      return "the passphrase that is given does not open it";
    case "unsupported":
      return `encrypted with ${cipher ?? "an old cipher"}, which OpenSSL 3 no longer supports`;
  }
}
