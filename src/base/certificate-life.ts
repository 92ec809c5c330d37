const day = 86_400_000;
/** Time enough to have a certificate renewed by people. */
const renewal = 14 * day;

/** Where in its life a certificate is. */
export type CertificateState = "valid" | "expires-soon" | "expired" | "not-yet-valid";

/**
 * What a certificate's dates mean now; all in milliseconds since the epoch. `expires-soon`: within 14 days, or the last third of a shorter
 * life, as automatic renewal reckons: a certificate for a day must not warn from its first hour on.
 */
export function certificateState(from: number, to: number, now: number): CertificateState {
  if (to < now) return "expired";
  if (from > now) return "not-yet-valid";
  return to - now < Math.min(renewal, (to - from) / 3) ? "expires-soon" : "valid";
}
