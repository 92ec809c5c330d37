import { configFault, configInvalid } from "../base/faults-config.js";
import { ConnectError } from "../base/errors.js";

/** An option that stands beside `source`, where it would not count. */
export function misplacedSource(misplaced: string): ConnectError {
  return configInvalid(`the option ${misplaced} belongs in source`, `write source: { ${misplaced}: … }`);
}

export const emptySource = configFault(
  "the option source names no source",
  "give it variables, environment or policy, or leave it out",
);

export function severalSources(named: readonly string[]): ConnectError {
  return configInvalid(`the option source has both ${named.join(" and ")}`, `leave one of them out: ${named[0]}, say`);
}

export function besidePolicy(options: readonly string[]): ConnectError {
  return configInvalid(
    `${options.join(", ")} would not count beside source: { policy }, which is complete`,
    "give these settings to resolvePolicy, or name another source",
  );
}

/** `known`: the names that identities have, for who has misspelt one. */
export function unknownIdentity(known: readonly string[]): ConnectError {
  return configInvalid(
    "no client certificate of the settings has the name that identity asks for",
    known.length === 0
      ? "add it to identities in the config file, or give its files: identity: { cert, key }"
      : `name one of ${known.join(", ")}, or give its files: identity: { cert, key }`,
  );
}

export const wrongIdentity = configFault(
  "the option identity names no certificate",
  'write identity: { cert, key }, { pfx }, or the name of one of the settings: "work"',
);

export const foreignNetwork = configFault(
  "the option identity needs a network that createNetwork made",
  "pass what createNetwork gives, of the same copy of sallyport",
);

/** The first, with all of them as its cause where there are more. */
export function firstOf(faults: readonly ConnectError[]): ConnectError | undefined {
  const [first] = faults;
  if (first === undefined || faults.length === 1) return first;
  const { message, remedy, hop, stage, severity } = first;
  return new ConnectError(first.code, {
    message,
    remedy,
    hop,
    stage,
    severity,
    cause: new AggregateError(faults, `${faults.length} settings are unusable`),
  });
}
