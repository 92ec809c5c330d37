import { createHash, X509Certificate } from "node:crypto";
import { isSignedBy } from "../base/certificate.js";
import { pemToBase64 } from "../base/pem.js";
import { byName } from "./namesakes.js";
import { looksSelfSigned, mayHaveIssued, readParts, type CertificateParts } from "./parts.js";
import type { TrustBundle } from "./types.js";

/** Signatures that are checked at the most: a server can send hundreds of certificates of one name. */
const mostChecks = 64;

interface Candidate {
  readonly certificate: X509Certificate;
  readonly parts: CertificateParts;
  /** PEM, of those in the bundle. */
  readonly trusted: string | undefined;
}

/**
 * The few authorities of `bundle` by which a chain holds that OpenSSL, given all of them, did not find: it tries one issuer
 * of each name, and never goes back. Another root of the same name, an intermediate that leads nowhere, or two
 * cross-certificates that certify each other can thus hide a root that is there.
 *
 * Nothing is verified here: what is found is what to give to OpenSSL, which judges the chain by it from its beginning. It
 * is always a part of the bundle, so that nothing can be trusted by it that was not.
 *
 * @param shown DER of what the server sent, its own certificate first
 * @returns undefined where there is no such chain
 */
export function narrowBundle(bundle: TrustBundle, shown: readonly Buffer[], now: number): TrustBundle | undefined {
  const leaf = shown[0] === undefined ? undefined : candidate(shown[0], undefined);
  if (leaf === undefined) return undefined;
  const search = new Search(bundle, shown.slice(1), now);
  const path = search.from(leaf);
  const certificates = path?.flatMap(({ trusted }) => trusted ?? []) ?? [];
  if (certificates.length === 0) return undefined;
  const id = createHash("sha256").update(bundle.id).update(certificates.join("")).digest("hex");
  return { ...bundle, id, certificates };
}

function candidate(der: Buffer, trusted: string | undefined): Candidate | undefined {
  const parts = readParts(der);
  try {
    return parts === undefined ? undefined : { certificate: new X509Certificate(der), parts, trusted };
  } catch {
    // What OpenSSL cannot parse is no link of any chain.
    return undefined;
  }
}

class Search {
  readonly #bundle: ReadonlyMap<string, readonly string[]>;
  readonly #sent: readonly Candidate[];
  readonly #now: number;
  readonly #tried = new Set<string>();
  #checks = 0;

  constructor(bundle: TrustBundle, sent: readonly Buffer[], now: number) {
    this.#bundle = byName(bundle.certificates, (pem) => readParts(Buffer.from(pemToBase64(pem), "base64"))?.subject);
    this.#sent = sent.flatMap((der) => candidate(der, undefined) ?? []);
    this.#now = now;
  }

  /** The links from `last` on to a root of the bundle, without `last`. Each certificate is gone through once. */
  from(last: Candidate): readonly Candidate[] | undefined {
    for (const issuer of this.#issuersOf(last)) {
      if (issuer.trusted !== undefined && looksSelfSigned(issuer.parts)) return [issuer];
      const rest = this.from(issuer);
      if (rest !== undefined) return [issuer, ...rest];
    }
    return undefined;
  }

  *#issuersOf({ certificate, parts }: Candidate): Generator<Candidate> {
    const trusted = (this.#bundle.get(parts.issuer) ?? []).flatMap(
      (pem) => candidate(Buffer.from(pemToBase64(pem), "base64"), pem) ?? [],
    );
    const sent = this.#sent.filter((one) => one.parts.subject === parts.issuer);
    // Roots first: the shortest chain is the one with the least that can be wrong.
    const isRoot = ({ parts: own }: Candidate): number => Number(looksSelfSigned(own));
    for (const issuer of [...trusted.sort((a, b) => isRoot(b) - isRoot(a)), ...sent]) {
      const { fingerprint256 } = issuer.certificate;
      if (this.#tried.has(fingerprint256) || !this.#isInTime(issuer) || !mayHaveIssued(issuer.parts, parts)) continue;
      if (++this.#checks > mostChecks) return;
      if (!isSignedBy(certificate, issuer.certificate)) continue;
      this.#tried.add(fingerprint256);
      yield issuer;
    }
  }

  #isInTime({ certificate: { validFrom, validTo } }: Candidate): boolean {
    return Date.parse(validFrom) <= this.#now && this.#now <= Date.parse(validTo);
  }
}
