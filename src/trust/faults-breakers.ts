import { oneLineName } from "../base/certificate.js";
import { ConnectError } from "../base/errors.js";
import { oneLine } from "../base/one-line.js";
import { quotePath } from "../base/quote-path.js";
import { settingName } from "../policy/index.js";
import type { Found } from "./found-authority.js";

// Authorities that do no harm here and break other programs.

/** A certificate that calls itself its own issuer, and is signed by another key. */
export function namedAfterItself(one: Found): ConnectError {
  return breaker(
    `${nameOf(one)} ${whereIs(one)} gives its own name as its issuer's, but its own key did not sign it: ` +
      "programs that take it for a root reject every chain that ends there",
    `${adviseRemoval(one)}; whoever runs that authority has the root of that name`,
  );
}

/** @param loop each was issued by the next, the last by the first */
export function loopOfCrossCertificates(loop: readonly Found[]): ConnectError {
  const shown = loop.slice(0, 4).map((one) => `${nameOf(one)} (SHA-256 ${fingerprintOf(one)}…, ${placeOf(one)})`);
  const more = loop.length > shown.length ? `, and ${loop.length - shown.length} more` : "";
  return breaker(
    `${shown.join(", ")}${more} certify each other in a loop: programs that follow it never come to a root`,
    `${loop[0] === undefined ? "take one of them out" : adviseRemoval(loop[0])}; the roots of these authorities are what is needed there`,
  );
}

/** A root whose time is over, beside one of the same name that is in time. */
export function expiredBesideSuccessor(old: Found, successor: Found): ConnectError {
  return breaker(
    `${nameOf(old)} ${whereIs(old)} expired on ${day(old.until)}, and its successor (valid until ${day(successor.until)}) ` +
      `${whereIs(successor)} has the same name: programs that take the first of that name say that the certificate has expired`,
    adviseRemoval(old),
  );
}

/** Two roots with one name and two keys. */
export function sameNameOtherKey(one: Found, other: Found): ConnectError {
  const older = one.from <= other.from ? one : other;
  return breaker(
    `two roots named ${nameOf(one)} have different keys (SHA-256 ${fingerprintOf(one)}… ${whereIs(one)}, ${fingerprintOf(other)}… ${whereIs(other)}), ` +
      "and no key identifier tells them apart: programs take one of them, and reject what the other has signed",
    `ask whoever runs that authority which one is current; if it was renewed, ${adviseRemoval(older)} (the older one)`,
  );
}

function breaker(message: string, remedy: string): ConnectError {
  return new ConnectError("CA_BREAKS_CHAINS", { message, remedy, severity: "warning", hop: "local" });
}

function adviseRemoval(one: Found): string {
  const which = `the certificate whose SHA-256 fingerprint begins with ${fingerprintOf(one)}`;
  if (one.place === "system")
    return `have ${which} taken out of the operating system's store, by those who put it there`;
  if (one.place.source.kind === "stored") return `run: sallyport trust remove ${fingerprintOf(one)}`;
  return one.place.text === undefined && one.place.doubtful !== true
    ? `take ${which} out of ${quotePath(one.place.value)}`
    : `take ${which} out of what ${settingName(one.place.source)} holds`;
}

function placeOf({ place }: Found): string {
  if (place === "system") return "the operating system's store";
  return place.text === undefined && place.doubtful !== true ? place.value : `what ${settingName(place.source)} names`;
}

const whereIs = (one: Found): string => `in ${placeOf(one)}`;

/** As the command that takes one out reads it: enough of it to tell it from all others. */
const fingerprintOf = ({ certificate }: Found): string => certificate.fingerprint256.slice(0, 23);

function nameOf({ certificate: { subject } }: Found): string {
  const name = /^CN=(.+)$/m.exec(subject)?.[1] ?? oneLineName(subject);
  return `"${oneLine(name, 80)}"`;
}

const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
