import { X509Certificate } from "node:crypto";
import { isSelfSigned, isSignedBy } from "../base/certificate.js";
import { addNamesake, byName } from "./namesakes.js";
import { looksSelfSigned, mayHaveIssued, readParts, type CertificateParts } from "./parts.js";

interface Member {
  readonly base64: string;
  readonly parts: CertificateParts;
  /** Parsed where it is looked at: most authorities are roots that are alone with their name. */
  readonly certificate: () => X509Certificate;
  /** Steps to a root: 0 for a root itself, Infinity where there is none among these certificates. */
  distance: number;
}

/** Signatures that are checked at the most, for a file that is made to be slow. Beyond them names decide. */
const mostChecks = 2_000;

/**
 * Arranges authorities so that the order in which they were found decides nothing. OpenSSL, and so Node, curl, Python and
 * git, looks for an issuer by its name, takes the first that may be it and never goes back: if that is a cross-certificate
 * whose own issuer is not there, the self-signed root behind it is not tried. So
 *
 * - of certificates with one name and key those that are nearest to a root are kept: a root makes cross-certificates and the
 *   link certificates of a renewed root (RFC 4210 section 4.4) needless;
 * - one that would close a loop is left out: Node, asked for a peer's chain, follows issuers through the bundle without end
 *   (`getPeerCertificate(true)`, which it calls itself after each handshake);
 * - among those of one name roots stand first, then those nearest to a root, then the newest.
 *
 * Between two roots of one name whose certificates do not tell their keys apart no order can choose; see narrow.ts.
 *
 * @param certificates base64 of the DER
 * @param bundled those of them that are known to be roots without namesakes among each other
 */
export function arrangeAuthorities(
  certificates: Iterable<string>,
  bundled: ReadonlySet<string>,
  now: number,
): string[] {
  const all = [...certificates];
  if (all.every((base64) => bundled.has(base64))) return all;
  const unread: string[] = [];
  const read: Member[] = [];
  for (const base64 of all) {
    const member = readMember(base64);
    if (member === undefined) unread.push(base64);
    else read.push(member);
  }
  const names = byName(read, ({ parts }) => parts.subject);
  measure(names, bundled);
  const kept = [...names.values()].map((namesakes) =>
    namesakes.length === 1 ? namesakes : withoutNeedless(namesakes, now).sort(byUse),
  );
  const loops = closingLoops(kept.flat());
  return [...kept.flat().flatMap((member) => (loops.has(member) ? [] : member.base64)), ...unread];
}

function readMember(base64: string): Member | undefined {
  const der = Buffer.from(base64, "base64");
  const parts = readParts(der);
  if (parts === undefined) return undefined;
  let parsed: X509Certificate | undefined;
  return { base64, parts, certificate: () => (parsed ??= new X509Certificate(der)), distance: Infinity };
}

/** Finds the distances, from the roots outwards. */
function measure(names: ReadonlyMap<string, readonly Member[]>, bundled: ReadonlySet<string>): void {
  const issued = new Map<string, Member[]>();
  let edge: Member[] = [];
  for (const namesakes of names.values())
    for (const member of namesakes) {
      // Alone with its name it is not compared with any others, and its signature need not be checked.
      const alone = namesakes.length === 1;
      const isKnown = bundled.has(member.base64);
      if (isKnown || (looksSelfSigned(member.parts) && (alone || isRoot(member)))) edge.push(member);
      else addNamesake(issued, member.parts.issuer, member);
    }
  let checks = 0;
  for (let distance = 0; edge.length > 0; distance++) {
    const next: Member[] = [];
    for (const issuer of edge) {
      issuer.distance = distance;
      for (const member of issued.get(issuer.parts.subject) ?? []) {
        if (member.distance <= distance + 1 || !mayHaveIssued(issuer.parts, member.parts)) continue;
        if (++checks <= mostChecks && !isSignedBy(member.certificate(), issuer.certificate())) continue;
        member.distance = distance + 1;
        next.push(member);
      }
    }
    edge = next;
  }
}

function isRoot({ certificate }: Member): boolean {
  return certificate().ca && isSelfSigned(certificate());
}

function withoutNeedless(namesakes: readonly Member[], now: number): Member[] {
  const usable = namesakes.filter((one) => startOf(one) <= now);
  return namesakes.filter(
    (one) => !usable.some((other) => other.distance < one.distance && replaces(other.parts, one.parts)),
  );
}

/** Whoever has `other` as issuer may as well have `one`. A different identifier of the same key would not be found. */
function replaces(one: CertificateParts, other: CertificateParts): boolean {
  return one.key === other.key && (one.keyId === undefined || other.keyId === undefined || one.keyId === other.keyId);
}

function byUse(a: Member, b: Member): number {
  if (a.distance !== b.distance) return a.distance < b.distance ? -1 : 1;
  return startOf(b) - startOf(a) || (a.base64 < b.base64 ? -1 : 1);
}

function startOf({ certificate }: Member): number {
  return Date.parse(certificate().validFrom);
}

/** Those without which no walk from issuer to issuer comes back to where it was. The nearest to a root stay. */
function closingLoops(members: readonly Member[]): ReadonlySet<Member> {
  const closing = new Set<Member>();
  const links = members.filter(({ distance, parts }) => distance > 0 && !looksSelfSigned(parts)).sort(byUse);
  if (links.length < 2) return closing;
  const kept = new Map<string, Member[]>();
  for (const member of links) {
    addNamesake(kept, member.parts.subject, member);
    if (!comesBack(member, kept)) continue;
    kept.get(member.parts.subject)?.pop();
    closing.add(member);
  }
  return closing;
}

function comesBack(start: Member, kept: ReadonlyMap<string, readonly Member[]>): boolean {
  const seen = new Set<Member>();
  const left = [start];
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    for (const issuer of kept.get(one.parts.issuer) ?? []) {
      if (!mayHaveIssued(issuer.parts, one.parts)) continue;
      if (issuer === start) return true;
      if (seen.has(issuer)) continue;
      seen.add(issuer);
      left.push(issuer);
    }
  }
  return false;
}
