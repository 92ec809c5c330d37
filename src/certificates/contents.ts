import type { X509Certificate } from "node:crypto";
import { decodeText } from "../base/decode-text.js";
import { encodedContent, inlinePem } from "../base/inline-pem.js";
import { certificateOf, isCertificateBlock } from "../base/pem-certificate.js";
import { readPem, type PemBlock, type PemFile } from "../base/pem.js";
import { loadFileReaders } from "../identity/index.js";
import { shown } from "./describe.js";
import { blocksOf } from "./der-blocks.js";
import {
  badCertificate,
  badOrder,
  badStore,
  encryptedKey,
  foreignBlock,
  javaKeystore,
  markedFirst,
  mended,
  notUsable,
  nothingInside,
  textInBase64,
  trustedForm,
  wideText,
} from "./faults-contents.js";
import { parseCertificate } from "./parse.js";
import { readPkcs7 } from "./pkcs7.js";
import { openStore } from "./store.js";
import type { Contents, FoundCertificate, FoundKey } from "./types.js";

export interface Opening {
  /** What the file is called in messages. */
  readonly path: string;
  /** Asked only where something is encrypted, and once. Undefined: there is none. */
  readonly passphrase: () => Promise<string | undefined>;
  readonly signal?: AbortSignal;
}

/** How a keystore of Java's own kind begins. */
const javaMagic = 0xfeedfeed;

interface Gathering {
  readonly certificates: FoundCertificate[];
  readonly keys: FoundKey[];
  readonly notes: string[];
  readonly losses: string[];
  readonly opening: Opening;
}

/**
 * Reads a file of certificates and keys in whatever form it comes: PEM with all that tools and people do to it, DER, PKCS#7, PKCS#12, UTF-16, base64.
 *
 * @throws {ConnectError} CERT_FILE_INVALID where nothing of the kind is in it; those of PKCS#12 stores (`PFX_…`); the signal's reason
 */
export async function readContents(bytes: Buffer, opening: Opening): Promise<Contents> {
  if (bytes.length > 4 && bytes.readUInt32BE(0) === javaMagic) throw javaKeystore(opening.path);
  const gathering: Gathering = { certificates: [], keys: [], notes: [], losses: [], opening };
  const file = readable(bytes, gathering);
  const format = await gather(file, gathering);
  const { certificates, keys, notes, losses } = gathering;
  if (certificates.length === 0 && keys.length === 0)
    throw nothingInside(opening.path, file.pem, [...losses, ...notes]);
  // A PKCS#7 store is a set, and has no order.
  if (format === "PEM") await judgeOrder(gathering);
  return { format, certificates, keys, notes, losses };
}

interface Readable {
  readonly bytes: Buffer;
  readonly pem: PemFile;
  /** Lines are not those of the file. */
  readonly isMended?: true;
}

/** With what stands between the file and its content taken away. */
function readable(bytes: Buffer, gathering: Gathering): Readable {
  const { notes } = gathering;
  const pem = readPem(bytes);
  if (pem.kind === "utf16") {
    notes.push(wideText());
    return readable(Buffer.from(narrowed(bytes)), gathering);
  }
  if (pem.kind === "base64" || pem.kind === "text") {
    const text = bytes.toString("latin1");
    if (encodedContent(text) !== undefined) {
      notes.push(textInBase64());
      const inner = Buffer.from(text.replace(/\s+/g, ""), "base64");
      return { bytes: inner, pem: readPem(inner) };
    }
  }
  if (bytes[0] === 0xef && bytes[1] === 0xbb && pem.kind === "pem") notes.push(markedFirst());
  return pem.problems.length === 0 ? { bytes, pem } : mend(bytes, pem, gathering);
}

/** With or without its mark. */
function narrowed(bytes: Buffer): string {
  if (bytes[0] === 0xff || bytes[0] === 0xfe) return decodeText(bytes);
  const mark = bytes[0] === 0 ? [0xfe, 0xff] : [0xff, 0xfe];
  return decodeText(Buffer.concat([Buffer.from(mark), bytes]));
}

/** The search for the end of each block goes over all that follows. */
const mostMended = 1_000_000;

