import { ConnectError } from "../base/errors.js";

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
