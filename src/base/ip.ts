/**
 * IP addresses and ranges as numbers, so that every spelling of one address compares equal.
 * Without `node:net`, which would be the dearest part of starting up.
 */

export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** Both ends belong to the range. */
export interface IpRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

const dottedDecimal = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const mappedPrefix = 0xffffn << 32n;

/**
 * Reads an address in any spelling: dotted decimal, the short, octal and hexadecimal forms of IPv4 that a WHATWG URL
 * turns into it (`127.1`, `0x7f.1`), and IPv6 with or without brackets. A zone (`%eth0`) is dropped, and an IPv4-mapped
 * address (`::ffff:10.0.0.1`) is the IPv4 address that it stands for. Gives undefined for everything else.
 */
export function parseIp(text: string): IpAddress | undefined {
  // Names are by far the most common input: IPv4 begins with a digit in each of its spellings, and IPv6 has a colon.
  const first = text.charCodeAt(0);
  if (!(first >= 48 && first <= 57) && !text.includes(":")) return undefined;
  if (recent.has(text)) return recent.get(text);
  const address = readIp(text);
  if (recent.size >= mostRecent) recent.clear();
  if (text.length <= 64) recent.set(text, address);
  return address;
}

/** One connection asks a dozen times what its two or three addresses are. */
const recent = new Map<string, IpAddress | undefined>();
const mostRecent = 256;

function readIp(text: string): IpAddress | undefined {
  if (text.includes(":")) {
    const value = parseIpv6(text);
    return value === undefined ? undefined : unmap(value);
  }
  const value = isDottedDecimal(text) ? parseDottedDecimal(text) : parseIpv4Number(text);
  return value === undefined ? undefined : { family: 4, value };
}

/** Whether the text is IPv4 in its usual form: four decimal numbers without leading zeros. */
export function isDottedDecimal(text: string): boolean {
  return dottedDecimal.test(text);
}

/** The usual spelling: dotted decimal, or IPv6 as RFC 5952 wants it. Without brackets. */
export function formatIp(address: IpAddress): string {
  const { family, value } = address;
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  const gap = longestZeros(groups);
  if (gap === undefined) return groups.join(":");
  return `${groups.slice(0, gap.start).join(":")}::${groups.slice(gap.start + gap.length).join(":")}`;
}

/** Reads one address, a CIDR block (`10.0.0.0/8`; bits behind the prefix are ignored) or a range (`10.0.0.1-10.0.0.9`). */
export function parseIpRange(text: string): IpRange | undefined {
  const slash = text.indexOf("/");
  if (slash !== -1) return parseCidr(text.slice(0, slash), text.slice(slash + 1));
  const dash = text.indexOf("-");
  if (dash === -1) {
    const address = parseIp(text);
    return address && { family: address.family, first: address.value, last: address.value };
  }
  const first = parseIp(text.slice(0, dash));
  const last = parseIp(text.slice(dash + 1));
  if (first === undefined || last === undefined || first.family !== last.family || first.value > last.value)
    return undefined;
  return { family: first.family, first: first.value, last: last.value };
}

export function inRange(range: IpRange, address: IpAddress): boolean {
  return range.family === address.family && range.first <= address.value && address.value <= range.last;
}

/** Of the address as it is: what an IPv6 address may lead to by translation does not count ({@link embeddedIpv4}). 127.0.0.0/8 (RFC 1122 section 3.2.1.3) and ::1 (RFC 4291 section 2.5.3). */
export function isLoopback(address: IpAddress): boolean {
  return address.family === 4 ? address.value >> 24n === 127n : address.value === 1n;
}

/** Of the address as it is, likewise. 169.254.0.0/16 (RFC 3927) and fe80::/10 (RFC 4291 section 2.5.6). */
export function isLinkLocal(address: IpAddress): boolean {
  return address.family === 4 ? address.value >> 16n === 0xa9fen : address.value >> 118n === 0x3fan;
}

/**
 * The IPv4 addresses that an IPv6 address may lead to: in each form by which a translator or a tunnel on the way takes one out of it. For guards,
 * which refuse where any of them is forbidden. Not for what is let off: that one of these may lead to 127.0.0.1 does not make it
 * loopback, and a route must not go direct by it.
 *
 * - `::a.b.c.d` (RFC 4291 section 2.5.5.1) and `::ffff:0:a.b.c.d` (RFC 2765 section 2.1); `::ffff:a.b.c.d` is IPv4 to {@link parseIp} already
 * - 64:ff9b::/96 and, for translators within a site, 64:ff9b:1::/48 with prefixes of each length (NAT64: RFC 6052 section 2.2, RFC 8215)
 * - 2002::/16 (6to4: RFC 3056 section 2), 2001::/32 (Teredo: RFC 4380 section 4; the server's, and the client's, which is inverted)
 * - an interface of 0:5efe:a.b.c.d or 200:5efe:a.b.c.d (ISATAP: RFC 5214 section 6.1)
 */
