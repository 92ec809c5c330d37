import { canonicalHost } from "../base/hostname.js";
import { formatIp, parseIp } from "../base/ip.js";
import { invalidHost } from "./faults.js";

/** What would end a host in a URL, or a line in a CONNECT: a name with it would be routed as one host and asked for as another. */
const forbidden = /[\p{Cc}\s#%/:<>?@[\\\]^|]/u;

/** The one spelling by which a target is routed, dialled, and matched with identities. */
export function readHost(host: string): string {
  const address = parseIp(host);
  if (address !== undefined) return formatIp(address);
  const url = `http://${host}/`;
  if (host !== "" && !forbidden.test(host) && URL.canParse(url)) return canonicalHost(new URL(url).hostname);
  throw invalidHost(host);
}
