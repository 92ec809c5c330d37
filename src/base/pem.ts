import { derKind, type DerKind } from "./der.js";
import {
  badMarker,
  emptyBlock,
  endMissing,
  incompleteBlock,
  notBase64,
  otherEnd,
  type PemProblem,
} from "./faults-pem-block.js";

/** One `-----BEGIN X-----` … `-----END X-----` that is whole. */
export interface PemBlock {
  readonly label: string;
  /** Line of the BEGIN marker, from 1. */
  readonly line: number;
  /** RFC 1421 headers, such as `Proc-Type: 4,ENCRYPTED`, one a line. */
  readonly headers: readonly string[];
  /** Without white space: two blocks with equal base64 hold the same bytes. */
  readonly base64: string;
}

/** What a file holds that should hold PEM. */
export type PemFile = { readonly blocks: readonly PemBlock[]; readonly problems: readonly PemProblem[] } & (
  | { readonly kind: "pem" | "empty" | "utf16" | "html" | "base64" | "text" | "binary" }
  | { readonly kind: "der"; readonly der: DerKind }
);

/**
 * Reads a PEM file. Accepts a byte order mark, CR LF, indentation, blanks within lines, and text between the blocks (`openssl x509 -text` writes
 * some). Blocks that OpenSSL would drop are problems, since every other program that reads the file drops them in silence.
 */
export function readPem(bytes: Buffer): PemFile {
  const nothing = { blocks: [], problems: [] };
  if (isUtf16(bytes)) return { kind: "utf16", ...nothing };
  const der = derKind(bytes);
  if (der !== undefined) return { kind: "der", der, ...nothing };
  const text = bytes.toString("latin1").replace(/^\u00ef\u00bb\u00bf/, "");
  if (text.trim() === "") return { kind: "empty", ...nothing };

  const clean = cleanBlocks(text);
  if (clean !== undefined) return { kind: "pem", blocks: clean, problems: [] };
  const parser = new PemParser();
  text.split("\n").forEach((line, index) => parser.feed(line.trim(), index + 1));
  parser.finish();
  const { blocks, problems } = parser;
  if (blocks.length > 0 || problems.length > 0) return { kind: "pem", blocks, problems };
  if (/^\s*<(?:!doctype\s+html|html|head|body)\b/i.test(text)) return { kind: "html", ...nothing };
  if (/^MI[A-Za-z0-9+/=\s]{60,}$/.test(text)) return { kind: "base64", ...nothing };
  return { kind: bytes.includes(0) ? "binary" : "text", ...nothing };
}

/** A block as every tool writes it, with what is empty behind it. */
const cleanBlock =
  /-----BEGIN ([A-Z0-9 ]+)-----\n((?:[A-Za-z0-9+/]+\n)*[A-Za-z0-9+/]+={0,2}\n)-----END \1-----(?:\n+|$)/y;

/**
 * The blocks of a text that holds nothing else, and undefined for any other. Systems have a hundred and more authorities in one such
 * file, which each start reads: line by line it takes three times as long.
 */
function cleanBlocks(text: string): readonly PemBlock[] | undefined {
  const blocks: PemBlock[] = [];
  let line = 1;
  cleanBlock.lastIndex = 0;
  for (let at = 0; at < text.length; at = cleanBlock.lastIndex) {
    const match = cleanBlock.exec(text);
    if (match === null) return undefined;
    const [whole, label = "", data = ""] = match;
    const base64 = data.replaceAll("\n", "");
    if (base64.length % 4 !== 0) return undefined;
    blocks.push({ label, line, headers: [], base64 });
    line += whole.split("\n").length - 1;
  }
  return blocks;
}

/** PEM with lines of 64 characters, ending in a line feed (RFC 7468). */
export function formatPem(label: string, base64: string, headers: readonly string[] = []): string {
  const lines = base64.match(/.{1,64}/g) ?? [];
  const head = headers.length === 0 ? "" : `${headers.join("\n")}\n\n`;
  return `-----BEGIN ${label}-----\n${head}${lines.join("\n")}\n-----END ${label}-----\n`;
}

const beginMarker = /^-----BEGIN ([^-]+)-----$/;
const endMarker = /^-----END ([^-]+)-----$/;
// Anything that was meant as a marker: wrong number of dashes, other text on the line, escaped line ends.
const nearMarker = /--\s*(?:BEGIN|END) [A-Z0-9 ]|^-+(?:BEGIN|END)\b/;
const base64Line = /^[A-Za-z0-9+/]*={0,2}$/;

interface OpenBlock {
  readonly label: string;
  readonly line: number;
  readonly headers: string[];
  readonly data: string[];
  /** Set where a line was no base64: the rest is skipped up to the END. */
  spoiled: boolean;
}

class PemParser {
  readonly blocks: PemBlock[] = [];
  readonly problems: PemProblem[] = [];
  #open: OpenBlock | undefined;

  feed(line: string, number: number): void {
    if (line.includes("--")) {
      const begin = beginMarker.exec(line)?.[1];
      if (begin !== undefined) return this.#begin(begin, number);
      const end = endMarker.exec(line)?.[1];
      if (end !== undefined) return this.#end(end, number);
      if (nearMarker.test(line)) {
        this.problems.push(badMarker(line, number));
        // OpenSSL loses both the block that ends on such a line and the one that begins there.
        this.#open = undefined;
        return;
      }
    }
    this.#content(line, number);
  }

  finish(): void {
    const open = this.#open;
    if (open === undefined || open.spoiled) return;
    this.problems.push(endMissing(open));
  }

  #begin(label: string, line: number): void {
    this.finish();
    this.#open = { label, line, headers: [], data: [], spoiled: false };
  }

  #end(label: string, line: number): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined || open.spoiled) return;
    const base64 = open.data.join("");
    if (label !== open.label) this.problems.push(otherEnd(open, label, line));
    else if (base64 === "") this.problems.push(emptyBlock(open));
    else if (base64.length % 4 !== 0 || /=[^=]/.test(base64)) this.problems.push(incompleteBlock(open));
    else this.blocks.push({ label, line: open.line, headers: open.headers, base64 });
  }

  #content(line: string, number: number): void {
    const open = this.#open;
    if (open === undefined || open.spoiled || line === "") return;
    // OpenSSL reads over blanks within a line, and so do Go and Java: mail programs and web forms leave them there.
    const data = line.replaceAll(/[ \t]+/g, "");
    if (base64Line.test(data)) {
      open.data.push(data);
    } else if (open.data.length === 0 && /^[A-Za-z][A-Za-z0-9-]*:/.test(line)) {
      open.headers.push(line);
    } else {
      open.spoiled = true;
      this.problems.push(notBase64(open, number));
    }
  }
}

function isUtf16(bytes: Buffer): boolean {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  // Without a byte order mark: every second byte of ASCII text is zero.
  const dashes = (at: number): boolean =>
    [0, 2, 4, 6, 8].every((offset) => bytes[offset + at] === 0x2d && bytes[offset + 1 - at] === 0);
  return dashes(0) || dashes(1);
}

/** The base64 of the first block of a text that is known to be PEM: cheaper than {@link readPem} for a list of good ones. */
export function pemToBase64(pem: string): string {
  const begin = pem.indexOf("-----\n");
  const end = pem.indexOf("\n-----END");
  return begin === -1 || end === -1 ? "" : pem.slice(begin + 6, end).replaceAll(/\s/g, "");
}