export function embeddedIpv4({ family, value }: IpAddress): readonly IpAddress[] {
  if (family === 4) return [];
  const bits = (from: number, length = 32): bigint =>
    (value >> BigInt(128 - from - length)) & ((1n << BigInt(length)) - 1n);
  const found: bigint[] = [];
  if (bits(0, 96) === 0n || bits(0, 96) === 0xffff_0000n) found.push(bits(96));
  if (bits(0, 96) === 0x64_ff9b_0000_0000_0000_0000n) found.push(bits(96));
  if (bits(0, 48) === 0x64_ff9b_0001n) {
    // Bits 64 to 71 are none of the address's.
    found.push((bits(48, 16) << 16n) | bits(72, 16), (bits(56, 8) << 24n) | bits(72, 24), bits(72), bits(96));
  }
  if (bits(0, 16) === 0x2002n) found.push(bits(16));
  if (bits(0) === 0x2001_0000n) found.push(bits(32), bits(96) ^ 0xffff_ffffn);
  if ((bits(64) | 0x0200_0000n) === 0x0200_5efen) found.push(bits(96));
  return found.map((address) => ({ family: 4, value: address }));
}

function unmap(value: bigint): IpAddress {
  return value >> 32n === 0xffffn ? { family: 4, value: value - mappedPrefix } : { family: 6, value };
}

function parseCidr(addressText: string, prefixText: string): IpRange | undefined {
  const address = parseIp(addressText);
  if (address === undefined || !/^\d{1,3}$/.test(prefixText)) return undefined;
  const written = Number(prefixText);
  // `::ffff:10.0.0.0/104` is 10.0.0.0/8; a shorter prefix would reach beyond the mapped addresses.
  const prefix = address.family === 4 && addressText.includes(":") ? written - 96 : written;
  const bits = address.family === 4 ? 32 : 128;
  if (prefix < 0 || prefix > bits) return undefined;
  const hostBits = BigInt(bits - prefix);
  const first = (address.value >> hostBits) << hostBits;
  return { family: address.family, first, last: first + (1n << hostBits) - 1n };
}

function parseDottedDecimal(text: string): bigint {
  let value = 0;
  for (const part of text.split(".")) value = value * 256 + Number(part);
  return BigInt(value);
}

/** The IPv4 parser of the WHATWG URL standard: up to four numbers in base 8, 10 or 16, the last of which fills the rest. */
function parseIpv4Number(text: string): bigint | undefined {
  const parts = (text.endsWith(".") ? text.slice(0, -1) : text).split(".");
  if (parts.length > 4) return undefined;
  let value = 0n;
  for (const [index, part] of parts.entries()) {
    const number = parseNumber(part);
    if (number === undefined) return undefined;
    const isLast = index === parts.length - 1;
    const limit = isLast ? 1n << BigInt(8 * (4 - index)) : 256n;
    if (number >= limit) return undefined;
    value += isLast ? number : number << BigInt(8 * (3 - index));
  }
  return value;
}

function parseNumber(text: string): bigint | undefined {
  if (/^0[xX][0-9a-fA-F]{0,16}$/.test(text)) return text.length === 2 ? 0n : BigInt(text);
  if (/^0[0-7]{1,22}$/.test(text)) return BigInt(`0o${text}`);
  return /^(?:0|[1-9]\d{0,10})$/.test(text) ? BigInt(text) : undefined;
}

function parseIpv6(text: string): bigint | undefined {
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  const zone = bare.indexOf("%");
  const address = zone === -1 ? bare : bare.slice(0, zone);
  const halves = address.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? "", halves.length === 1);
  const tail = parseGroups(halves[1] ?? "", true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

/** The 16-bit groups of a part of an IPv6 address. Only the last part may end in dotted decimal. */
function parseGroups(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else if (last && index === parts.length - 1 && isDottedDecimal(part)) {
      const value = Number(parseDottedDecimal(part));
      groups.push(value >>> 16, value & 0xffff);
    } else {
      return undefined;
    }
  }
  return groups;
}

/** The first longest run of at least two zero groups (RFC 5952 section 4.2). */
function longestZeros(groups: readonly string[]): { start: number; length: number } | undefined {
  let best: { start: number; length: number } | undefined;
  let start = -1;
  for (const [index, group] of [...groups, "end"].entries()) {
    if (group === "0") {
      if (start === -1) start = index;
      continue;
    }
    const length = index - start;
    if (start !== -1 && length > 1 && length > (best?.length ?? 0)) best = { start, length };
    start = -1;
  }
  return best;
}
