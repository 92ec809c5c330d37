import * as der from "../../base/der-write.js";
import type { IpRange } from "../../base/ip.js";
import type { HostPattern } from "../../policy/types.js";

const families = [4, 6] as const;
type Family = (typeof families)[number];

/**
 * The contents of a nameConstraints extension (RFC 5280 section 4.2.1.10) that permits exactly the hosts of these patterns.
 * A kind of name of which nothing is permitted (names, IPv4, IPv6) is excluded as a whole, since what a constraint does not
 * mention is allowed. Ports cannot be said there. Undefined where a pattern means every host: there is nothing to constrain then.
 */
export function nameConstraints(patterns: readonly HostPattern[]): Buffer | undefined {
  const permitted: Buffer[] = [];
  const seen = { names: false, 4: false, 6: false };
  for (const pattern of patterns) {
    if (pattern.kind === "all") return undefined;
    if (pattern.kind === "domain") {
      seen.names = true;
      // The leading dot is not in the RFC; OpenSSL, Go, rustls and BoringSSL read it as "sub-domains alone", and who does not
      // matches nothing by it.
      permitted.push(dnsName(pattern.subdomainsOnly ? `.${pattern.domain}` : pattern.domain));
      continue;
    }
    seen[pattern.range.family] = true;
    permitted.push(...blocksOf(pattern.range).map(addressBlock));
  }
  const excluded = [
    // The empty name is a suffix of all.
    ...(seen.names ? [] : [dnsName("")]),
    ...families.filter((family) => !seen[family]).map((family) => addressBlock({ family, first: 0n, prefix: 0 })),
  ];
  const subtrees = (number: number, names: readonly Buffer[]): Buffer[] =>
    names.length === 0 ? [] : [der.tagged(number, ...unique(names).map((name) => der.sequence(name)))];
  return der.sequence(...subtrees(0, permitted), ...subtrees(1, excluded));
}

export interface AddressBlock {
  readonly family: Family;
  readonly first: bigint;
  /** Bits that all addresses of it share. */
  readonly prefix: number;
}

/** The fewest CIDR blocks that hold exactly the addresses of a range, in order. */
export function blocksOf({ family, first, last }: IpRange): AddressBlock[] {
  const bits = family === 4 ? 32 : 128;
  const blocks: AddressBlock[] = [];
  for (let next = first; next <= last;) {
    let free = 0;
    // As large as its alignment and the end allow.
    while (free < bits && (next >> BigInt(free)) % 2n === 0n && next + (1n << BigInt(free + 1)) - 1n <= last) free++;
    blocks.push({ family, first: next, prefix: bits - free });
    next += 1n << BigInt(free);
  }
  return blocks;
}

/** An address as X.509 writes it: 4 or 16 octets in network order. */
export function addressOctets(family: Family, value: bigint): Buffer {
  const length = family === 4 ? 4 : 16;
  return Buffer.from(value.toString(16).padStart(length * 2, "0"), "hex");
}

/** GeneralName, [2] IA5String. */
export function dnsName(name: string): Buffer {
  return der.taggedBytes(2, Buffer.from(name, "latin1"));
}

/** GeneralName, [7]: the address, in a constraint followed by its mask. */
function addressBlock({ family, first, prefix }: AddressBlock): Buffer {
  const bits = family === 4 ? 32 : 128;
  const mask = ((1n << BigInt(prefix)) - 1n) << BigInt(bits - prefix);
  return der.element(0x87, addressOctets(family, first), addressOctets(family, mask));
}

function unique(names: readonly Buffer[]): Buffer[] {
  return [...new Map(names.map((name) => [name.toString("latin1"), name])).values()];
}
