import { formatHostPort, hostPortOf } from "../base/hostname.js";
import type { HostPort } from "./types.js";

export { bareHost, usualPort } from "../base/hostname.js";

/** One spelling for a host and port. */
export function hostPortKey({ host, port }: HostPort): string {
  return formatHostPort(host, port);
}

/** Where a URL leads; its port may be left to the scheme. */
export function hostPortOfUrl(url: URL): HostPort {
  return hostPortOf(url);
}
