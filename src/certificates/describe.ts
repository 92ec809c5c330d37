import { createHash, type KeyObject, type X509Certificate } from "node:crypto";
import { certificateState } from "../base/certificate-life.js";
import { isSelfSigned, oneLineName } from "../base/certificate.js";
import { withoutInvisible } from "../base/invisible.js";
import { oneLine } from "../base/one-line.js";
import { readFields, type Fields } from "./fields.js";
import { expiredSince, mixedScripts, notYetValid, shortKey, weakSignature } from "./faults-remarks.js";
import type { CertificateReport } from "./types.js";

/** Characters of a name that are shown; some certificates hold whole contracts. */
const longest = 200;

/** What somebody wrote into a certificate, fit for a terminal: no escape sequences, and nothing that turns the writing round. */
export const shown = (text: string, limit = longest): string => oneLine(withoutInvisible(text), limit);

/** @param now milliseconds since the epoch */
export function describeCertificate(certificate: X509Certificate, now: number): CertificateReport {
  const fields = readFields(certificate.raw);
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  const digest = (algorithm: string): string => createHash(algorithm).update(certificate.raw).digest("hex");
  const key = describeKey(keyOf(certificate));
  const name = nameOf(certificate, fields);
  const state = certificateState(from, to, now);
  return {
    subject: shown(oneLineName(certificate.subject), 400),
    issuer: shown(oneLineName(certificate.issuer), 400),
    name,
    serial: certificate.serialNumber.toLowerCase(),
    names: fields.names.map((each) => shown(each)),
    isAuthority: fields.isAuthority,
    isSelfSigned: isSelfSigned(certificate),
    usages: [...(fields.extendedUsage ?? []), ...fields.keyUsage],
    notBefore: new Date(from).toISOString(),
    notAfter: new Date(to).toISOString(),
    state,
    used: to > from ? (now - from) / (to - from) : 1,
    key,
    signature: fields.signature,
    sha256: digest("sha256"),
    sha1: digest("sha1"),
    remarks: [
      ...(state === "expired" ? [expiredSince(new Date(to))] : []),
      ...(state === "not-yet-valid" ? [notYetValid(new Date(from))] : []),
      ...(/MD5|SHA-1$/.test(fields.signature) && !isSelfSigned(certificate) ? [weakSignature(fields.signature)] : []),
      ...(/^RSA(?:-PSS)? (\d+)/.test(key) && Number(/\d+/.exec(key)?.[0]) < 2048 ? [shortKey(key)] : []),
      ...(isMixed(name) ? [mixedScripts()] : []),
    ],
  };
}

function nameOf({ subject, fingerprint256 }: X509Certificate, { names }: Fields): string {
  const attribute = (id: string): string | undefined =>
    subject
      ?.split("\n")
      .findLast((line) => line.startsWith(`${id}=`))
      ?.slice(id.length + 1);
  const name = attribute("CN") ?? names[0] ?? attribute("OU") ?? attribute("O");
  return name === undefined || shown(name) === "" ? `(no name) ${fingerprint256.slice(0, 11)}` : shown(name, 80);
}

/** Letters that look like Latin ones beside Latin ones: no real name is written so, and imitations are. */
function isMixed(name: string): boolean {
  return /\p{Script=Latin}/u.test(name) && /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}]/u.test(name);
}

function keyOf(certificate: X509Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey;
  } catch {
    // Of a kind that OpenSSL does not know.
    return undefined;
  }
}

const curves: Readonly<Record<string, string>> = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" };

/** "RSA 2048", "EC P-256", "Ed25519". */
export function describeKey(key: KeyObject | undefined): string {
  const { modulusLength = 0, namedCurve = "" } = key?.asymmetricKeyDetails ?? {};
  switch (key?.asymmetricKeyType) {
    case undefined:
      return "a kind that is not known here";
    case "rsa":
      return `RSA ${modulusLength}`;
    case "rsa-pss":
      return `RSA-PSS ${modulusLength}`;
    case "ec":
      return `EC ${curves[namedCurve] ?? (namedCurve || "with a curve of its own")}`;
    case "ed25519":
      return "Ed25519";
    case "ed448":
      return "Ed448";
    default:
      return String(key?.asymmetricKeyType).toUpperCase();
  }
}
