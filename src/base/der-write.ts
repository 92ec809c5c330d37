/**
 * A writer of DER (X.690), as far as an X.509 certificate needs it. The reader is der.ts.
 *
 * Every function gives one whole element: identifier, length and contents.
 */

/** The bits of an identifier octet that say "context-specific", and "made of elements". */
const contextClass = 0x80;
const constructed = 0x20;

/** An element with this identifier octet and these contents. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const part of contents) length += part.length;
  const whole = Buffer.allocUnsafe(sizeOf(length));
  let offset = writeHead(whole, 0, tag, length);
  for (const part of contents) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Octets of an element whose contents have that many. */
export function sizeOf(length: number): number {
  let size = 2 + length;
  if (length >= 0x80) for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) size++;
  return size;
}

/** Writes the identifier and length of an element whose contents, of that many octets, are to stand behind it. Gives where they begin. */
export function writeHead(out: Buffer, at: number, tag: number, length: number): number {
  const start = at + sizeOf(length) - length;
  out[at] = tag;
  if (length < 0x80) {
    out[at + 1] = length;
    return start;
  }
  out[at + 1] = 0x80 | (start - at - 2);
  for (let place = start - 1, rest = length; place > at + 1; place--, rest = Math.floor(rest / 256))
    out[place] = rest % 256;
  return start;
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => element(0x30, ...items);
export const set = (...items: readonly Uint8Array[]): Buffer => element(0x31, ...items);
export const octetString = (bytes: Uint8Array): Buffer => element(0x04, bytes);
export const utf8String = (text: string): Buffer => element(0x0c, Buffer.from(text));
export const yes = (): Buffer => element(0x01, Buffer.of(0xff));

/** `[number]` round whole elements (EXPLICIT), or round the contents of a constructed one (IMPLICIT). */
export function tagged(number: number, ...contents: readonly Uint8Array[]): Buffer {
  return element(contextClass | constructed | number, ...contents);
}

/** `[number]` instead of the tag of a primitive element (IMPLICIT). */
export function taggedBytes(number: number, contents: Uint8Array): Buffer {
  return element(contextClass | number, contents);
}

/** An INTEGER that is not negative, from its big-endian octets. */
export function integer(octets: Uint8Array): Buffer {
  const first = octets.findIndex((octet) => octet !== 0);
  const value = first === -1 ? Buffer.of(0) : octets.subarray(first);
  // With its top bit set it would be a negative number (X.690 section 8.3.3).
  return element(0x02, Buffer.alloc((value[0] ?? 0) >> 7), value);
}

/** A BIT STRING of whole octets. */
export const bitString = (octets: Uint8Array): Buffer => element(0x03, Buffer.of(0), octets);

/** A BIT STRING of up to eight flags, the first of which is bit 0; trailing zeros are left out (X.690 section 11.2.2). */
export function namedBits(...bits: readonly number[]): Buffer {
  const octet = bits.reduce((value, bit) => value | (0x80 >> bit), 0);
  return element(0x03, Buffer.of(7 - Math.max(...bits), octet));
}

/** An OBJECT IDENTIFIER, from its dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  // The first two arcs share one number (X.690 section 8.19.4).
  return element(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** Whole seconds, as RFC 5280 section 4.1.2.5 has it: UTCTime until 2049, GeneralizedTime from 2050 on. */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().slice(0, 19).replace(/[^\d]/g, "")}Z`;
  return date.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(digits.slice(2)))
    : element(0x18, Buffer.from(digits));
}

/** Seven bits an octet, all but the last with their top bit set. */
function base128(arc: number): number[] {
  const groups = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) groups.unshift(0x80 | (rest % 128));
  return groups;
}
