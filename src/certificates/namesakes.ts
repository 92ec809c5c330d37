import { X509Certificate } from "node:crypto";
import type { TrustBundle } from "../trust/types.js";

/** Letters of other scripts that look like Latin ones, those that imitations are made of; below each what it looks like. */
const lookalikes = new Map(
  pairs("аеорсхуіјѕԁһԛԝАВЕКМНОРСТХΑΒΕΖΗΙΚΜΝΟΡΤΥΧον", "aeopcxyijsdhqwABEKMHOPCTXABEZHIKMNOPTYXov"),
);

function pairs(strange: string, latin: string): [string, string][] {
  return Array.from(strange, (letter, index) => [letter, latin.charAt(index)]);
}

/** What a reader takes a name for: without case, blanks and marks, and letters for those that they look like. */
function readAs(name: string): string {
  return Array.from(name.normalize("NFKD"), (letter) => lookalikes.get(letter) ?? letter)
    .join("")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "")
    .replaceAll("0", "o")
    .replace(/[1l|]/g, "i");
}

const commonName = (subject: string): string => /^CN=(.+)$/m.exec(subject)?.[1] ?? subject;

/** Whether an authority that reads like this one is trusted, and has another key. */
export function trustedAs(certificate: X509Certificate, { certificates }: TrustBundle): boolean {
  const name = readAs(commonName(certificate.subject));
  return certificates.some((pem) => {
    try {
      const other = new X509Certificate(pem);
      return readAs(commonName(other.subject)) === name && keyOf(other) !== keyOf(certificate);
    } catch {
      // What cannot be parsed is trusted by nobody.
      return false;
    }
  });
}

function keyOf({ publicKey }: X509Certificate): string {
  return publicKey.export({ type: "spki", format: "der" }).toString("base64");
}
