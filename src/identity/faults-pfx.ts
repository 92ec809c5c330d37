import { describeContent } from "../base/faults-pem.js";
import type { PemFile } from "../base/pem.js";
import { quotePath } from "../base/quote-path.js";
import type { FileSetting } from "../policy/types.js";
import { about } from "./about.js";
import type { FaultWords } from "./faults.js";
import type { SettingNames } from "./names.js";

/** `right`: the setting that such a file belongs into. */
export function pemInsteadOfPfx(setting: FileSetting, right: string, names: SettingNames): FaultWords {
  return {
    message: `${about(setting)} is PEM, not PKCS#12`,
    remedy: `set ${right} to this path instead of ${names.pfx}`,
  };
}

export function otherThanPfx(setting: FileSetting, file: PemFile): FaultWords {
  const what = file.kind === "der" ? describeContent(file).replace("PEM", "PKCS#12") : describeContent(file);
  return {
    message: `${about(setting)} ${what}`,
    remedy: "export certificate and key together, as a .p12 or .pfx file, and name that",
  };
}

/** The message alone: `passphraseMissing` has the remedy. */
export function pfxWithoutPassword(setting: FileSetting): string {
  return `${about(setting)} is protected by a password but none is set`;
}

/** `without`: what has to be taken out of the password for it to work, where that is known. */
export function passwordWrong(setting: FileSetting, names: SettingNames, without: string | undefined): FaultWords {
  const path = quotePath(setting.value);
  return {
    message: `${names.passphrase}: this password does not open ${setting.value}${without === undefined ? "" : `; without ${without} it does`}`,
    remedy:
      without === undefined
        ? `correct ${names.passphrase}; to try it by hand, run: openssl pkcs12 -in ${path} -noout`
        : `take ${without} out of ${names.passphrase}`,
  };
}

export function pfxInRetiredCipher(setting: FileSetting, cipher: string): FaultWords {
  const path = quotePath(setting.value);
  const renewed = quotePath(`${setting.value.replace(/\.(?:pfx|p12)$/i, "")}-aes.pfx`);
  return {
    message: `${about(setting)} is encrypted with ${cipher}, which OpenSSL 3 no longer supports`,
    remedy: `export it again with AES, and name the new file: openssl pkcs12 -legacy -in ${path} -nodes | openssl pkcs12 -export -out ${renewed}`,
  };
}

/** `rounds`: as `tooManyRounds` says it. */
export function pfxTooCostly(setting: FileSetting, rounds: string): FaultWords {
  return {
    message: `${about(setting)} asks for ${rounds}, so trying its password would take too long`,
    remedy: "export certificate and key again at their source, with a usual number of rounds",
  };
}

export function pfxDamaged(setting: FileSetting): FaultWords {
  return {
    message: `${about(setting)} is not a complete PKCS#12 store`,
    remedy: "copy or export it again: a part of it is missing or was changed",
  };
}

export function pfxHoldsDamaged(setting: FileSetting): FaultWords {
  return { message: `${about(setting)} holds a damaged certificate or key`, remedy: "export it again" };
}

export function pfxWithoutCertificate(setting: FileSetting): FaultWords {
  return { message: `${about(setting)} holds no certificate`, remedy: "export certificate and key together" };
}

export function pfxWithoutKey(setting: FileSetting): FaultWords {
  return {
    message: `${about(setting)} holds no private key`,
    remedy: "export the certificate together with its private key",
  };
}
