import { isIPv4 } from "node:net";
import { writtenEntries } from "../policy/index.js";
import type { NoProxyRules } from "../policy/types.js";
import { proxyModels, readAll, type OwnWay, type Reading } from "./models/index.js";
import { readNoProxy, spellNoProxy, unspeakable } from "./no-proxy-spelling.js";

/** One value for NO_PROXY and no_proxy, which as many programs as can be read as we read the one that is set. */
export interface CommonNoProxy {
  readonly value: string;
  /** Entries that it cannot hold without breaking a reader, as they were written. */
  readonly leftOut: readonly string[];
  /** Models that send this URL elsewhere now, and would not by it. */
  readonly helps: readonly string[];
  /** Models that read these variables, and would send this URL elsewhere all the same. */
  readonly apart: readonly string[];
}

/** Who reads neither variable (Java, global-agent) is helped by none. */
const readers: ReadonlySet<string> = new Set(
  proxyModels.filter(({ variables }) => variables.noProxy.includes("NO_PROXY")).map(({ id }) => id),
);

/** Undefined where nothing is exempt by a setting. */
export function commonNoProxy(
  url: URL,
  { entries }: Pick<NoProxyRules, "entries">,
  variables: Readonly<Record<string, string>>,
  own: OwnWay,
): CommonNoProxy | undefined {
  if (entries.length === 0) return undefined;
  // Some know no blocks of addresses, and some no host of their own machine; all know what is named.
  const isNamed = own === undefined && (isIPv4(url.hostname) || /(?:^|\.)localhost$/.test(url.hostname));
  const itself = isNamed ? [url.hostname] : [];
  // Without all the others of this machine, which make it long, and are of no concern to this URL.
  const value = spellNoProxy(readNoProxy(["<-loopback>", ...writtenEntries(entries), ...itself]));
  const astray = (read: Readonly<Record<string, string>>): string[] =>
    readAll(url, read, own).flatMap(({ id, agrees }: Reading) => (agrees || !readers.has(id) ? [] : id));
  const apart = astray({ ...variables, NO_PROXY: value, no_proxy: value });
  return {
    value,
    leftOut: unspeakable(entries).map(({ text }) => text),
    helps: astray(variables).filter((id) => !apart.includes(id)),
    apart,
  };
}
