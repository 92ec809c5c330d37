import { formatHostPort, hostPortOf } from "../base/hostname.js";
import type { Place } from "./types.js";

export { bareHost, usualPort } from "../base/hostname.js";

/** One spelling for a host and port. */
export function placeKey({ host, port }: Place): string {
  return formatHostPort(host, port);
}

/** Where a URL leads; its port may be left to the scheme. */
export function placeOfUrl(url: URL): Place {
  return hostPortOf(url);
}
