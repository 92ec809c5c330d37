import { clockDiffers } from "./faults-warned.js";
import type { ConnectError } from "../base/errors.js";
import type { Answer } from "./answer.js";
import { field } from "./page.js";
import type { Observation } from "./observation.js";

/** Milliseconds: certificates and tickets (Kerberos: 5 minutes) begin to fail from there on. */
const tolerated = 5 * 60_000;

/**
 * This machine's clock held against the `Date` of an answer (RFC 9110 section 6.6.1), to the second. Not that of a cache, which is as old as
 * what it kept, nor one that anybody on the way may have written.
 * @param now milliseconds since the epoch, when the answer had come
 */
export function clockFault({ headers }: Answer, observation: Observation, now: number): ConnectError | undefined {
  if (!observation.isTls || field(headers, "age") !== undefined) return undefined;
  const theirs = Date.parse(field(headers, "date") ?? "");
  const behind = theirs - now;
  return Number.isNaN(theirs) || Math.abs(behind) < tolerated ? undefined : clockDiffers(observation.target, behind);
}
