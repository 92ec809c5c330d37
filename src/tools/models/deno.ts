import { noneIsTaken } from "./edges.js";
import { isIP } from "node:net";
import { inSubnet, isWithin, sameAddress, trimmed } from "./address.js";
import type { ProxyModel, ReadTarget } from "./types.js";
import { upperFirstThenAll } from "./variables.js";

/** Deno's fetch: entries are compared in the case in which they stand, and no entry may carry a port. */
export const deno: ProxyModel = {
  id: "deno",
  tool: "Deno fetch",
  variables: upperFirstThenAll,
  schemes: ["http", "https", "socks5", "socks5h"],
  edges: noneIsTaken,
  bypasses: (noProxy, target) => noProxy.split(",").some((part) => entryMatches(trimmed(part), target)),
};

function entryMatches(entry: string, target: ReadTarget): boolean {
  if (entry === "") return false;
  if (entry === "*") return true;
  if (entry.includes("/")) return inSubnet(target.host, entry);
  if (isIP(entry) !== 0) return isIP(entry) === isIP(target.host) && sameAddress(entry, target.host);
  return isWithin(target.host, entry.replace(/^\./, ""));
}
