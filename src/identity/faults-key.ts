import { adviseConversion, describeContent } from "../base/faults-pem.js";
import type { PemBlock, PemFile } from "../base/pem.js";
import { quotePath } from "../base/quote-path.js";
import type { FileSetting } from "../policy/types.js";
import { about, inputNote, inputOf } from "./about.js";
import type { FaultWords } from "./faults.js";
import type { SettingNames } from "./names.js";

export function accessibleToOthers(file: FileSetting, mode: number): FaultWords {
  return {
    message: `${about(file)} holds a private key and is accessible to other users (mode ${mode.toString(8).padStart(4, "0")})`,
    remedy: `chmod 600 ${quotePath(file.value)}`,
  };
}

/** The message alone: {@link passphraseMissing} has the remedy. */
export function keyWithoutPassphrase(setting: FileSetting, names: SettingNames): string {
  return `${names.key}: the key in ${setting.value} is encrypted but no passphrase is set`;
}

/** `own`: the variable of ours for it, where another tool's setting is the one in use. */
export function passphraseMissing(message: string, names: SettingNames, own: string): FaultWords {
  const isVariable = /^[A-Z0-9_]+$/.test(names.passphrase);
  return {
    message,
    remedy: `set ${names.passphrase}${isVariable && own !== names.passphrase ? `, or ${own}` : ""}`,
  };
}

/** `without`: what has to be taken out of the passphrase for it to work, where that is known. */
export function passphraseWrong(setting: FileSetting, names: SettingNames, without: string | undefined): FaultWords {
  return {
    message: `${names.passphrase}: this passphrase does not open the key in ${setting.value}${without === undefined ? "" : `; without ${without} it does`}`,
    remedy:
      without === undefined
        ? `correct ${names.passphrase}; to try it by hand, run: openssl pkey -in ${inputOf(setting)} -noout${inputNote(setting)}`
        : `take ${without} out of ${names.passphrase}`,
  };
}

export function keyInRetiredCipher(setting: FileSetting, cipher: string): FaultWords {
  const path = inputOf(setting);
  const renewed = setting.text === undefined ? quotePath(`${setting.value}.new`) : "NEW";
  return {
    message: `${about(setting)} is encrypted with ${cipher}, which OpenSSL 3 no longer supports`,
    remedy: `run: openssl pkcs8 -provider legacy -provider default -topk8 -v2 aes-256-cbc -in ${path} -out ${renewed} and name the new file${inputNote(setting)}`,
  };
}

export function keyDamaged(setting: FileSetting, block: PemBlock): FaultWords {
  return {
    message: `${about(setting)}, line ${block.line}: the private key is damaged`,
    remedy: "copy it again from its source, or have a new pair issued",
  };
}

/** `rounds`: as {@link tooManyRounds} says it. */
export function keyTooCostly(setting: FileSetting, rounds: string): FaultWords {
  return {
    message: `${about(setting)} asks for ${rounds}, so trying its passphrase would take too long`,
    remedy: "have the key encrypted again at its source, with a usual number of rounds",
  };
}

/** Follows "asks for". */
export function tooManyRounds(mostRounds: number): string {
  return `more than ${mostRounds} rounds of key derivation`;
}

export function pfxInsteadOfKey(setting: FileSetting, names: SettingNames): FaultWords {
  return {
    message: `${about(setting)} is a PKCS#12 store, not a PEM key`,
    remedy: `set ${names.pfx} to this path, and unset ${names.cert} and ${names.key}`,
  };
}

export function certificateInsteadOfKey(setting: FileSetting, names: SettingNames): FaultWords {
  return {
    message: `${about(setting)} holds a certificate but no private key`,
    remedy: `name the private key of the certificate in ${names.key}`,
  };
}

export function sshKey(setting: FileSetting, names: SettingNames): FaultWords {
  return {
    message: `${about(setting)} is an SSH key`,
    remedy: `name the private key of the certificate in ${names.key}`,
  };
}

export function otherBlockThanKey(setting: FileSetting, first: PemBlock, names: SettingNames): FaultWords {
  return {
    message: `${about(setting)} holds a ${first.label} block but no private key`,
    remedy: `name the private key of the certificate in ${names.key}`,
  };
}

export function noPemKey(setting: FileSetting, file: PemFile): FaultWords {
  return {
    message: `${about(setting)} ${describeContent(file)}`,
    remedy: adviseConversion(file, setting.value) ?? "put the private key there in PEM form",
  };
}
