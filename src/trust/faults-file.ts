import { ConnectError } from "../base/errors.js";
import { adviseConversion, describeContent } from "../base/faults-pem.js";
import type { PemProblem } from "../base/faults-pem-block.js";
import type { PemFile } from "../base/pem.js";
import { quotePath } from "../base/quote-path.js";
import { describeReadError } from "../base/faults-read.js";
import { settingName } from "../policy/index.js";
import type { FileSetting } from "../policy/types.js";
import { adviseDirectory } from "./faults-setting.js";

/** What is wrong on one line of a file: `cause` follows the number of the line. */
export type LineProblem = Pick<PemProblem, "cause" | "remedy">;

/** A certificate that has expired. */
export interface Expired {
  readonly line: number;
  readonly subject: string;
  readonly notAfter: Date;
}

export function unreadable(setting: FileSetting, cause: unknown): ConnectError {
  const { value: path, source, doubtful } = setting;
  const { predicate, remedy } = describeReadError(cause, path);
  // The path may be a secret in the wrong place, and Node's error holds it as well.
  return new ConnectError(
    "CA_FILE_UNREADABLE",
    doubtful
      ? {
          message: `${settingName(source)}: the file that it names ${predicate}`,
          remedy: "set it to the absolute path of the file",
          hop: "local",
        }
      : {
          message: `${placeOf(setting)} ${predicate}`,
          remedy: predicate === "is a directory" ? adviseDirectory(source) : remedy,
          hop: "local",
          cause,
        },
  );
}

/** `usable`: how many certificates of the file are good; `problems`: how many lines are not, `first` among them. */
export function badLines(
  setting: FileSetting,
  first: LineProblem & { readonly line: number },
  usable: number,
  problems: number,
): ConnectError {
  return new ConnectError("CA_FILE_INVALID", {
    message: `${placeOf(setting)}, line ${first.line}: ${first.cause}${consequence(usable, problems)}`,
    remedy: first.remedy,
    severity: usable > 0 ? "warning" : "error",
    hop: "local",
  });
}

export function noPem(setting: FileSetting, file: PemFile): ConnectError {
  const path = setting.value;
  return new ConnectError("CA_FILE_INVALID", {
    message: `${placeOf(setting)} ${describeContent(file)}`,
    remedy: adviseConversion(file, path) ?? adviseCertificate(file, path),
    hop: "local",
  });
}

export function notAnAuthority(setting: FileSetting, line: number, subject: string): ConnectError {
  return new ConnectError("CA_NOT_AN_AUTHORITY", {
    message: `${placeOf(setting)}, line ${line}: ${subject} is not an authority, so nothing it signed is trusted`,
    remedy: "add the certificate of the authority that signed it: the root at the end of its chain",
    hop: "local",
  });
}

export function expired(setting: FileSetting, certificates: readonly Expired[], usable: number): ConnectError {
  const shown = certificates
    .slice(0, 3)
    .map(({ line, subject, notAfter }) => `${subject} (line ${line}) expired on ${day(notAfter)}`);
  const more = certificates.length > shown.length ? `, and ${certificates.length - shown.length} more` : "";
  return new ConnectError("CA_EXPIRED", {
    message: `${placeOf(setting)}: ${shown.join(", ")}${more}; left out`,
    remedy:
      setting.source.kind === "stored"
        ? "sallyport trust remove NAME takes it out; sallyport trust add FILE adds its successor, which whoever runs it has"
        : "put the authority's current certificate there: whoever runs it has one",
    // A file that is named and gives nothing is a mistake; one old certificate among good ones is not, nor one that has been stored.
    severity: usable > 0 || setting.source.kind === "stored" ? "warning" : "error",
    hop: "local",
  });
}

export function certificateDamaged(): LineProblem {
  return {
    cause: "the certificate is damaged",
    remedy: "copy it again from its source: the text between its BEGIN and END lines was changed",
  };
}

export function notForServers(): LineProblem {
  return {
    cause: "a TRUSTED CERTIFICATE whose own settings do not trust it for TLS servers",
    remedy: "if that is not meant, ask whoever runs the authority for the plain certificate, and use that instead",
  };
}

/** A block of PEM that is not a certificate. */
export function foreignBlock(label: string, path: string): LineProblem {
  const input = quotePath(path);
  if (label.endsWith("PRIVATE KEY"))
    return {
      cause: "a private key, where certificates of authorities belong",
      remedy: "name the authority's certificate: its private key does not belong in this file",
    };
  if (label === "PKCS7" || label === "CMS")
    return {
      cause: "a PKCS#7 store, which TLS libraries do not read",
      remedy: `run: openssl pkcs7 -print_certs -in ${input} and replace that block with its output`,
    };
  if (label.endsWith("CERTIFICATE REQUEST"))
    return {
      cause: "a certificate request, not a certificate",
      remedy: "name the certificate that the authority gave for it",
    };
  if (label === "X509 CRL")
    return {
      cause: "a list of revoked certificates, not a certificate",
      remedy: "name the authority's own certificate",
    };
  return { cause: `a ${label} block, where certificates belong`, remedy: "remove it from this file" };
}

function consequence(usable: number, problems: number): string {
  const more = problems > 1 ? ` (and ${problems - 1} more such lines)` : "";
  if (usable === 0) return `${more}; no certificate in it can be used`;
  return `${more}; the other ${usable === 1 ? "certificate" : `${usable} certificates`} in it ${usable === 1 ? "is" : "are"} used`;
}

function adviseCertificate(file: PemFile, path: string): string {
  if (file.kind === "der" && file.der === "pkcs12")
    return `run: openssl pkcs12 -in ${quotePath(path)} -nokeys -cacerts and name a file with its output`;
  return "put the authority's certificate there in PEM form: -----BEGIN CERTIFICATE----- and so on";
}

/** How a message about a file begins. */
function placeOf({ source, value, text }: FileSetting): string {
  return text === undefined ? `${settingName(source)}: ${value}` : value;
}

/** Invalid dates occur in damaged certificates only, and those are sorted out before. */
function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
