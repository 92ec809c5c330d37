import type { Place } from "./types.js";

/** Without the brackets in which URLs hold IPv6 literals. */
export function bareHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

/** One spelling for a host and port. */
export function placeKey({ host, port }: Place): string {
  return `${bareHost(host).toLowerCase()}:${port}`;
}

/** Where a URL leads; its port may be left to the scheme. */
export function placeOfUrl({ hostname, port, protocol }: URL): Place {
  return { host: bareHost(hostname), port: Number(port) || usualPort(protocol) };
}

/** Of a scheme, its colon included; of http for an unknown one. */
export function usualPort(protocol: string | undefined): number {
  if (protocol === "https:") return 443;
  return protocol?.startsWith("socks") === true ? 1080 : 80;
}
