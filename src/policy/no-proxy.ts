import { encodedContent, holdsPem } from "../base/inline-pem.js";
import { withoutInvisible } from "../base/invisible.js";
import { startsAsToken } from "../base/looks-secret.js";
import type { ConnectError } from "../base/errors.js";
import { parseHostPattern, showPattern } from "./host-pattern.js";
import type { NoProxyEntry, NoProxyRules } from "./types.js";
import { invalidEntry, secretInstead } from "./faults.js";

export interface ParsedNoProxy {
  readonly rules: NoProxyRules;
  /** One NO_PROXY_ENTRY_INVALID for each entry that matches nothing. */
  readonly warnings: readonly ConnectError[];
}

/**
 * Reads NO_PROXY: entries separated by commas, white space or both, each read by {@link parseHostPattern}, and `<-loopback>`,
 * which takes from loopback and link-local addresses their free pass (the spelling is Chromium's). What cannot be read matches
 * nothing, so that a typing error never opens a way round the proxy. `setting` names the source, for warnings.
 */
export function parseNoProxy(value: string | readonly string[], setting: string): ParsedNoProxy {
  const texts = splitHosts(value);
  const entries: NoProxyEntry[] = [];
  const warnings: ConnectError[] = [];
  let proxyLoopback = false;
  if (texts === undefined) warnings.push(secretInstead(setting));
  for (const text of texts ?? []) {
    if (text.toLowerCase() === "<-loopback>") {
      proxyLoopback = true;
      continue;
    }
    const parsed = parseHostPattern(text);
    if (!("problem" in parsed)) entries.push(parsed);
    else warnings.push(invalidEntry(setting, showPattern(text), parsed));
  }
  return { rules: { entries, proxyLoopback }, warnings };
}

/**
 * The entries of a list of hosts. Undefined where the whole is a key or a token: its parts, split at blanks, would look like anything, and
 * be names of hosts.
 */
export function splitHosts(value: string | readonly string[]): string[] | undefined {
  const texts = typeof value === "string" ? [value] : value;
  const secret = (text: string): boolean =>
    holdsPem(text) || encodedContent(text) !== undefined || startsAsToken(text.trim());
  if ([...texts, texts.join("\n")].some(secret)) return undefined;
  return texts.flatMap((text) => withoutInvisible(text).split(/[\s,]+/)).filter((text) => text !== "");
}

/** Entries as NO_PROXY may hold them: `<local>` of an operating system's settings has no form there. */
export function writtenEntries(entries: readonly NoProxyEntry[]): string[] {
  return entries.filter(({ kind }) => kind !== "simple-names").map(({ text }) => text);
}

/** The setting for people: what is a URL, holds a login or looks like a secret is redacted, and what is very long is cut. */
export function formatNoProxy(value: string | readonly string[]): string {
  const text = typeof value === "string" ? value : value.join(",");
  if (splitHosts(value) === undefined) return "(not shown)";
  const shown = text.trim().replace(/[^\s,]+/g, (entry) => JSON.parse(showPattern(entry)) as string);
  return shown.length > 500 ? `${shown.slice(0, 500)}…` : shown;
}
