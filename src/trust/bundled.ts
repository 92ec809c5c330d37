import { pemToBase64 } from "../base/pem.js";

/** The authorities that came with Node: base64 of the DER, in Node's order. */
let bundled: Promise<ReadonlySet<string>> | undefined;

export function bundledAuthorities(): Promise<ReadonlySet<string>> {
  bundled ??= import("node:tls").then(({ rootCertificates }) => new Set(rootCertificates.map(pemToBase64)));
  return bundled;
}
