import { X509Certificate } from "node:crypto";
import { isSelfSigned, isSignedBy } from "../base/certificate.js";
import type { ConnectError } from "../base/errors.js";
import type { System } from "../base/system.js";
import type { FileSetting, TrustSettings } from "../policy/types.js";
import { filesOfDirectory } from "./authority-directory.js";
import { certificatesIn } from "./authority-file.js";
import { bundledAuthorities } from "./bundled.js";
import {
  expiredBesideSuccessor,
  loopOfCrossCertificates,
  namedAfterItself,
  sameNameOtherKey,
} from "./faults-breakers.js";
import type { Found } from "./found-authority.js";
import { byName } from "./namesakes.js";
import { looksSelfSigned, mayHaveIssued, readParts, type CertificateParts } from "./parts.js";
import { readSystemStore } from "./system-store.js";

export interface LookCloserOptions {
  /** Of the variables that remedies speak of; default SALLYPORT. */
  readonly prefix?: string;
}

/** Signatures that are checked at the most, for a file that is made to be slow. */
const mostChecks = 500;

/**
 * Authorities on which other programs fail, whatever order they stand in: OpenSSL looks for an issuer by its name, and never goes back.
 * Here they do no harm (see arrange.ts and narrow.ts), so that nothing is read or said of them but where somebody asks.
 *
 * - A certificate whose subject equals its issuer and which its own key did not sign is taken for a root.
 * - Cross-certificates that certify each other in a loop lead nowhere. (Claude Code drops these two kinds from the operating system's store.)
 * - An expired root beside its successor hides it from programs that take the first of a name.
 * - Two roots of one name with two keys, which no key identifier tells apart: the first is taken, and fails what the other has signed.
 *
 * Certificates that Node bundles are not among them. Never rejects: what cannot be read is told when the settings are loaded.
 */
export async function findChainBreakers(
  settings: TrustSettings,
  system: System,
  { prefix = "SALLYPORT" }: LookCloserOptions = {},
): Promise<readonly ConnectError[]> {
  const found = await gather(settings, system, prefix);
  const now = system.now();
  const namesakes = byName(found, ({ parts }) => parts.subject);
  // What is alone with its name need not be checked.
  const twins = [...namesakes.values()].flatMap((all) => (all.length > 1 ? [all.filter(isRoot)] : []));
  return [
    ...found.filter(isNamedAfterItself).map(namedAfterItself),
    ...loops(found).map(loopOfCrossCertificates),
    ...twins.flatMap((roots) => expiredRoots(roots, now)),
    ...twins.flatMap((roots) => otherKeys(roots, now)),
  ];
}

async function gather(settings: TrustSettings, system: System, prefix: string): Promise<readonly Found[]> {
  const bundled = await bundledAuthorities();
  const store = settings.stores.value.includes("system")
    ? (await readSystemStore(settings.stores, system, { prefix })).certificates
    : [];
  const read = (path: string): Promise<readonly string[]> => system.readFile(path).then(certificatesIn, () => []);
  const files = await Promise.all(settings.files.map(async (file) => [file, await textOf(file, read)] as const));
  const directories = await Promise.all(
    settings.directories.map(async (directory) => {
      const paths = directory.fault === undefined ? await filesOfDirectory(directory.value, system) : [];
      return [directory, (await Promise.all(paths.map(read))).flat()] as const;
    }),
  );
  const seen = new Set(bundled);
  const found: Found[] = [];
  for (const [place, certificates] of [["system", store] as const, ...files, ...directories])
    for (const base64 of certificates) {
      if (seen.has(base64)) continue;
      seen.add(base64);
      const one = parse(base64, place);
      if (one !== undefined) found.push(one);
    }
  return found;
}

async function textOf(
  { value, text, fault }: FileSetting,
  read: (path: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  if (text !== undefined) return certificatesIn(Buffer.from(text.reveal()));
  return fault === undefined ? read(value) : [];
}

function parse(base64: string, place: Found["place"]): Found | undefined {
  const der = Buffer.from(base64, "base64");
  const parts = readParts(der);
  try {
    const certificate = new X509Certificate(der);
    const [from, until] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
    return parts && { parts, certificate, place, from, until };
  } catch {
    // It is no certificate: loading says so.
    return undefined;
  }
}

function isNamedAfterItself({ parts, certificate }: Found): boolean {
  return parts.subject === parts.issuer && !isSignedBy(certificate, certificate);
}

/** Groups of cross-certificates of which each has its issuer among the others, without a root in between. */
function loops(found: readonly Found[]): Found[][] {
  const links = found.filter(({ parts }) => parts.subject !== parts.issuer);
  if (links.length < 2) return [];
  let checks = 0;
  const issuersOf = (one: Found): Found[] =>
    links.filter(
      (other) =>
        other !== one &&
        mayHaveIssued(other.parts, one.parts) &&
        ++checks <= mostChecks &&
        isSignedBy(one.certificate, other.certificate),
    );
  const issuers = new Map(links.map((one) => [one, issuersOf(one)]));
  const told = new Set<Found>();
  return links.flatMap((start) => {
    if (told.has(start)) return [];
    const way = wayBack(start, issuers);
    way.forEach((one) => told.add(one));
    return way.length === 0 ? [] : [way];
  });
}

/** The shortest walk from issuer to issuer that comes back to where it began; empty where none does. */
function wayBack(start: Found, issuers: ReadonlyMap<Found, readonly Found[]>): Found[] {
  const seen = new Set<Found>();
  let walks: Found[][] = [[start]];
  while (walks.length > 0) {
    const longer: Found[][] = [];
    for (const walk of walks)
      for (const issuer of issuers.get(walk.at(-1) ?? start) ?? []) {
        if (issuer === start) return walk;
        if (seen.has(issuer)) continue;
        seen.add(issuer);
        longer.push([...walk, issuer]);
      }
    walks = longer;
  }
  return [];
}

function isRoot({ parts, certificate }: Found): boolean {
  return looksSelfSigned(parts) && isSelfSigned(certificate);
}

function expiredRoots(roots: readonly Found[], now: number): ConnectError[] {
  const successor = roots.find((one) => isInTime(one, now));
  if (successor === undefined) return [];
  return roots.filter(({ until }) => until < now).map((old) => expiredBesideSuccessor(old, successor));
}

function otherKeys(roots: readonly Found[], now: number): ConnectError[] {
  const current = roots.filter((one) => isInTime(one, now));
  return current.flatMap((one, index) => {
    const earlier = current
      .slice(0, index)
      .find(({ parts }) => parts.key !== one.parts.key && !areToldApart(parts, one.parts));
    return earlier === undefined ? [] : [sameNameOtherKey(earlier, one)];
  });
}

function areToldApart(one: CertificateParts, other: CertificateParts): boolean {
  return one.keyId !== undefined && other.keyId !== undefined && one.keyId !== other.keyId;
}

const isInTime = ({ from, until }: Found, now: number): boolean => from <= now && now <= until;
