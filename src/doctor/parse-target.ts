import { hostPortOf } from "../base/hostname.js";
import { readUrl } from "../base/read-url.js";
import type { Target } from "../dial/types.js";
import { urlFault } from "./faults-url.js";

/** A URL that can be reached over HTTP. */
export function parseTarget(text: string): URL {
  const url = readUrl(text);
  if (url !== undefined && (url.protocol === "https:" || url.protocol === "http:") && url.hostname !== "") return url;
  throw urlFault(text, url);
}

export function toTarget(url: URL): Target {
  return { protocol: url.protocol === "http:" ? "http:" : "https:", ...hostPortOf(url) };
}

/** A URL may carry a login or a token: neither is for a report. */
export function withoutLogin(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
