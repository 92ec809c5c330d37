import { remembering } from "../base/remember.js";
import { readUrl } from "../base/read-url.js";
import { canonicalHost } from "../base/hostname.js";
import { parseIp } from "../base/ip.js";
import { invalidHost } from "./faults.js";

/** What would end a host in a URL, or a line in a CONNECT: a name with it would be routed as one host and asked for as another. */
const forbidden = /[\p{Cc}\s#%/:<>?@[\\\]^|]/u;

/** The one spelling by which a target is routed, dialled, and matched with identities. */
export const readHost = remembering((host: string): string => {
  if (parseIp(host) !== undefined) return canonicalHost(host);
  const url = host === "" || forbidden.test(host) ? undefined : readUrl(`http://${host}/`);
  if (url !== undefined) return canonicalHost(url.hostname);
  throw invalidHost(host);
});
