import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { describeContent } from "../base/pem-advice.js";
import { isCertificateBlock } from "../base/pem-certificate.js";
import { readPem } from "../base/pem.js";
import { quotePath } from "../base/quote-path.js";
import { openedWithout } from "../base/trimmed-forms.js";
import type { FileSetting } from "../policy/types.js";
import { about, askPassphrase, readSettingFile, type Gathered, type Loading } from "./gathered.js";
import { CostlyDerivationError } from "./effort.js";
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
    findings.add(
      "PFX_INVALID",
      `${about(setting)} is PEM, not PKCS#12`,
      `set ${right} to this path instead of ${names.pfx}`,
    );
  } else {
    const what = file.kind === "der" ? describeContent(file).replace("PEM", "PKCS#12") : describeContent(file);
    findings.add(
      "PFX_INVALID",
      `${about(setting)} ${what}`,
      "export certificate and key together, as a .p12 or .pfx file, and name that",
    );
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
    const path = quotePath(setting.value);
    if (cause instanceof WrongPasswordError && password === undefined) {
      await askPassphrase(loading, { message: `${about(setting)} is protected by a password but none is set` });
    } else if (cause instanceof WrongPasswordError) {
      const without = await openedWithout(password ?? "", (text) => opens(bytes, text, loading.signal));
      findings.add(
        "PFX_PASSWORD_WRONG",
        `${names.passphrase}: this password does not open ${setting.value}${without === undefined ? "" : `; without ${without} it does`}`,
        without === undefined
          ? `correct ${names.passphrase}; to try it by hand, run: openssl pkcs12 -in ${path} -noout`
          : `take ${without} out of ${names.passphrase}`,
      );
    } else if (cause instanceof UnsupportedCipherError) {
      const renewed = quotePath(`${setting.value.replace(/\.(?:pfx|p12)$/i, "")}-aes.pfx`);
      findings.add(
        "PFX_LEGACY_CIPHER",
        `${about(setting)} is encrypted with ${cause.cipher}, which OpenSSL 3 no longer supports`,
        `export it again with AES, and name the new file: openssl pkcs12 -legacy -in ${path} -nodes | openssl pkcs12 -export -out ${renewed}`,
        { cause },
      );
    } else if (cause instanceof CostlyDerivationError) {
      findings.add(
        "PFX_INVALID",
        `${about(setting)} asks for ${cause.message}, so trying its password would take too long`,
        "export certificate and key again at their source, with a usual number of rounds",
        { cause },
      );
    } else {
      findings.add(
        "PFX_INVALID",
        `${about(setting)} is not a complete PKCS#12 store`,
        "copy or export it again: a part of it is missing or was changed",
        { cause },
      );
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
  const invalid = (what: string, remedy: string, cause?: unknown): void =>
    findings.add("PFX_INVALID", `${about(setting)} ${what}`, remedy, { cause });
  let certificates: X509Certificate[] = [];
  let keys: KeyObject[] = [];
  try {
    certificates = content.certificates.map((der) => new X509Certificate(der));
    keys = content.keys.map((der) => createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
  } catch (cause) {
    invalid("holds a damaged certificate or key", "export it again", cause);
    return { certificates: [], key: undefined };
  }
  if (certificates.length === 0) invalid("holds no certificate", "export certificate and key together");
  if (keys.length === 0) invalid("holds no private key", "export the certificate together with its private key");
  // A store may hold several pairs; the first that is one counts, as in OpenSSL.
  const key =
    keys.find((candidate) => certificates.some((certificate) => certificate.checkPrivateKey(candidate))) ?? keys[0];
  return { certificates, key };
}
