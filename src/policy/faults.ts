import { configInvalid } from "../base/faults-config.js";
import { ConnectError } from "../base/errors.js";
import type { PatternProblem } from "./faults-hosts.js";
import type { Source } from "./types.js";
import { settingName } from "./setting-name.js";
import type { Variable } from "./variables.js";

export function secretInstead(setting: string): ConnectError {
  return new ConnectError("NO_PROXY_ENTRY_INVALID", {
    message: `${setting} holds a key or a token instead of hosts, so it matches nothing`,
    remedy: "write names such as example.com, addresses, or blocks such as 10.0.0.0/8",
    hop: "local",
  });
}

/** @param shown the entry, as it may be shown */
export function invalidEntry(setting: string, shown: string, { problem, remedy }: PatternProblem): ConnectError {
  const message = `${setting}: the entry ${shown} ${problem}, so it matches nothing`;
  return new ConnectError("NO_PROXY_ENTRY_INVALID", { message, remedy, hop: "local" });
}

export function invalidHosts(setting: string, shown: string, { problem, remedy }: PatternProblem): ConnectError {
  return configInvalid(`${setting}: ${shown} ${problem}`, remedy);
}

/** The fault of a setting that stops nothing, or not everything. The fault itself is its cause. */
export function asWarning(fault: ConnectError, consequence: string): ConnectError {
  const { code, message, remedy, hop, stage } = fault;
  const told = `${message}; ${consequence}`;
  return new ConnectError(code, { message: told, remedy, hop, stage, severity: "warning", cause: fault });
}

/** Under `strict` a warning is an error: the same fault, told more loudly. */
export function raiseSeverity(fault: ConnectError): ConnectError {
  if (fault.severity === "error") return fault;
  const { code, message, remedy, hop, stage, cause } = fault;
  return new ConnectError(code, { message, remedy, hop, stage, cause, severity: "error" });
}

/** What becomes of a setting that another one overrides. */
export function notUsed(winner: Source): string {
  return `it is not used, since ${settingName(winner)} takes precedence`;
}

/** What becomes of requests for which nothing else counts. `targets`: of which hosts, or with which scheme. */
export function theyFail(targets: string): string {
  return `requests to ${targets} fail with this error`;
}

/** Which of the two is meant cannot be known. */
export function pairAndPfx(pair: Source, pfx: Source): ConnectError {
  return configInvalid(
    `${settingName(pair)} and ${settingName(pfx)} are both set`,
    "keep either certificate and key, or the PKCS#12 file",
  );
}

export function secretInsteadOfHosts(setting: string): ConnectError {
  return configInvalid(`${setting} holds a key or a token instead of hosts`, "name at least one host, or * for all");
}

export function noHosts(setting: string): ConnectError {
  return configInvalid(`${setting} names no host`, "name at least one host, or * for all");
}

export function variableNotSet(source: Source, name: string): ConnectError {
  return configInvalid(
    `${settingName(source)} refers to ${name}, which is not set`,
    "set that variable, or provide the secret through a command or a file",
  );
}

/** @param meant the store whose name is nearest, if one is near */
export function unknownStore(name: string, meant: string | undefined): ConnectError {
  return configInvalid(
    `${name} names a certificate store that does not exist`,
    `${meant === undefined ? "" : `did you mean ${meant}? `}known values: bundled and system, separated by a comma`,
  );
}

export function invalidPacFallback(variable: Variable): ConnectError {
  return configInvalid(`${variable.name} is neither fail nor direct`, `set ${variable.name} to fail or direct`);
}

export function invalidSwitch(variable: Variable): ConnectError {
  return configInvalid(`${variable.name} is not a valid switch`, `set ${variable.name} to 1 or 0`);
}

/** @param name the variable's */
export function invalidTtl(name: string): ConnectError {
  return configInvalid(`${name} must be a whole number of milliseconds, 0 or more`, `correct ${name}, or unset it`);
}

export function emptyHelper(setting: string): ConnectError {
  return configInvalid(`${setting} names no command`, "name the command that prints the value of Proxy-Authorization");
}

export function verificationDisabled(variable: Variable): ConnectError {
  return new ConnectError("TLS_VERIFICATION_DISABLED", {
    hop: "local",
    message: `${variable.name}=0 makes Node programs accept any certificate, an attacker's too; sallyport still verifies them`,
    remedy: `unset ${variable.name}, and name your network's CA file in NODE_EXTRA_CA_CERTS`,
  });
}

export function wrongType(name: string): ConnectError {
  return configInvalid(
    `${settingName({ kind: "option", name })} has a value of the wrong type`,
    "see PolicyOptions in the package's types",
  );
}
