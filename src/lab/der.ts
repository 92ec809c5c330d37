/**
 * The few DER encodings (X.690) that an X.509 certificate is written with. Only a writer: the lab never parses certificates.
 *
 * A library would do, but the ones at hand need a global `Reflect` polyfill and 200 ms to load, which is more than a whole lab costs.
 */

/** Tag, length, contents. */
function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const length: number[] = [];
  for (let rest = body.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  return Buffer.concat([Buffer.of(tag, 0x80 + length.length, ...length), body]);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => element(0x30, ...items);
export const set = (...items: readonly Uint8Array[]): Buffer => element(0x31, ...items);
export const octetString = (bytes: Uint8Array): Buffer => element(0x04, bytes);
export const utf8String = (text: string): Buffer => element(0x0c, Buffer.from(text, "utf8"));
export const nothing = (): Buffer => element(0x05);
export const yes = (): Buffer => element(0x01, Buffer.of(0xff));

/** `[number]` around a whole element, tag and all. */
export const explicit = (number: number, contents: Uint8Array): Buffer => element(0xa0 + number, contents);

/** `[number]` in place of a primitive's own tag. */
export const implicit = (number: number, contents: Uint8Array): Buffer => element(0x80 + number, contents);

/** A non-negative integer, given as big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const significant = bytes.subarray(start);
  // A set top bit would read as a negative number (X.690 section 8.3.3).
  const sign = (significant[0] ?? 0) & 0x80 ? Buffer.of(0) : Buffer.alloc(0);
  return element(0x02, sign, significant);
}

export const bitString = (bytes: Uint8Array): Buffer => element(0x03, Buffer.of(0), bytes);

/** A BIT STRING of named bits; bit 0 is the most significant one, and trailing zero bits are left out (X.690 section 11.2.2). */
export function namedBits(...bits: readonly number[]): Buffer {
  const highest = Math.max(...bits);
  const bytes = Buffer.alloc(Math.floor(highest / 8) + 1);
  for (const bit of bits) bytes.writeUInt8(bytes.readUInt8(bit >> 3) | (0x80 >> (bit & 7)), bit >> 3);
  return element(0x03, Buffer.of(7 - (highest & 7)), bytes);
}

/** An object identifier in dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift(0x80 + (left % 128));
    bytes.push(...groups);
  }
  return element(0x06, Buffer.from(bytes));
}

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280 section 4.1.2.5). Whole seconds. */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, "")}Z`;
  const utc = date.getUTCFullYear() >= 1950 && date.getUTCFullYear() < 2050;
  return utc ? element(0x17, Buffer.from(digits.slice(2))) : element(0x18, Buffer.from(digits));
}
