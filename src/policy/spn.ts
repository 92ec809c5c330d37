import { oneLine } from "../base/one-line.js";
import { invalidSpn } from "./faults-proxy.js";
import type { Candidate } from "./findings.js";
import type { Source } from "./types.js";

/** A service principal: `HTTP/host`, with its realm behind it where that is not this machine's (RFC 4120 section 6.2.1). */
const principal = /^[A-Za-z][\w-]*\/[\w.-]+(?:@[\w.-]+)?$/;

export function spnCandidate(text: string, source: Source, setting: string): Candidate<string> {
  const value = text.trim();
  const faults = principal.test(value) ? [] : [invalidSpn(setting)];
  return { name: "proxyAuth.spn", value, source, shown: oneLine(value, 120), faults };
}