/** Blocks that run into each other, or stand on one line, are whole all the same. */
function mend(bytes: Buffer, pem: PemFile, { notes, losses }: Gathering): Readable {
  const text = bytes.toString("latin1");
  const clean = text.length > mostMended || text.split("BEGIN").length > 500 ? undefined : inlinePem(text);
  const better = clean === undefined ? pem : readPem(Buffer.from(clean, "latin1"));
  const isBetter = better.problems.length < pem.problems.length;
  for (const problem of pem.problems.slice(0, 5)) {
    if (isBetter) notes.push(mended(problem));
    else losses.push(notUsable(problem));
  }
  if (isBetter) losses.push(...better.problems.slice(0, 5).map(notUsable));
  return isBetter ? { bytes, pem: better, isMended: true } : { bytes, pem };
}

async function gather({ bytes, pem, isMended }: Readable, gathering: Gathering): Promise<Contents["format"]> {
  const { opening } = gathering;
  if (pem.kind !== "der") {
    for (const block of pem.blocks) await take(block, isMended ? undefined : block.line, gathering);
    return "PEM";
  }
  if (pem.der === "pkcs12") {
    const { certificates, keys, encrypted } = await openStore(bytes, opening);
    gathering.certificates.push(...certificates.map((certificate) => ({ certificate })));
    gathering.keys.push(...keys.map((key) => ({ key, encrypted })));
    return "PKCS#12";
  }
  for (const block of blocksOf(bytes, pem.der)) await take(block, undefined, gathering);
  return pem.der === "pkcs7" ? "PKCS#7" : "DER";
}

async function take(block: PemBlock, line: number | undefined, gathering: Gathering): Promise<void> {
  const { certificates, notes, losses, keys } = gathering;
  const at = line === undefined ? {} : { line };
  if (isCertificateBlock(block)) {
    if (block.label.startsWith("TRUSTED")) notes.push(trustedForm(line));
    const certificate = parse(certificateOf(block)?.base64 ?? "");
    if (certificate === undefined) losses.push(badCertificate(line));
    else certificates.push({ certificate, ...at });
  } else if (block.label === "PKCS7" || block.label === "CMS") {
    for (const der of storeOf(block, losses)) {
      const certificate = parse(der.toString("base64"));
      if (certificate === undefined) losses.push(badCertificate(line));
      else certificates.push({ certificate, ...at });
    }
  } else if ((await loadFileReaders()).isKeyBlock(block)) {
    keys.push({ ...at, ...(await openBlock(block, gathering.opening)) });
  } else if (!block.label.endsWith(" PARAMETERS")) {
    losses.push(foreignBlock(shown(block.label, 40), line));
  }
}

const parse = (base64: string): X509Certificate | undefined => parseCertificate(Buffer.from(base64, "base64"));

function storeOf(block: PemBlock, losses: string[]): Buffer[] {
  try {
    return readPkcs7(Buffer.from(block.base64, "base64"));
  } catch {
    losses.push(badStore(block.line));
    return [];
  }
}

async function openBlock(block: PemBlock, { passphrase, signal }: Opening): Promise<Omit<FoundKey, "line">> {
  const { CostlyDerivationError, isEncrypted, keyRounds, openKey, openLegacyKey } = await loadFileReaders();
  const encrypted = isEncrypted(block);
  try {
    keyRounds(block);
  } catch (error) {
    if (!(error instanceof CostlyDerivationError)) throw error;
    return { encrypted, why: error.message };
  }
  const word = encrypted ? await passphrase() : undefined;
  if (encrypted && word === undefined) return { encrypted, why: encryptedKey("none") };
  const opened = await openKey(block, word, signal);
  if (opened.kind === "key") return { encrypted, key: opened.key };
  const old =
    opened.kind === "unsupported" && word !== undefined ? await openLegacyKey(block, word, signal) : undefined;
  if (old !== undefined) return { encrypted, key: old };
  return { encrypted, why: encryptedKey(opened.kind, "cipher" in opened ? opened.cipher : undefined) };
}

/** Of a file that is a server's or a client's: its own certificate first, each signed by the next. */
async function judgeOrder({ certificates, notes }: Gathering): Promise<void> {
  if (certificates.length < 2 || certificates.length > 20) return;
  const all = certificates.map(({ certificate }) => certificate);
  const { orderChain } = await loadFileReaders();
  const chain = orderChain(all, undefined);
  if (chain === undefined || chain.leaf.ca || chain.issuers.length === 0) return;
  const wanted = [chain.leaf, ...chain.issuers];
  const places = wanted.map((one) => all.indexOf(one));
  if (places[0] !== 0 || places.some((place, index) => index > 0 && place < (places[index - 1] ?? 0)))
    notes.push(badOrder());
}
