import { formatHostPort } from "../base/hostname.js";
import { percentEncoded } from "../base/percent.js";
import type { ProxyServer } from "./types.js";

/**
 * A proxy as a URL for other programs, with its login where a `password` is given. The colon is there for an empty password, too:
 * Python's requests leaves out a login without one.
 */
export function proxyUrl({ protocol, host, port, login }: ProxyServer, password?: string): string {
  const userinfo = login === undefined ? "" : `${percentEncoded(login.username)}:${percentEncoded(password ?? "")}@`;
  return `${protocol}://${userinfo}${formatHostPort(host, port)}`;
}
