import { ConnectError, isConnectError, type ConnectErrorInit } from "../base/errors.js";
import type { FaultCode } from "../base/codes.js";
import { adviseConversion, describeContent } from "../base/pem-advice.js";
import { certificateOf, isCertificateBlock } from "../base/pem-certificate.js";
import { readPem, type PemBlock, type PemFile, type PemProblem } from "../base/pem.js";
import { quotePath } from "../base/quote-path.js";
import type { System } from "../base/system.js";
import { describeReadError } from "../base/unreadable.js";
import { settingName } from "../policy/index.js";
import { adviseDirectory } from "./other-setting.js";
import type { FileSetting } from "../policy/types.js";
import type { Judge } from "./certificate.js";

/** What one file or directory gives to the bundle. */
export interface Authorities {
  /** Base64 of the DER, in the order of the file; expired and damaged ones are not among them. */
  readonly certificates: readonly string[];
  readonly expired: number;
  readonly faults: readonly ConnectError[];
}

export interface AuthorityReader {
  readonly system: System;
  readonly judge: Judge;
  /** Expired authorities that the operating system ships: no file that merely repeats them is blamed. */
  readonly expiredInStore: ReadonlySet<string>;
}

/** Reads one PEM file of authorities. Never throws: what is wrong is among the faults, what is good still counts. */
export async function readAuthorityFile(setting: FileSetting, reader: AuthorityReader): Promise<Authorities> {
  const path = setting.value;
  const fault = (
    code: FaultCode,
    what: string,
    init: Pick<ConnectErrorInit, "remedy" | "severity" | "cause">,
  ): ConnectError => new ConnectError(code, { ...init, message: `${placeOf(setting)}${what}`, hop: "local" });

  const bytes = await readSetting(setting, reader.system);
  if (isConnectError(bytes)) return { certificates: [], expired: 0, faults: [bytes] };
  const file = readPem(bytes);
  const sorted = sortBlocks(file.blocks, setting.text === undefined ? path : "FILE", reader);
  const problems = [...file.problems, ...sorted.problems].sort((a, b) => a.line - b.line);
  const faults: ConnectError[] = [];
  const usable = sorted.certificates.length;
  const first = problems[0];
  if (first !== undefined) {
    faults.push(
      fault("CA_FILE_INVALID", `, line ${first.line}: ${first.cause}${consequence(usable, problems.length)}`, {
        remedy: first.remedy,
        severity: usable > 0 ? "warning" : "error",
      }),
    );
  } else if (file.blocks.length === 0) {
    faults.push(
      fault("CA_FILE_INVALID", ` ${describeContent(file)}`, {
        remedy: adviseConversion(file, path) ?? adviseCertificate(file, path),
      }),
    );
  }
  if (sorted.blamed.length > 0) faults.push(expiredFault(sorted.blamed, usable, fault));
  for (const { line, subject } of sorted.leaves) {
    faults.push(
      fault("CA_NOT_AN_AUTHORITY", `, line ${line}: ${subject} is not an authority, so nothing it signed is trusted`, {
        remedy: "add the certificate of the authority that signed it: the root at the end of its chain",
      }),
    );
  }
  return { certificates: sorted.certificates, expired: sorted.expired, faults };
}

/** The file, or the text that stands in its place in the setting; otherwise what keeps it from being read. */
async function readSetting(setting: FileSetting, system: System): Promise<Buffer | ConnectError> {
  const { value: path, source, text, fault, doubtful } = setting;
  if (text !== undefined) return Buffer.from(text.reveal());
  if (fault !== undefined) return fault;
  try {
    return await system.readFile(path);
  } catch (cause) {
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
}

/** How a message about a file begins. */
function placeOf({ source, value, text }: FileSetting): string {
  return text === undefined ? `${settingName(source)}: ${value}` : value;
}

interface Expired {
  readonly line: number;
  readonly subject: string;
  readonly notAfter: Date;
}

interface Sorted {
  readonly certificates: string[];
  expired: number;
  readonly blamed: Expired[];
  readonly leaves: { readonly line: number; readonly subject: string }[];
  readonly problems: Pick<PemProblem, "line" | "cause" | "remedy">[];
}

function sortBlocks(blocks: readonly PemBlock[], path: string, { judge, expiredInStore }: AuthorityReader): Sorted {
  const sorted: Sorted = { certificates: [], expired: 0, blamed: [], leaves: [], problems: [] };
  for (const block of blocks) {
    const { label, line } = block;
    if (!isCertificateBlock(block)) {
      sorted.problems.push({ line, ...foreignBlock(label, path) });
      continue;
    }
    const certificate = certificateOf(block);
    if (certificate?.forServers === false) {
      sorted.problems.push({ line, ...notForServers });
      continue;
    }
    const base64 = certificate?.base64 ?? "";
    const judgement = judge(base64);
    if (judgement.kind === "good") {
      sorted.certificates.push(base64);
      if (!judgement.authority) sorted.leaves.push({ line, subject: judgement.subject });
    } else if (judgement.kind === "damaged") {
      sorted.problems.push({
        line,
        cause: "the certificate is damaged",
        remedy: "copy it again from its source: the text between its BEGIN and END lines was changed",
      });
    } else {
      sorted.expired++;
      if (!expiredInStore.has(base64)) sorted.blamed.push({ line, ...judgement });
    }
  }
  return sorted;
}

const notForServers = {
  cause: "a TRUSTED CERTIFICATE whose own settings do not trust it for TLS servers",
  remedy: "if that is not meant, ask whoever runs the authority for the plain certificate, and use that instead",
} as const;

function foreignBlock(label: string, path: string): { cause: string; remedy: string } {
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

function expiredFault(
  expired: readonly Expired[],
  usable: number,
  fault: (code: FaultCode, what: string, init: Pick<ConnectErrorInit, "remedy" | "severity">) => ConnectError,
): ConnectError {
  const shown = expired
    .slice(0, 3)
    .map(({ line, subject, notAfter }) => `${subject} (line ${line}) expired on ${day(notAfter)}`);
  const more = expired.length > shown.length ? `, and ${expired.length - shown.length} more` : "";
  return fault("CA_EXPIRED", `: ${shown.join(", ")}${more}; left out`, {
    remedy: "put the authority's current certificate there: whoever runs it has one",
    // A file that is named and gives nothing is a mistake; one old certificate among good ones is not.
    severity: usable > 0 ? "warning" : "error",
  });
}

/** Invalid dates occur in damaged certificates only, and those are sorted out before. */
function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
