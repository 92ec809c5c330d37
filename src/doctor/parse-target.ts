import { readUrl } from "../base/read-url.js";
import { urlFault } from "./faults-url.js";

/** A URL that can be reached over HTTP. */
export function parseTarget(text: string): URL {
  const url = readUrl(text);
  if (url !== undefined && (url.protocol === "https:" || url.protocol === "http:") && url.hostname !== "") return url;
  throw urlFault(text, url);
}
