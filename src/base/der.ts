/**
 * A reader of DER (X.690), as far as telling files apart and opening PKCS#12 needs it. It also takes the indefinite
 * lengths of BER, which older exporters of PKCS#12 and PKCS#7 write.
 */

export interface DerElement {
  /** The identifier octet: class, constructed bit and number. Numbers above 30 do not occur in what we read. */
  readonly tag: number;
  /** The contents octets. */
  readonly contents: Buffer;
  /** Identifier, length and contents (and the end-of-contents octets, where there are any). */
  readonly whole: Buffer;
}

export const tags = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
} as const;

const constructed = 0x20;
// A hostile file must not overflow the stack; real ones nest some twelve levels deep.
const deepest = 64;

/** @throws RangeError where the bytes are not one complete element at `offset`. */
export function readElement(bytes: Buffer, offset = 0, depth = 0): DerElement {
  const tag = byteAt(bytes, offset);
  if ((tag & 0x1f) === 0x1f || depth > deepest) throw new RangeError("not a structure that is read here");
  const first = byteAt(bytes, offset + 1);
  if (first === 0x80) return readIndefinite(bytes, offset, tag, depth);

  let start = offset + 2;
  let length = first;
  if (first > 0x80) {
    const octets = first & 0x7f;
    if (octets > 4) throw new RangeError("a length beyond four octets");
    length = 0;
    for (let index = 0; index < octets; index++) length = length * 256 + byteAt(bytes, start + index);
    start += octets;
  }
  const end = start + length;
  if (end > bytes.length) throw new RangeError("the data ends early");
  return { tag, contents: bytes.subarray(start, end), whole: bytes.subarray(offset, end) };
}

function readIndefinite(bytes: Buffer, offset: number, tag: number, depth: number): DerElement {
  const start = offset + 2;
  let position = start;
  while (byteAt(bytes, position) !== 0 || byteAt(bytes, position + 1) !== 0) {
    position += readElement(bytes, position, depth + 1).whole.length;
  }
  return { tag, contents: bytes.subarray(start, position), whole: bytes.subarray(offset, position + 2) };
}

/** The elements inside a constructed one. */
export function readChildren(element: DerElement): DerElement[] {
  const found: DerElement[] = [];
  for (let offset = 0; offset < element.contents.length;) {
    const child = readElement(element.contents, offset);
    found.push(child);
    offset += child.whole.length;
  }
  return found;
}

/** The octets of an OCTET STRING, which BER may have cut into pieces. */
export function readOctets(element: DerElement, depth = 0): Buffer {
  if ((element.tag & constructed) === 0) return element.contents;
  // Each level copies all that is below it.
  if (depth > deepest) throw new RangeError("pieces of pieces");
  return Buffer.concat(readChildren(element).map((piece) => readOctets(piece, depth + 1)));
}

/** An OBJECT IDENTIFIER in dotted form. */
export function readOid(element: DerElement): string {
  if (element.tag !== tags.objectIdentifier) throw new RangeError("not an object identifier");
  const arcs: number[] = [];
  let arc = 0;
  for (const octet of element.contents) {
    arc = arc * 128 + (octet & 0x7f);
    if (octet & 0x80) continue;
    // The first two arcs share one number (X.690 section 8.19.4).
    if (arcs.length === 0) arcs.push(Math.min(2, Math.floor(arc / 40)), arc - 40 * Math.min(2, Math.floor(arc / 40)));
    else arcs.push(arc);
    arc = 0;
  }
  return arcs.join(".");
}

/** A small INTEGER, such as a version or a count of iterations. */
export function readInteger(element: DerElement): number {
  if (element.tag !== tags.integer || element.contents.length > 6) throw new RangeError("not a small integer");
  return element.contents.reduce((value, octet) => value * 256 + octet, 0);
}

export type DerKind = "certificate" | "key" | "encrypted-key" | "pkcs12" | "pkcs7" | "request" | "unknown";

/** What a file of DER holds, told by its outermost structure; undefined where it is no DER at all. */
export function derKind(bytes: Buffer): DerKind | undefined {
  // The tag of a sequence is the character "0", with which a text may begin.
  if (bytes[0] !== tags.sequence || !bytes.subarray(0, 64).some((byte) => byte < 9 || byte > 0x7e)) return undefined;
  try {
    return kindOf(readChildren(readElement(bytes)));
  } catch {
    return "unknown";
  }
}

function kindOf(parts: readonly DerElement[]): DerKind {
  const [first, second] = parts;
  if (first === undefined || second === undefined) return "unknown";
  if (first.tag === tags.objectIdentifier) return readOid(first) === "1.2.840.113549.1.7.2" ? "pkcs7" : "unknown";
  if (first.tag === tags.integer) {
    const version = readInteger(first);
    if (version === 3 && second.tag === tags.sequence) return "pkcs12";
    // PKCS#8 has an algorithm, PKCS#1 the modulus, SEC1 an octet string after the version.
    if (version <= 1 && [tags.sequence, tags.integer, tags.octetString].some((tag) => tag === second.tag)) return "key";
    return "unknown";
  }
  if (first.tag !== tags.sequence) return "unknown";
  if (second.tag === tags.octetString) return "encrypted-key";
  const inner = readChildren(first);
  if (second.tag !== tags.sequence || inner.length < 3) return "unknown";
  // A request's version (0) stands bare; a certificate's is wrapped in [0], or left out before a serial number.
  return inner[0]?.tag === tags.integer &&
    inner[1]?.tag === tags.sequence &&
    inner[2]?.tag === tags.sequence &&
    inner[3]?.tag === 0xa0
    ? "request"
    : "certificate";
}

function byteAt(bytes: Buffer, offset: number): number {
  const byte = bytes[offset];
  if (byte === undefined) throw new RangeError("the data ends early");
  return byte;
}
