import { configInvalid } from "../../base/faults-config.js";
import type { ConnectError } from "../../base/errors.js";
import type { DialContext } from "../../dial/types.js";
import type { Identities } from "../../identity/types.js";
import type { TrustBundle } from "../../trust/types.js";
import type { LiveEvent } from "./types.js";

/**
 * What is only a warning at the start, and in changed settings a reason to keep the old ones: something that could be used until now, and
 * cannot any more. `inTheMiddle`: more may be about to change.
 */
export function unlikeBefore(before: DialContext, after: DialContext, inTheMiddle: boolean): ConnectError | undefined {
  return (
    newlyBroken(before.identities, after.identities) ??
    (inTheMiddle ? newlyMissing(before.trust, after.trust) : undefined)
  );
}

function newlyBroken(before: Identities, after: Identities): ConnectError | undefined {
  const known = new Set(before.broken.map(({ name }) => name));
  const broken = after.broken.find(({ name }) => !known.has(name));
  return broken?.fault ?? (before.brokenProxy === undefined ? after.brokenProxy : undefined);
}

/** Authorities that cannot be used are left out. */
function newlyMissing(before: TrustBundle, after: TrustBundle): ConnectError | undefined {
  const known = new Set(before.warnings.map(textOf));
  return after.warnings.find((warning) => !known.has(textOf(warning)));
}

const textOf = ({ code, message }: ConnectError): string => `${code} ${message}`;

/** What a caller's own way to load settings may reject with. */
export function unloadable(cause: unknown): ConnectError {
  return configInvalid(
    "the settings could not be loaded",
    "correct them and reload; until then the old ones stay in force",
    cause,
  );
}

/** Tells the user of a program, on stderr, that changed settings are not in force. Who asked for them is told otherwise. */
export function warnOfFailure(event: LiveEvent): void {
  if (event.kind !== "failed" || event.asked) return;
  const { code, message, remedy } = event.fault;
  const text = `the changed settings cannot be used, so the old ones stay in force: ${message}; ${remedy}`;
  process.emitWarning(text, { type: "SallyportWarning", code });
}
