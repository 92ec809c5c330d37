import type { X509Certificate } from "node:crypto";
import { readChildren, readElement, tags } from "../base/der.js";
import type { FileSetting } from "../policy/types.js";
import { curveWithoutTls13, explicitCurve, shortKey } from "./faults-key-kind.js";
import type { Findings } from "./findings.js";

/** On what RFC 8446 section 4.2.3 has signatures, by OpenSSL's names. */
const tls13Curves = new Set(["prime256v1", "secp384r1", "secp521r1"]);
/** Bits of an RSA key; below, OpenSSL's default since 3.2 (and most servers) refuses it. */
const leastBits = 2048;

/** What a handshake cannot use, or servers do not take, whoever issued it: told before any server is blamed. */
export function checkKeyKind(leaf: X509Certificate, file: FileSetting, findings: Findings): void {
  const warn = { severity: "warning" } as const;
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = leaf.publicKey;
  const { namedCurve = "", modulusLength = leastBits } = details;
  if (type === "ec" && isExplicit(leaf)) findings.add("CLIENT_CERT_USAGE", explicitCurve(file, leaf), warn);
  else if (type === "ec" && !tls13Curves.has(namedCurve))
    findings.add("CLIENT_CERT_USAGE", curveWithoutTls13(file, leaf, namedCurve), warn);
  if (type?.startsWith("rsa") === true && modulusLength < leastBits)
    findings.add("CLIENT_CERT_USAGE", shortKey(file, leaf, modulusLength), warn);
}

/** Whether the key spells its curve out, which RFC 5480 section 2.1.1 forbids; OpenSSL gives the curve's name all the same. */
function isExplicit({ raw }: X509Certificate): boolean {
  try {
    const [tbs] = readChildren(readElement(raw));
    const parts = tbs === undefined ? [] : readChildren(tbs);
    // The version stands before the rest where it is not the first.
    const spki = parts[(parts[0]?.tag === tags.integer ? 0 : 1) + 5];
    const [algorithm] = spki === undefined ? [] : readChildren(spki);
    const [, parameters] = algorithm === undefined ? [] : readChildren(algorithm);
    return parameters?.tag === tags.sequence;
  } catch {
    // OpenSSL has read it, so it is for OpenSSL to judge.
    return false;
  }
}
