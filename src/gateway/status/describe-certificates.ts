import { certificateState } from "../../base/certificate-life.js";
import type { DialContext } from "../../dial/types.js";
import type { Identity } from "../../identity/types.js";
import type { CertificateStatus } from "../types.js";

const day = 86_400_000;

/** The client certificates in force, those for origins in the order in which they are tried. `now`: milliseconds since the epoch. */
export function describeCertificates(context: DialContext, now: number): readonly CertificateStatus[] {
  const { origins, proxy } = context.identities;
  const rows = origins.map((identity) => describe(identity, hostsOf(identity), now));
  return proxy === undefined ? rows : [...rows, describe(proxy, "https:// proxies", now)];
}

function describe(
  { name, subject, issuer, notBefore, notAfter }: Identity,
  hosts: string,
  now: number,
): CertificateStatus {
  const [from, to] = [Date.parse(notBefore), Date.parse(notAfter)];
  return {
    name,
    subject,
    issuer,
    hosts,
    notBefore,
    notAfter,
    daysLeft: Math.floor((to - now) / day),
    state: certificateState(from, to, now),
  };
}

function hostsOf({ hosts }: Identity): string {
  return hosts === "all" ? "every host" : hosts.map(({ text }) => text).join(", ");
}
