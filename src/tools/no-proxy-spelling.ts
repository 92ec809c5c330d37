import { formatIp, type IpRange } from "../base/ip.js";
import { parseNoProxy } from "../policy/index.js";
import type { NoProxyEntry } from "../policy/types.js";

/**
 * Loopback and link-local addresses, in NO_PROXY's grammar. Our own route keeps them away from every proxy, and so must all
 * others do: a child's own servers are on loopback, and link-local is where a cloud's metadata service listens. Single
 * addresses stand beside their blocks for the many that read no blocks.
 */
const local: readonly string[] = [
  "localhost",
  "127.0.0.1",
  "127.0.0.0/8",
  "::1",
  "169.254.169.254",
  "169.254.0.0/16",
  "fe80::/10",
];

/** NO_PROXY entries, read once, to be written in the spelling of several readers. */
export function readNoProxy(entries: readonly string[]): readonly NoProxyEntry[] {
  // What cannot be read was reported when the policy was made, and matches nothing here either.
  const { rules } = parseNoProxy(entries, "NO_PROXY");
  return rules.proxyLoopback ? rules.entries : [...parseNoProxy(local, "NO_PROXY").rules.entries, ...rules.entries];
}

/**
 * One value for NO_PROXY that all of its readers get right, as far as one can: they share the variable, and read most of its syntax
 * differently (test/conformance/no-proxy-peers.json). So an entry is written once for each way of reading:
 *
 * - a domain as it is, which is enough for curl, Go and Python, and with `*.` for the sub-domains in undici 6, axios and Node's
 *   http. Not with a leading dot: there Node 22's http takes in badexample.com;
 * - sub-domains alone with `*.` and with a dot, which many take for the domain as well: the asterisk alone would send hosts of the
 *   inside to the proxy in curl, Python and Deno;
 * - an IPv6 address without brackets, in its canonical spelling, which is all that half of them compare;
 * - blocks of IPv4 addresses also as ranges (Node's http), and ranges also as blocks (curl, Go, Python requests);
 * - commas without blanks: a blank ends the list for curl and hides what follows from Go;
 * - `*` for everything alone, since curl and undici know it as the whole value only.
 *
 * What would break a reader is left out, and so goes to the proxy, or to the gateway, which reads the policy itself: httpx 0.28, and with
 * it every SDK built on it, makes a URL of each entry and ends with InvalidURL at a colon that is neither a port's nor in a whole IPv6
 * address. So there are no brackets (undici 6 and 7 want them, whose programs have the preload) and no blocks of IPv6. Its successor, on
 * which the newest SDKs of OpenAI, Anthropic and MCP are built, fails at punycode. And curl reads a block with a port as the block for
 * all ports, which would go past the proxy.
 *
 * Any other entry for a port is written as it is: curl and Deno have no ports, and then go to the proxy, which is the safe side.
 */
export function spellNoProxy(entries: readonly NoProxyEntry[]): string {
  return isEverything(entries) ? "*" : joined(entries.filter((entry) => !breaksReaders(entry)).flatMap(spellEntry));
}

/**
 * The value of GLOBAL_AGENT_NO_PROXY, which has one reader: it compares an IPv6 address in brackets alone, and takes a leading dot for
 * an asterisk, which would take in badexample.com.
 */
export function spellForGlobalAgent(entries: readonly NoProxyEntry[]): string {
  if (isEverything(entries)) return "*";
  return joined(
    entries.flatMap((entry) =>
      isIpv6(entry) ? spellIpv6(entry) : spellEntry(entry).map((text) => text.replace(/^\./, "*.")),
    ),
  );
}

/** Entries that no common value can hold: see {@link spellNoProxy}. */
export function unspeakable(entries: readonly NoProxyEntry[]): readonly NoProxyEntry[] {
  return isEverything(entries) ? [] : entries.filter(breaksReaders);
}

const joined = (parts: readonly string[]): string => [...new Set(parts)].join(",");

const isEverything = (entries: readonly NoProxyEntry[]): boolean =>
  entries.some(({ kind, port }) => kind === "all" && port === undefined);

type RangeEntry = Extract<NoProxyEntry, { readonly kind: "range" }>;

