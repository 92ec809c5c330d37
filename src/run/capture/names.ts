import { formatIp, parseIp } from "../../base/ip.js";

/** 198.18.0.0/15, for benchmarks (RFC 2544): nobody's addresses, which nobody routes. */
const first = 0xc612_0000;
const size = 1 << 17;
/** The first ones are the namespace's own. */
const reserved = 256;
const usualBound = 32_768;

/**
 * Stands an address for each name that was asked for, so that a connection to it can be known by its name. Bounded: beyond that the name that
 * nobody has used for longest is given up, and its address comes to another name only when all others have had their turn.
 */
export class Names {
  readonly #bound: number;
  /** The one used longest ago first. */
  readonly #offsets = new Map<string, number>();
  readonly #names = new Map<number, string>();
  #next = reserved;
  /** Addresses below it have stood for a name at some time. */
  #given = reserved;

  /** @param bound names at a time; default 32 768 */
  constructor(bound = usualBound) {
    this.#bound = Math.min(bound, size - reserved - 1);
  }

  /** The address for a name in lower case. */
  addressFor(name: string): string {
    const known = this.#offsets.get(name);
    if (known !== undefined) return this.#use(name, known);
    if (this.#offsets.size >= this.#bound) this.#forgetOldest();
    while (this.#names.has(this.#next)) this.#advance();
    const offset = this.#next;
    this.#advance();
    this.#given = Math.max(this.#given, offset + 1);
    this.#names.set(offset, name);
    return this.#use(name, offset);
  }

  /** The name that an address stands for; undefined for one that stands for none, or none any more. */
  nameOf(address: string): string | undefined {
    const offset = offsetOf(address);
    const name = offset === undefined ? undefined : this.#names.get(offset);
    if (offset !== undefined && name !== undefined) this.#use(name, offset);
    return name;
  }

  /** Whether an address has stood for a name at some time. */
  wasGiven(address: string): boolean {
    const offset = offsetOf(address);
    return offset !== undefined && offset >= reserved && offset < this.#given;
  }

  #use(name: string, offset: number): string {
    this.#offsets.delete(name);
    this.#offsets.set(name, offset);
    return formatIp({ family: 4, value: BigInt(first + offset) });
  }

  #advance(): void {
    this.#next = this.#next + 1 < size - 1 ? this.#next + 1 : reserved;
  }

  #forgetOldest(): void {
    for (const [name, offset] of this.#offsets) {
      this.#offsets.delete(name);
      this.#names.delete(offset);
      return;
    }
  }
}

/** Whether an address is one that stands for a name, or did. */
export const standsForName = (address: string): boolean => offsetOf(address) !== undefined;

function offsetOf(address: string): number | undefined {
  const ip = parseIp(address);
  if (ip?.family !== 4) return undefined;
  const offset = Number(ip.value) - first;
  return offset >= 0 && offset < size ? offset : undefined;
}
