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
  if (text.includes(":")) {
    const value = parseIpv6(text);
    return value === undefined ? undefined : unmap(value);
  }
  // Names are by far the most common input: only what ends in a digit, a hexadecimal digit after `0x`, or a dot can be IPv4.
  const first = text.charCodeAt(0);
  if (!(first >= 48 && first <= 57)) return undefined;
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

/** 127.0.0.0/8 (RFC 1122 section 3.2.1.3) and ::1 (RFC 4291 section 2.5.3). */
export function isLoopback(address: IpAddress): boolean {
  return address.family === 4 ? address.value >> 24n === 127n : address.value === 1n;
}

/** 169.254.0.0/16 (RFC 3927) and fe80::/10 (RFC 4291 section 2.5.6). */
export function isLinkLocal(address: IpAddress): boolean {
  return address.family === 4 ? address.value >> 16n === 0xa9fen : address.value >> 118n === 0x3fan;
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