const isIpv6 = (entry: NoProxyEntry): entry is RangeEntry => entry.kind === "range" && entry.range.family === 6;

function breaksReaders(entry: NoProxyEntry): boolean {
  if (entry.kind === "domain") return /(?:^|\.)xn--/.test(entry.domain);
  // No variable can say it.
  if (entry.kind === "simple-names") return true;
  if (entry.kind === "all") return false;
  const { family } = entry.range;
  return isSingle(entry.range) ? family === 6 && entry.port !== undefined : family === 6 || entry.port !== undefined;
}

function spellEntry(entry: NoProxyEntry): string[] {
  const port = entry.port === undefined ? "" : `:${entry.port}`;
  switch (entry.kind) {
    case "all":
      return [`*${port}`];
    case "simple-names":
      return [];
    case "domain":
      return [`${entry.subdomainsOnly ? "." : ""}${entry.domain}${port}`, `*.${entry.domain}${port}`];
    case "range":
      return isSingle(entry.range)
        ? [`${formatIp({ family: entry.range.family, value: entry.range.first })}${port}`]
        : spellRange(entry.range);
  }
}

function spellIpv6({ range, port }: RangeEntry): string[] {
  // It knows no blocks.
  if (!isSingle(range)) return [];
  const address = `[${formatIp({ family: 6, value: range.first })}]`;
  return [port === undefined ? address : `${address}:${port}`];
}

/** Of IPv4 and for all ports: see {@link spellNoProxy}. */
function spellRange(range: IpRange): string[] {
  const blocks = blocksOf(range).map(({ first, prefix }) => `${formatIp({ family: 4, value: first })}/${prefix}`);
  const ends = [range.first, range.last].map((value) => formatIp({ family: 4, value }));
  return [...blocks, ends.join("-")];
}

/**
 * What `http.nonProxyHosts` of Java holds: names and addresses with `*` at the beginning or the end, separated by `|`. It knows
 * no ports and no blocks of IPv6: such entries are left out, and their hosts go to the proxy.
 */
export function spellNonProxyHosts(entries: readonly NoProxyEntry[]): string {
  const whole = entries.filter(({ port }) => port === undefined);
  if (whole.some(({ kind }) => kind === "all")) return "*";
  return [...new Set(whole.flatMap(spellForJava))].join("|");
}

function spellForJava(entry: NoProxyEntry): string[] {
  if (entry.kind === "all" || entry.kind === "simple-names") return [];
  if (entry.kind === "domain")
    return entry.subdomainsOnly ? [`*.${entry.domain}`] : [entry.domain, `*.${entry.domain}`];
  const { range } = entry;
  if (range.family === 6) return isSingle(range) ? [`[${formatIp({ family: 6, value: range.first })}]`] : [];
  return blocksOf(range).flatMap(octetGlobs);
}

/** 172.16.0.0/12 as 172.16.* to 172.31.*: at most 128 globs a block. */
function octetGlobs({ first, prefix }: Block): string[] {
  const octets = Math.ceil(prefix / 8);
  const step = 1n << BigInt(32 - octets * 8);
  const end = first + (1n << BigInt(32 - prefix));
  const globs: string[] = [];
  for (let value = first; value < end; value += step) {
    const parts = formatIp({ family: 4, value }).split(".").slice(0, octets);
    globs.push(octets === 4 ? parts.join(".") : [...parts, "*"].join("."));
  }
  return globs;
}

/** A block of addresses. Any range of IPv4 is at most 62 of them. */
interface Block {
  readonly first: bigint;
  readonly prefix: number;
}

const isSingle = ({ first, last }: IpRange): boolean => first === last;

/** The fewest blocks that make up a range. */
function blocksOf({ family, first, last }: IpRange): Block[] {
  const bits = family === 4 ? 32 : 128;
  const blocks: Block[] = [];
  for (let start = first; start <= last;) {
    let size = 0;
    while (size < bits && (start >> BigInt(size)) % 2n === 0n && start + (2n << BigInt(size)) - 1n <= last) size++;
    blocks.push({ first: start, prefix: bits - size });
    start += 1n << BigInt(size);
  }
  return blocks;
}
