import { codeOf, inParentheses } from "../base/error-code.js";
import { configInvalid } from "../base/faults-config.js";
import { ConnectError } from "../base/errors.js";
import { describeReadError } from "../base/faults-read.js";
import { mustBe, usage } from "./faults-usage.js";
import { UsageError } from "./usage-error.js";

export const certUsage = usage(
  "cert takes an action and a file or a host",
  "write: sallyport cert inspect FILE|HOST, cert check FILE|HOST, or cert convert FILE",
);

export function unreadableFile(path: string, error: unknown): ConnectError {
  const { predicate, remedy } = describeReadError(error, path);
  return new ConnectError("CERT_FILE_UNREADABLE", {
    hop: "local",
    message: `${path} ${predicate}`,
    remedy: predicate === "does not exist" ? `${remedy}; a host is written as name.example or https://name` : remedy,
    cause: error,
  });
}

export function tooLarge(path: string, bytes: number): ConnectError {
  return new ConnectError("CERT_FILE_INVALID", {
    hop: "local",
    message: `${path} is larger than ${bytes / 1024 / 1024} MB: no file of certificates is`,
    remedy: "name a file that holds nothing but certificates and keys",
  });
}

export const hostOfHttp = usage(
  "an http:// server has no certificate",
  "write the URL with https://, or the host alone",
);

export const trustUsage = usage(
  "trust takes an action, and for some a file, a host or a name",
  "write: sallyport trust add FILE|HOST, trust list, trust remove NAME, or trust export --for TOOL",
);

export const invalidFingerprint = usage(
  "--fingerprint must be a SHA-256 fingerprint: 64 hexadecimal digits",
  "ask for that one: SHA-1 and MD5 can be imitated; colons and blanks are fine",
);

export function needsFingerprint(name: string, kind: "file" | "host"): UsageError {
  const word = kind === "host" ? "host" : "file";
  return new UsageError(
    `nobody can be asked here whether the certificate of the ${word} ${name} is the right one`,
    "add --fingerprint SHA256, as the administrators of that authority tell it",
  );
}

export const notConfirmed = usage(
  "not confirmed: nothing was added",
  "ask whoever runs the authority for its SHA-256 fingerprint, and compare",
);

/** `found`: the fingerprints that are there. */
export function otherFingerprint(place: string, found: readonly string[]): UsageError {
  const shown = found.slice(0, 3).join(", ");
  return new UsageError(
    `no authority of ${place} has that fingerprint: found ${shown}${found.length > 3 ? ", …" : ""}`,
    "do not add it: ask whoever told you the fingerprint, somebody else may be on the way",
  );
}

export const unknownAuthority = usage(
  "none of the authorities that you have added is called so",
  "sallyport trust list shows them; give the name, or at least 8 digits of the fingerprint",
);

export function ambiguousAuthority(fingerprints: readonly string[]): UsageError {
  return new UsageError(
    `${fingerprints.length} of the authorities that you have added are called so`,
    `give the fingerprint of the one that is meant: ${fingerprints.join(", ")}`,
  );
}

export function bundleIsLink(path: string): ConnectError {
  return configInvalid(
    `${path} is a symbolic link, which is not written through`,
    "put the file itself there, or name it in SALLYPORT_CA_CERTS and change it by hand",
  );
}

export function bundleUnwritable(path: string, error: unknown): ConnectError {
  return configInvalid(
    `${path} cannot be written${inParentheses(codeOf(error))}`,
    "check who owns that folder, and that there is space on its disk",
    error,
  );
}

export function bundleUnreadable(path: string, error: unknown): ConnectError {
  const { predicate, remedy } = describeReadError(error, path);
  return new ConnectError("CA_FILE_UNREADABLE", {
    hop: "local",
    message: `${path} ${predicate}`,
    remedy,
    cause: error,
  });
}

export function noReader(known: readonly string[]): UsageError {
  return new UsageError("trust export needs to know who is to read it", `add --for with one of: ${known.join(", ")}`);
}

export const nothingToExport = usage(
  "nothing is trusted here that this program does not trust by itself",
  "add an authority with: sallyport trust add FILE|HOST",
);

export const invalidMaxUsed = mustBe("--max-used", "a percentage above 0, and at most 100", "66%");

/** `why`: as the reader of keys says it. */
export function keyNotOpened(path: string, why: string): ConnectError {
  return new ConnectError("KEY_FILE_INVALID", {
    hop: "local",
    message: `a private key in ${path} cannot be converted: ${why}`,
    remedy: "put its passphrase into a file of your own (mode 0600), and name it with --passphrase-file",
  });
}

export function outputExists(path: string): ConnectError {
  return configInvalid(
    `--output ${path} is there already, and is not written over`,
    "name another file, or move that one away",
  );
}
