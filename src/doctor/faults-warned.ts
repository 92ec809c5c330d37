import { ConnectError } from "../base/errors.js";
import type { Observation } from "./observation.js";

/** The key of a server's certificate is good enough for this Node, and not for others. */
export function shortServerKey({ target, issuer }: Observation, bits: number): ConnectError {
  return new ConnectError("TLS_WEAK", {
    severity: "warning",
    hop: "target",
    message: `the key of the certificate of ${target}, issued by "${issuer.name}", has ${bits} bits: Node 24 and most other programs refuse that`,
    remedy: issuer.inspector
      ? "have the administrators of the inspecting proxy set it to keys of 2048 bits"
      : "have the server's administrators renew it with a key of 2048 bits, or one on P-256",
  });
}

/** @param behind milliseconds by which this machine's clock is behind; negative where it is ahead */
export function clockDiffers(target: string, behind: number): ConnectError {
  return new ConnectError("CLOCK_SKEW", {
    severity: "warning",
    hop: "local",
    message: `this machine's clock is ${duration(Math.abs(behind))} ${behind > 0 ? "behind" : "ahead of"} that of ${target} (the Date of its answer)`,
    remedy: "correct the clock, and have it set by NTP: certificates and Kerberos tickets are judged by it",
  });
}

function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  return minutes < 2880 ? `${Math.round(minutes / 60)} hours` : `${Math.round(minutes / 1440)} days`;
}
