import { DAY, type Issued } from "./ca.js";
import type { LabAuthorities, OriginOptions } from "./types.js";

type Kind = NonNullable<OriginOptions["certificate"]>;

/** What a server of the lab shows. A good one holds for this machine's own names as well. */
export function serverCertificate(authorities: LabAuthorities, name: string, kind: Kind): Promise<Issued> {
  const issuer = kind === "untrusted-root" ? authorities.other : authorities.intermediate;
  const now = Date.now();
  return issuer.issue({
    commonName: name,
    hosts: kind === "wrong-name" ? ["elsewhere.lab.test"] : [name, "localhost", "127.0.0.1", "::1"],
    usage: "server",
    selfSigned: kind === "self-signed",
    ...(kind === "expired" ? { notBefore: new Date(now - 30 * DAY), notAfter: new Date(now - DAY) } : {}),
    ...(kind === "not-yet-valid" ? { notBefore: new Date(now + DAY) } : {}),
  });
}
