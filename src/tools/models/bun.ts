import { noneIsTaken } from "./edges.js";
import { decidedByForm, isWithin, sameAddress, splitPort, withoutTrailingDot } from "./address.js";
import type { ProxyModel, ReadTarget } from "./types.js";
import { lowerFirst } from "./variables.js";

/** Bun's fetch, which programs compiled with Bun share. Every spelling of a suffix takes in the domain itself. */
export const bun: ProxyModel = {
  id: "bun",
  tool: "Bun fetch (native Claude Code)",
  variables: lowerFirst,
  edges: noneIsTaken,
  bypasses: (noProxy, target) =>
    noProxy
      .toLowerCase()
      .split(/[ \t\r\n,]+/)
      .some((entry) => entryMatches(entry, target)),
};

function entryMatches(entry: string, target: ReadTarget): boolean {
  const decided = decidedByForm(entry, target);
  if (decided !== undefined) return decided;
  const { host } = splitPort(entry);
  if (sameAddress(target.host, host)) return true;
  return isWithin(withoutTrailingDot(target.host), withoutTrailingDot(host.replace(/^\*?\./, "")));
}
