import type { X509Certificate } from "node:crypto";
import { oneLineName } from "../base/certificate.js";
import type { FileSetting } from "../policy/types.js";
import { about } from "./about.js";
import type { FaultWords } from "./faults.js";

export function curveWithoutTls13(file: FileSetting, leaf: X509Certificate, curve: string): FaultWords {
  return {
    message: `${keyOf(file, leaf)} is on the curve ${curve}, which most servers cannot use with TLS 1.3: they get no certificate, and few take it over TLS 1.2`,
    remedy: "have one issued for a key on P-256 or P-384, or for an RSA key of 2048 bits or more",
  };
}

export function explicitCurve(file: FileSetting, leaf: X509Certificate): FaultWords {
  return {
    message: `${keyOf(file, leaf)} spells its curve out in numbers instead of naming it, which many servers refuse`,
    remedy: "make the key again with a named curve (openssl ecparam -name prime256v1 -genkey) and have it certified",
  };
}

export function shortKey(file: FileSetting, leaf: X509Certificate, bits: number): FaultWords {
  return {
    message: `${keyOf(file, leaf)} has ${bits} bits, which Node 24 and most servers refuse as too weak`,
    remedy: "have one issued for an RSA key of 2048 bits or more, or for one on P-256",
  };
}

export function anyUsage(file: FileSetting, leaf: X509Certificate): FaultWords {
  return {
    message: `${about(file)}: the certificate ${oneLineName(leaf.subject)} allows any use (anyExtendedKeyUsage) but does not name clients, and servers built on OpenSSL refuse that`,
    remedy: "ask its issuer for a certificate with extended key usage clientAuth",
  };
}

function keyOf(file: FileSetting, leaf: X509Certificate): string {
  return `${about(file)}: the key of the client certificate ${oneLineName(leaf.subject)}`;
}
