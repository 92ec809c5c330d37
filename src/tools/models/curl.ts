import { noneIsTaken } from "./edges.js";
import { inSubnet, isWithin, sameAddress, withoutTrailingDot } from "./address.js";
import type { ProxyModel } from "./types.js";
import { lowerFirstThenAll } from "./variables.js";
import { isIP } from "node:net";

/** curl's lib/noproxy.c: ports are no part of its grammar, `*` counts only as the whole value, `*.` is not known. */
export const curl: ProxyModel = {
  id: "curl",
  tool: "curl 8",
  // In lower case alone for http: a CGI program's HTTP_PROXY holds a header of the request ("httpoxy").
  variables: { ...lowerFirstThenAll, http: ["http_proxy", "all_proxy", "ALL_PROXY"] },
  schemes: ["http", "https", "socks4", "socks4a", "socks5", "socks5h", "socks"],
  edges: noneIsTaken,
  bypasses(noProxy, target) {
    if (noProxy === "*") return true;
    for (const entry of readableEntries(noProxy)) {
      if (isIP(target.host) !== 0) {
        if (entry.includes("/") ? inSubnet(target.host, entry) : sameFamilyAddress(target.host, entry)) return true;
      } else if (
        isWithin(withoutTrailingDot(target.host), withoutTrailingDot(entry).replace(/^\./, "").toLowerCase())
      ) {
        return true;
      }
    }
    return false;
  },
};

/** Commas separate; a blank that no comma follows ends the list, so only the first of `a b` is read. */
function readableEntries(noProxy: string): string[] {
  const entries: string[] = [];
  for (const part of noProxy.split(",")) {
    // Blanks and tabs alone: a carriage return stays part of the name.
    const [first, second] = part.replace(/^[ \t]+|[ \t]+$/g, "").split(/[ \t]+/);
    if (first) entries.push(first);
    if (second !== undefined) break;
  }
  return entries;
}

const sameFamilyAddress = (a: string, b: string): boolean => isIP(a) === isIP(b) && sameAddress(a, b);
