import { X509Certificate, type KeyObject } from "node:crypto";
import { certificateOf, isCertificateBlock } from "../base/pem-certificate.js";
import { readPem, type PemBlock, type PemFile } from "../base/pem.js";
import { openedWithout } from "../base/trimmed-forms.js";
import type { FileSetting } from "../policy/types.js";
import { CostlyDerivationError } from "./effort.js";
import {
  brokenPem,
  certificateDamaged,
  keyInsteadOfCertificate,
  noPemCertificate,
  otherBlockThanCertificate,
  pfxInsteadOfCertificate,
} from "./faults-certificate.js";
import {
  certificateInsteadOfKey,
  keyDamaged,
  keyInRetiredCipher,
  keyTooCostly,
  keyWithoutPassphrase,
  noPemKey,
  otherBlockThanKey,
  passphraseWrong,
  pfxInsteadOfKey,
  sshKey,
} from "./faults-key.js";
import { certificateWithoutKey, keyWithoutCertificate, passphraseAlone, swapped } from "./faults.js";
import type { FaultWords } from "./faults.js";
import { askPassphrase, readSettingFile, type Gathered, type Loading } from "./gathered.js";
import { isEncrypted, isKeyBlock, keyRounds, openKey } from "./private-key.js";

interface OpenedFile {
  readonly setting: FileSetting;
  readonly file: PemFile;
}

/** Reads a certificate and its key from PEM files; both may lie in the one that `cert` names. */
export async function gatherPair(loading: Loading): Promise<Gathered> {
  const { spec, names, findings } = loading;
  // One after the other: what is said first must not depend on which file is read faster.
  const cert = await open(spec.cert, "CERT_FILE_UNREADABLE", loading);
  const key = await open(spec.key, "KEY_FILE_UNREADABLE", loading);

  if (spec.cert === undefined && spec.key === undefined) {
    // A passphrase that was left behind harms nothing.
    findings.add("CERT_MISSING", passphraseAlone(names), { severity: "warning" });
  } else if (spec.cert === undefined) {
    findings.add("CERT_MISSING", keyWithoutCertificate(names));
  }
  if (cert !== undefined && key !== undefined && areSwapped(cert.file, key.file)) {
    findings.add("CERT_KEY_SWAPPED", swapped(names, cert.setting, key.setting));
    return { certificates: [], key: undefined, certFile: undefined, keyFile: undefined };
  }

  const keyFile = key ?? (spec.key === undefined && cert?.file.blocks.some(isKeyBlock) ? cert : undefined);
  if (cert !== undefined && spec.key === undefined && keyFile === undefined && holdsCertificates(cert.file)) {
    findings.add("KEY_MISSING", certificateWithoutKey(names, cert.setting));
  }
  return {
    certificates: cert === undefined ? [] : readCertificates(cert, loading),
    key: keyFile === undefined ? undefined : await readKey(keyFile, loading),
    certFile: cert?.setting,
    keyFile: keyFile?.setting,
  };
}

async function open(
  setting: FileSetting | undefined,
  code: "CERT_FILE_UNREADABLE" | "KEY_FILE_UNREADABLE",
  loading: Loading,
): Promise<OpenedFile | undefined> {
  if (setting === undefined) return undefined;
  const bytes = await readSettingFile(setting, code, loading);
  return bytes === undefined ? undefined : { setting, file: readPem(bytes) };
}

function holdsCertificates(file: PemFile): boolean {
  return file.blocks.some(isCertificateBlock);
}

function areSwapped(cert: PemFile, key: PemFile): boolean {
  return (
    !holdsCertificates(cert) && cert.blocks.some(isKeyBlock) && holdsCertificates(key) && !key.blocks.some(isKeyBlock)
  );
}

function readCertificates({ setting, file }: OpenedFile, { findings, names }: Loading): X509Certificate[] {
  const invalid = (words: FaultWords, cause?: unknown): void => findings.add("CERT_FILE_INVALID", words, { cause });
  for (const problem of file.problems) invalid(brokenPem(setting, problem));
  const found: X509Certificate[] = [];
  for (const block of file.blocks.filter(isCertificateBlock)) {
    try {
      found.push(new X509Certificate(Buffer.from(certificateOf(block)?.base64 ?? "", "base64")));
    } catch (cause) {
      invalid(certificateDamaged(setting, block), cause);
    }
  }
  if (found.length > 0 || file.problems.length > 0 || holdsCertificates(file)) return found;

  const first = file.blocks[0];
  if (file.kind === "der" && file.der === "pkcs12") {
    invalid(pfxInsteadOfCertificate(setting, names));
  } else if (file.blocks.some(isKeyBlock)) {
    invalid(keyInsteadOfCertificate(setting, names));
  } else if (first !== undefined) {
    invalid(otherBlockThanCertificate(setting, first));
  } else {
    invalid(noPemCertificate(setting, file));
  }
  return found;
}

async function readKey(opened: OpenedFile, loading: Loading): Promise<KeyObject | undefined> {
  const { setting, file } = opened;
  const { findings, names } = loading;
  const block = file.blocks.find(isKeyBlock);
  if (block === undefined) {
    reportNoKey(opened, loading);
    return undefined;
  }

  if (isTooCostly(block, setting, loading)) return undefined;
  const encrypted = isEncrypted(block);
  const passphrase = encrypted ? await askPassphrase(loading, keyWithoutPassphrase(setting, names)) : undefined;
  if (encrypted && passphrase === undefined) return undefined;
  const result = await openKey(block, passphrase, loading.signal);
  switch (result.kind) {
    case "key":
      return result.key;
    case "wrong-passphrase": {
      const opens = async (text: string): Promise<boolean> =>
        (await openKey(block, text, loading.signal)).kind === "key";
      const without = await openedWithout(passphrase ?? "", opens);
      findings.add("KEY_PASSPHRASE_WRONG", passphraseWrong(setting, names, without), { cause: result.cause });
      return undefined;
    }
    case "unsupported":
      findings.add("KEY_FILE_INVALID", keyInRetiredCipher(setting, result.cipher), { cause: result.cause });
      return undefined;
    case "damaged":
      findings.add("KEY_FILE_INVALID", keyDamaged(setting, block), { cause: result.cause });
      return undefined;
  }
}

/** Told before the passphrase is asked for. */
function isTooCostly(block: PemBlock, setting: FileSetting, { findings }: Loading): boolean {
  try {
    keyRounds(block);
    return false;
  } catch (cause) {
    if (!(cause instanceof CostlyDerivationError)) throw cause;
    findings.add("KEY_FILE_INVALID", keyTooCostly(setting, cause.message), { cause });
    return true;
  }
}

function reportNoKey({ setting, file }: OpenedFile, { findings, names }: Loading): void {
  const invalid = (words: FaultWords): void => findings.add("KEY_FILE_INVALID", words);
  const problem = file.problems[0];
  const first = file.blocks[0];
  if (problem !== undefined) {
    invalid(brokenPem(setting, problem));
  } else if (file.kind === "der" && file.der === "pkcs12") {
    invalid(pfxInsteadOfKey(setting, names));
  } else if (holdsCertificates(file)) {
    invalid(certificateInsteadOfKey(setting, names));
  } else if (first?.label === "OPENSSH PRIVATE KEY") {
    invalid(sshKey(setting, names));
  } else if (first !== undefined) {
    invalid(otherBlockThanKey(setting, first, names));
  } else {
    invalid(noPemKey(setting, file));
  }
}
