import { posix, win32 } from "node:path";
import { X509Certificate } from "node:crypto";
import { isSelfSigned, isSignedBy } from "../base/certificate.js";
import { pemToBase64 } from "../base/pem.js";
import type { System } from "../base/system.js";
import type { DataFolderLocation } from "../env/index.js";
import type { TrustSettings } from "../policy/types.js";
import { filesOfDirectory } from "./authority-directory.js";
import { certificatesIn } from "./authority-file.js";
import { bundledAuthorities } from "./bundled.js";
import { knownPlaces } from "./known-places.js";
import { readParts } from "./parts.js";
import { readSystemStore } from "./system-store.js";
import type { TrustBundle } from "./types.js";

/** The authority that a chain lacks here. */
export interface Missing {
  /** A distinguished name as Node has it, an attribute a line. */
  readonly subject: string;
  /** Where it lies on this machine; undefined where it was not found. */
  readonly lies?: Lying;
}

export interface Lying {
  readonly certificate: X509Certificate;
  /** A store that the settings leave out, or a file that none of them names. */
  readonly place: { readonly store: "system" | "bundled" } | { readonly file: string };
}

export interface MissingOptions {
  readonly settings: TrustSettings;
  readonly trust: Pick<TrustBundle, "certificates">;
  readonly prefix: string;
  /** Whose folders are looked into, too. */
  readonly user: Omit<DataFolderLocation, "platform">;
}

/**
 * Looks for what stands above the last certificate of a chain (itself, where that is a root) in the stores that the settings leave out, and
 * in the places where operating systems, inspectors' programs and developers' tools keep authorities. By name and signature: what is found has signed the
 * chain. Undefined where it is trusted by now: the chain fails for another reason then. Reads a handful of files and never rejects.
 *
 * @param shown DER of what the server sent, its own certificate first
 */
export async function findMissing(
  shown: readonly Buffer[],
  system: System,
  { settings, trust, prefix, user }: MissingOptions,
): Promise<Missing | undefined> {
  const top = shown.at(-1);
  if (top === undefined) return undefined;
  const wanted = wantedAbove(top);
  if (wanted === undefined) return undefined;
  const now = system.now();
  const { subject, find } = wanted;
  if (find(trust.certificates.map(pemToBase64), now) !== undefined) return undefined;
  for await (const [place, certificates] of places(settings, system, prefix, user)) {
    const certificate = find(certificates, now);
    if (certificate !== undefined) return { subject, lies: { certificate, place } };
  }
  return { subject };
}

interface Wanted {
  readonly subject: string;
  /** The first of these certificates that it may be, and whose time is not over. */
  find(certificates: Iterable<string>, now: number): X509Certificate | undefined;
}

function wantedAbove(der: Buffer): Wanted | undefined {
  const parts = readParts(der);
  if (parts === undefined) return undefined;
  const top = new X509Certificate(der);
  const own = der.toString("base64");
  const isRoot = isSelfSigned(top);
  const mayBe = (base64: string, now: number): X509Certificate | undefined => {
    const bytes = Buffer.from(base64, "base64");
    // Names first: parsing a whole store costs more.
    if (isRoot ? base64 !== own : readParts(bytes)?.subject !== parts.issuer) return undefined;
    try {
      const certificate = new X509Certificate(bytes);
      return Date.parse(certificate.validTo) > now && isSignedBy(top, certificate) ? certificate : undefined;
    } catch {
      // It is no certificate.
      return undefined;
    }
  };
  const find: Wanted["find"] = (certificates, now) => {
    for (const base64 of certificates) {
      const certificate = mayBe(base64, now);
      if (certificate !== undefined) return certificate;
    }
    return undefined;
  };
  return { subject: top.issuer, find };
}

async function* places(
  settings: TrustSettings,
  system: System,
  prefix: string,
  user: MissingOptions["user"],
): AsyncGenerator<readonly [Lying["place"], Iterable<string>]> {
  const stores = settings.stores.value;
  if (!stores.includes("system"))
    yield [{ store: "system" }, (await readSystemStore(settings.stores, system, { prefix })).certificates];
  if (!stores.includes("bundled")) yield [{ store: "bundled" }, await bundledAuthorities()];
  const { platform } = system;
  const { files, directories, each } = knownPlaces({ ...user, platform });
  const read = async (file: string): Promise<[Lying["place"], readonly string[]]> => [
    { file },
    await certificatesOf(file, system),
  ];
  for (const directory of directories)
    for (const file of await filesOfDirectory(directory, system)) yield await read(file);
  for (const file of files) yield await read(file);
  const { join } = platform === "win32" ? win32 : posix;
  for (const { folder, file } of each)
    for (const name of await system.readDirectory(folder).catch(() => [])) yield await read(join(folder, name, file));
}

/** Of a file of PEM, or of one that is a certificate as DER. */
async function certificatesOf(path: string, system: System): Promise<readonly string[]> {
  const bytes = await system.readFile(path).catch(() => undefined);
  if (bytes === undefined) return [];
  const isDer = bytes[0] === 0x30 && readParts(bytes) !== undefined;
  return isDer ? [bytes.toString("base64")] : certificatesIn(bytes);
}
