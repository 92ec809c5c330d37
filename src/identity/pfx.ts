import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { isCertificateBlock } from "../base/pem-certificate.js";
import { readPem } from "../base/pem.js";
import { openedWithout } from "../base/trimmed-forms.js";
import type { FileSetting } from "../policy/types.js";
import { askPassphrase, readSettingFile, type Gathered, type Loading } from "./gathered.js";
import { CostlyDerivationError } from "./effort.js";
import {
  otherThanPfx,
  passwordWrong,
  pemInsteadOfPfx,
  pfxDamaged,
  pfxHoldsDamaged,
  pfxInRetiredCipher,
  pfxTooCostly,
  pfxWithoutCertificate,
  pfxWithoutKey,
  pfxWithoutPassword,
} from "./faults-pfx.js";
import type { FaultWords } from "./faults.js";
import { UnsupportedCipherError } from "./pbe.js";
import { openPkcs12, WrongPasswordError, type Pkcs12 } from "./pkcs12.js";

const nothing = { certificates: [], key: undefined };

/** Reads certificate, chain and key from the PKCS#12 file that `setting` names. */
export async function gatherPfx(setting: FileSetting, loading: Loading): Promise<Gathered> {
  const files = { certFile: setting, keyFile: setting };
  const bytes = await readSettingFile(setting, "CERT_FILE_UNREADABLE", loading);
  if (bytes === undefined) return { ...nothing, ...files };
  const content = isPkcs12(bytes, setting, loading) ? await open(bytes, setting, loading) : undefined;
  return content === undefined ? { ...nothing, ...files } : { ...parse(content, setting, loading), ...files };
}

function isPkcs12(bytes: Buffer, setting: FileSetting, { findings, names }: Loading): boolean {
  const file = readPem(bytes);
  // What is damaged is told by opening it.
  if (file.kind === "der" && (file.der === "pkcs12" || file.der === "unknown")) return true;
  if (file.kind === "pem") {
    const right = file.blocks.some(isCertificateBlock) ? names.cert : names.key;
    findings.add("PFX_INVALID", pemInsteadOfPfx(setting, right, names));
  } else {
    findings.add("PFX_INVALID", otherThanPfx(setting, file));
  }
  return false;
}

async function open(bytes: Buffer, setting: FileSetting, loading: Loading): Promise<Pkcs12 | undefined> {
  const { findings, names, spec } = loading;
  let password: string | undefined;
  try {
    // Asked only where one is set: there are files without a password.
    password = spec.passphrase === undefined ? undefined : await loading.passphrase();
  } catch (error) {
    findings.take(error);
    return undefined;
  }
  try {
    return await openPkcs12(bytes, password, loading.signal);
  } catch (cause) {
    loading.signal?.throwIfAborted();
    if (cause instanceof WrongPasswordError && password === undefined) {
      await askPassphrase(loading, pfxWithoutPassword(setting));
    } else if (cause instanceof WrongPasswordError) {
      const without = await openedWithout(password ?? "", (text) => opens(bytes, text, loading.signal));
      findings.add("PFX_PASSWORD_WRONG", passwordWrong(setting, names, without));
    } else if (cause instanceof UnsupportedCipherError) {
      findings.add("PFX_LEGACY_CIPHER", pfxInRetiredCipher(setting, cause.cipher), { cause });
    } else if (cause instanceof CostlyDerivationError) {
      findings.add("PFX_INVALID", pfxTooCostly(setting, cause.message), { cause });
    } else {
      findings.add("PFX_INVALID", pfxDamaged(setting), { cause });
    }
    return undefined;
  }
}

async function opens(bytes: Buffer, password: string, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await openPkcs12(bytes, password, signal);
    return true;
  } catch (error) {
    signal?.throwIfAborted();
    // What else may be wrong with the store comes after its password.
    return !(error instanceof WrongPasswordError);
  }
}

function parse(
  content: Pkcs12,
  setting: FileSetting,
  { findings }: Loading,
): { certificates: X509Certificate[]; key: KeyObject | undefined } {
  const invalid = (words: FaultWords, cause?: unknown): void => findings.add("PFX_INVALID", words, { cause });
  let certificates: X509Certificate[] = [];
  let keys: KeyObject[] = [];
  try {
    certificates = content.certificates.map((der) => new X509Certificate(der));
    keys = content.keys.map((der) => createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
  } catch (cause) {
    invalid(pfxHoldsDamaged(setting), cause);
    return { certificates: [], key: undefined };
  }
  if (certificates.length === 0) invalid(pfxWithoutCertificate(setting));
  if (keys.length === 0) invalid(pfxWithoutKey(setting));
  // A store may hold several pairs; the first that is one counts, as in OpenSSL.
  const key =
    keys.find((candidate) => certificates.some((certificate) => certificate.checkPrivateKey(candidate))) ?? keys[0];
  return { certificates, key };
}
