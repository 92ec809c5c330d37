import { oneLineName } from "../base/certificate.js";
import type { FaultCode } from "../base/codes.js";
import { ConnectError, type ConnectErrorInit } from "../base/errors.js";
import { describeReadError } from "../base/faults-read.js";
import { settingName } from "../policy/index.js";
import type { FileSetting } from "../policy/types.js";
import { about } from "./about.js";
import type { Chain } from "./chain.js";
import type { SettingNames } from "./names.js";

// What is wrong with the settings of an identity, and with its files together. What one file holds is in the other faults files.

/** What is said about a fault. */
export type FaultWords = Pick<ConnectErrorInit, "message" | "remedy">;

export function identityFault(
  code: FaultCode,
  words: FaultWords,
  rest: Pick<ConnectErrorInit, "cause" | "severity">,
): ConnectError {
  return new ConnectError(code, { ...rest, ...words, hop: "local" });
}

/** `other`: the setting of the pair that is set beside the store. */
export function pfxAndPair(names: SettingNames, other: string): FaultWords {
  return {
    message: `${names.pfx} and ${other} are both set; the PKCS#12 store is used`,
    remedy: `unset ${names.pfx}, or ${names.cert} and ${names.key}`,
  };
}

export function passphraseAlone(names: SettingNames): FaultWords {
  return {
    message: `${names.passphrase} is set, but no certificate is`,
    remedy: `set ${names.cert} and ${names.key}, or unset ${names.passphrase}`,
  };
}

export function keyWithoutCertificate(names: SettingNames): FaultWords {
  return {
    message: `${names.key} is set but ${names.cert} is not`,
    remedy: `set ${names.cert} to the certificate that belongs to this key`,
  };
}

export function certificateWithoutKey(names: SettingNames, cert: FileSetting): FaultWords {
  return {
    message: `${names.cert} is set but ${names.key} is not, and ${cert.value} holds no key`,
    remedy: `set ${names.key} to the private key of this certificate`,
  };
}

export function swapped(names: SettingNames, cert: FileSetting, key: FileSetting): FaultWords {
  return {
    message: `${names.cert} names a private key (${cert.value}) and ${names.key} a certificate (${key.value})`,
    remedy: `swap them: ${names.cert} is ${key.value} and ${names.key} is ${cert.value}`,
  };
}

export function mismatch(
  names: SettingNames,
  { leaf }: Chain,
  certFile: FileSetting,
  keyFile: FileSetting,
): FaultWords {
  return {
    message: `${names.key}: the key in ${keyFile.value} does not belong to the certificate ${oneLineName(leaf.subject)} in ${certFile.value}`,
    remedy: "name the key that this certificate was issued for, or the certificate that was issued for this key",
  };
}

/** `name`: what the identity is called, where there is no file to name. */
export function refusedByOpenSsl(certFile: FileSetting | undefined, name: string, cause: unknown): FaultWords {
  const reason = cause instanceof Error && "reason" in cause ? String(cause.reason) : "not usable";
  return {
    message: `${certFile === undefined ? name : about(certFile)}: OpenSSL refuses this pair: ${reason}`,
    remedy: "ask its issuer for a certificate with a current algorithm and key size",
  };
}

export function unreadable(setting: FileSetting, cause: unknown): FaultWords {
  const { predicate, remedy } = describeReadError(cause, setting.value);
  return { message: `${about(setting)} ${predicate}`, remedy };
}

/** Of a path that may be a secret in the wrong place. */
export function unreadableAndNotShown(setting: FileSetting, cause: unknown): FaultWords {
  const { predicate } = describeReadError(cause, setting.value);
  return {
    message: `${settingName(setting.source)}: the file that it names ${predicate}`,
    remedy: "set it to the absolute path of the file",
  };
}
