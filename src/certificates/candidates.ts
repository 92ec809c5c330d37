import type { X509Certificate } from "node:crypto";
import { isSelfSigned, oneLineName } from "../base/certificate.js";
import { pemToBase64 } from "../base/pem.js";
import type { TrustBundle } from "../trust/types.js";
import { describeCertificate, shown } from "./describe.js";
import {
  authorityExpired,
  isIntermediate,
  isNoAuthority,
  leafAlone,
  maySignNothing,
  namesake,
  noRootShown,
} from "./faults-trust.js";
import { readFields } from "./fields.js";
import { trustedAs } from "./namesakes.js";
import type { CertificateReport, HostLook } from "./types.js";

/** A certificate that may be trusted, if the user says so. */
export interface Candidate {
  readonly certificate: X509Certificate;
  readonly report: CertificateReport;
}

export interface Judging {
  /** What is trusted by now. */
  readonly trust: TrustBundle;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Those of a file's certificates that can be trusted: authorities, and certificates that signed themselves.
 * @throws {ConnectError} CA_NOT_AN_AUTHORITY, CA_EXPIRED where it has none of use
 */
export function candidatesIn(certificates: readonly X509Certificate[], place: string, judging: Judging): Candidate[] {
  const able = certificates.filter((one) => readFields(one.raw).isAuthority || isSelfSigned(one));
  const [first] = certificates;
  if (able.length === 0 && first !== undefined) {
    const { name } = describeCertificate(first, judging.now);
    throw leafAlone(name, issuerOf(first), place);
  }
  const distinct = [...new Map(able.map((one) => [one.fingerprint256, one])).values()];
  return distinct.map((one) => judge(one, place, judging));
}

/**
 * The root that a host shows; or its own certificate, where that signed itself.
 * @throws {ConnectError} the fault of the handshake, where no authority would mend that; TLS_CHAIN_INCOMPLETE where the root is not sent; as above
 */
export function candidateOf({ certificates, fault, host }: HostLook, judging: Judging): Candidate | undefined {
  if (fault === undefined) return undefined;
  const top = certificates.at(-1);
  if (top === undefined || !mendable.has(fault.code)) throw fault;
  if (isSelfSigned(top)) return judge(top, host, judging);
  throw noRootShown(host, describeCertificate(top, judging.now).name, issuerOf(top));
}

/** What a trusted authority may put right. */
const mendable = new Set(["TLS_UNTRUSTED_ISSUER", "TLS_INSPECTED", "TLS_SELF_SIGNED", "TLS_CHAIN_INCOMPLETE"]);

function judge(certificate: X509Certificate, place: string, { trust, now }: Judging): Candidate {
  const report = describeCertificate(certificate, now);
  const { keyUsage, isAuthority } = readFields(certificate.raw);
  if (report.state === "expired") throw authorityExpired(report.name, report.notAfter.slice(0, 10), place);
  if (isAuthority && keyUsage.length > 0 && !keyUsage.includes("certificate signing"))
    throw maySignNothing(report.name, place);
  const remarks = [
    ...report.remarks,
    ...(isAuthority ? [] : [isNoAuthority()]),
    ...(isAuthority && !report.isSelfSigned ? [isIntermediate(issuerOf(certificate))] : []),
    ...(trustedAs(certificate, trust) ? [namesake()] : []),
  ];
  return { certificate, report: { ...report, remarks } };
}

/** Whether it is among what is trusted already. */
export function isTrusted({ raw }: X509Certificate, { certificates }: TrustBundle): boolean {
  const base64 = raw.toString("base64");
  return certificates.some((pem) => pemToBase64(pem) === base64);
}

const issuerOf = ({ issuer }: X509Certificate): string =>
  shown(/^CN=(.+)$/m.exec(issuer)?.[1] ?? oneLineName(issuer), 80);
