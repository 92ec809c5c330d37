import type { X509Certificate } from "node:crypto";
import { oneLineName } from "../base/certificate.js";
import { adviseConversion, describeContent } from "../base/faults-pem.js";
import type { PemProblem } from "../base/faults-pem-block.js";
import type { PemBlock, PemFile } from "../base/pem.js";
import type { FileSetting } from "../policy/types.js";
import { about, inputNote, inputOf } from "./about.js";
import type { FaultWords } from "./faults.js";
import type { SettingNames } from "./names.js";

export function intermediateExpired(file: FileSetting, issuer: X509Certificate): FaultWords {
  return {
    message: `${about(file)}: the intermediate ${oneLineName(issuer.subject)} expired on ${date(issuer.validTo)}`,
    remedy: "replace it with the authority's current intermediate",
  };
}

export function expired(file: FileSetting, leaf: X509Certificate): FaultWords {
  const issuer = oneLineName(leaf.issuer);
  return {
    message: `${clientCertificate(file, leaf)} expired on ${date(leaf.validTo)}`,
    remedy: `have it renewed by its issuer, ${issuer}`,
  };
}

export function notYetValid(file: FileSetting, leaf: X509Certificate, now: number): FaultWords {
  const from = Date.parse(leaf.validFrom);
  return {
    message: `${clientCertificate(file, leaf)} is valid from ${minute(from)} on, and this machine's clock says ${minute(now)}`,
    remedy: "check the clock; if it is right, wait until then",
  };
}

export function expiresSoon(file: FileSetting, leaf: X509Certificate, now: number): FaultWords {
  const to = Date.parse(leaf.validTo);
  const issuer = oneLineName(leaf.issuer);
  return {
    message: `${clientCertificate(file, leaf)} expires in ${remaining(to - now)}, on ${minute(to)}`,
    remedy: `have it renewed in time by its issuer, ${issuer}`,
  };
}

export function notForClients(file: FileSetting, leaf: X509Certificate): FaultWords {
  return {
    message: `${about(file)}: the certificate ${oneLineName(leaf.subject)} is not for clients: its extended key usage lacks clientAuth`,
    remedy: "ask its issuer for a certificate with extended key usage clientAuth",
  };
}

/** `last`: where the chain ends; `stranger`: a certificate of the file that is not part of it. */
export function chainIncomplete(file: FileSetting, stranger: X509Certificate, last: X509Certificate): FaultWords {
  return {
    message: `${about(file)}: ${oneLineName(stranger.subject)} does not belong to the chain, which ends at ${oneLineName(last.subject)}`,
    remedy: `put the certificate of ${oneLineName(last.issuer)} into the file`,
  };
}

/** Of a file that holds certificates or a key. */
export function brokenPem(setting: FileSetting, { line, cause, remedy }: PemProblem): FaultWords {
  return { message: `${about(setting)}, line ${line}: ${cause}`, remedy };
}

export function certificateDamaged(setting: FileSetting, block: PemBlock): FaultWords {
  return {
    message: `${about(setting)}, line ${block.line}: the certificate is damaged`,
    remedy: "copy it again from its source: the text between its BEGIN and END lines was changed",
  };
}

export function pfxInsteadOfCertificate(setting: FileSetting, names: SettingNames): FaultWords {
  return {
    message: `${about(setting)} is a PKCS#12 store, not PEM`,
    remedy: `set ${names.pfx} to this path, and unset ${names.cert} and ${names.key}`,
  };
}

export function keyInsteadOfCertificate(setting: FileSetting, names: SettingNames): FaultWords {
  return {
    message: `${about(setting)} holds a private key but no certificate`,
    remedy: `name the certificate in ${names.cert}, and this file in ${names.key}`,
  };
}

export function otherBlockThanCertificate(setting: FileSetting, first: PemBlock): FaultWords {
  const advice =
    first.label === "PKCS7" || first.label === "CMS"
      ? `run: openssl pkcs7 -print_certs -in ${inputOf(setting)}${inputNote(setting)} and name a file with its output`
      : undefined;
  return {
    message: `${about(setting)} holds a ${first.label} block but no certificate`,
    remedy: advice ?? "name the certificate that the authority issued, in PEM form",
  };
}

export function noPemCertificate(setting: FileSetting, file: PemFile): FaultWords {
  return {
    message: `${about(setting)} ${describeContent(file)}`,
    remedy:
      adviseConversion(file, setting.value) ??
      "put the certificate there in PEM form, and after it the intermediates that came with it",
  };
}

function clientCertificate(file: FileSetting, leaf: X509Certificate): string {
  return `${about(file)}: the client certificate ${oneLineName(leaf.subject)}`;
}

function date(text: string): string {
  return new Date(text).toISOString().slice(0, 10);
}

function minute(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function remaining(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  if (hours < 1) return "less than an hour";
  const [count, unit] = hours < 48 ? [hours, "hour"] : [Math.floor(hours / 24), "day"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
