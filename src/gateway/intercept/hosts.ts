import { createRequire } from "node:module";
import { parseHostPattern } from "../../policy/index.js";
import type { HostPattern } from "../../policy/types.js";
import { openToAnybody, tooManyAddresses, unusableHost } from "../faults.js";

/** Addresses that one entry may hold: a block of /8, or of /32 for IPv6, which is as much as one organization has. */
const mostAddresses = { 4: 1n << 24n, 6: 1n << 96n } as const;

const require = createRequire(import.meta.url);

/**
 * Reads a host to intercept, an entry of `--intercept` or of an identity. Whoever trusts the gateway's authority takes its word for all that these entries
 * hold, so that none may hold the hosts of people who have nothing to do with each other.
 * @throws {ConnectError} CONFIG_INVALID for an entry that matches nothing, a public suffix (com, co.uk, github.io), or a block that is too wide
 */
export function readIntercepted(text: string): HostPattern {
  const parsed = parseHostPattern(text);
  if ("problem" in parsed) throw unusableHost(text, parsed.problem, parsed.remedy);
  if (parsed.kind === "domain" && isPublicSuffix(parsed.domain)) {
    throw openToAnybody(text);
  }
  if (parsed.kind === "range") {
    const { family, first, last } = parsed.range;
    if (last - first + 1n > mostAddresses[family]) {
      throw tooManyAddresses(text);
    }
  }
  return parsed;
}

/** By the public suffix list. A label that is on no list (intranet, corp) is somebody's own network's. */
function isPublicSuffix(domain: string): boolean {
  // Loaded here, since it holds the whole list.
  const { parse } = require("tldts") as typeof import("tldts");
  const { publicSuffix, isIcann, isPrivate } = parse(domain, { allowPrivateDomains: true, extractHostname: false });
  return publicSuffix === domain && (isIcann === true || isPrivate === true);
}
