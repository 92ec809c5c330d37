import { X509Certificate, type KeyObject } from "node:crypto";
import { adviseConversion, describeContent } from "../base/pem-advice.js";
import { certificateOf, isCertificateBlock } from "../base/pem-certificate.js";
import { readPem, type PemBlock, type PemFile } from "../base/pem.js";
import { openedWithout } from "../base/trimmed-forms.js";
import { quotePath } from "../base/quote-path.js";
import type { FileSetting } from "../policy/types.js";
import { CostlyDerivationError } from "./effort.js";
import { about, askPassphrase, inputNote, inputOf, readSettingFile, type Gathered, type Loading } from "./gathered.js";
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
    findings.add(
      "CERT_MISSING",
      `${names.passphrase} is set, but no certificate is`,
      `set ${names.cert} and ${names.key}, or unset ${names.passphrase}`,
      { severity: "warning" },
    );
  } else if (spec.cert === undefined) {
    findings.add(
      "CERT_MISSING",
      `${names.key} is set but ${names.cert} is not`,
      `set ${names.cert} to the certificate that belongs to this key`,
    );
  }
  if (cert !== undefined && key !== undefined && areSwapped(cert.file, key.file)) {
    findings.add(
      "CERT_KEY_SWAPPED",
      `${names.cert} names a private key (${cert.setting.value}) and ${names.key} a certificate (${key.setting.value})`,
      `swap them: ${names.cert} is ${key.setting.value} and ${names.key} is ${cert.setting.value}`,
    );
    return { certificates: [], key: undefined, certFile: undefined, keyFile: undefined };
  }

  const keyFile = key ?? (spec.key === undefined && cert?.file.blocks.some(isKeyBlock) ? cert : undefined);
  if (cert !== undefined && spec.key === undefined && keyFile === undefined && holdsCertificates(cert.file)) {
    findings.add(
      "KEY_MISSING",
      `${names.cert} is set but ${names.key} is not, and ${cert.setting.value} holds no key`,
      `set ${names.key} to the private key of this certificate`,
    );
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
  const invalid = (what: string, remedy: string, cause?: unknown): void =>
    findings.add("CERT_FILE_INVALID", `${about(setting)}${what}`, remedy, { cause });
  for (const { line, cause, remedy } of file.problems) invalid(`, line ${line}: ${cause}`, remedy);
  const found: X509Certificate[] = [];
  for (const block of file.blocks.filter(isCertificateBlock)) {
    try {
      found.push(new X509Certificate(Buffer.from(certificateOf(block)?.base64 ?? "", "base64")));
    } catch (cause) {
      invalid(
        `, line ${block.line}: the certificate is damaged`,
        "copy it again from its source: the text between its BEGIN and END lines was changed",
        cause,
      );
    }
  }
  if (found.length > 0 || file.problems.length > 0 || holdsCertificates(file)) return found;

  const first = file.blocks[0];
  if (file.kind === "der" && file.der === "pkcs12") {
    invalid(" is a PKCS#12 store, not PEM", `set ${names.pfx} to this path, and unset ${names.cert} and ${names.key}`);
  } else if (file.blocks.some(isKeyBlock)) {
    invalid(
      " holds a private key but no certificate",
      `name the certificate in ${names.cert}, and this file in ${names.key}`,
    );
  } else if (first !== undefined) {
    const advice =
      first.label === "PKCS7" || first.label === "CMS"
        ? `run: openssl pkcs7 -print_certs -in ${inputOf(setting)}${inputNote(setting)} and name a file with its output`
        : undefined;
    invalid(
      ` holds a ${first.label} block but no certificate`,
      advice ?? "name the certificate that the authority issued, in PEM form",
    );
  } else {
    invalid(
      ` ${describeContent(file)}`,
      adviseConversion(file, setting.value) ??
        "put the certificate there in PEM form, and after it the intermediates that came with it",
    );
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
  const missing = `${names.key}: the key in ${setting.value} is encrypted but no passphrase is set`;
  const passphrase = encrypted ? await askPassphrase(loading, { message: missing }) : undefined;
  if (encrypted && passphrase === undefined) return undefined;
  const result = await openKey(block, passphrase, loading.signal);
  switch (result.kind) {
    case "key":
      return result.key;
    case "wrong-passphrase": {
      const opens = async (text: string): Promise<boolean> =>
        (await openKey(block, text, loading.signal)).kind === "key";
      const without = await openedWithout(passphrase ?? "", opens);
      findings.add(
        "KEY_PASSPHRASE_WRONG",
        `${names.passphrase}: this passphrase does not open the key in ${setting.value}${without === undefined ? "" : `; without ${without} it does`}`,
        without === undefined
          ? `correct ${names.passphrase}; to try it by hand, run: openssl pkey -in ${inputOf(setting)} -noout${inputNote(setting)}`
          : `take ${without} out of ${names.passphrase}`,
        { cause: result.cause },
      );
      return undefined;
    }
    case "unsupported": {
      const path = inputOf(setting);
      const renewed = setting.text === undefined ? quotePath(`${setting.value}.new`) : "NEW";
      findings.add(
        "KEY_FILE_INVALID",
        `${about(setting)} is encrypted with ${result.cipher}, which OpenSSL 3 no longer supports`,
        `run: openssl pkcs8 -provider legacy -provider default -topk8 -v2 aes-256-cbc -in ${path} -out ${renewed} and name the new file${inputNote(setting)}`,
        { cause: result.cause },
      );
      return undefined;
    }
    case "damaged":
      findings.add(
        "KEY_FILE_INVALID",
        `${about(setting)}, line ${block.line}: the private key is damaged`,
        "copy it again from its source, or have a new pair issued",
        { cause: result.cause },
      );
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
    findings.add(
      "KEY_FILE_INVALID",
      `${about(setting)} asks for ${cause.message}, so trying its passphrase would take too long`,
      "have the key encrypted again at its source, with a usual number of rounds",
      { cause },
    );
    return true;
  }
}

function reportNoKey({ setting, file }: OpenedFile, { findings, names }: Loading): void {
  const invalid = (what: string, remedy: string): void =>
    findings.add("KEY_FILE_INVALID", `${about(setting)}${what}`, remedy);
  const problem = file.problems[0];
  const first = file.blocks[0];
  if (problem !== undefined) {
    invalid(`, line ${problem.line}: ${problem.cause}`, problem.remedy);
  } else if (file.kind === "der" && file.der === "pkcs12") {
    invalid(
      " is a PKCS#12 store, not a PEM key",
      `set ${names.pfx} to this path, and unset ${names.cert} and ${names.key}`,
    );
  } else if (holdsCertificates(file)) {
    invalid(" holds a certificate but no private key", `name the private key of the certificate in ${names.key}`);
  } else if (first?.label === "OPENSSH PRIVATE KEY") {
    invalid(" is an SSH key", `name the private key of the certificate in ${names.key}`);
  } else if (first !== undefined) {
    invalid(
      ` holds a ${first.label} block but no private key`,
      `name the private key of the certificate in ${names.key}`,
    );
  } else {
    invalid(
      ` ${describeContent(file)}`,
      adviseConversion(file, setting.value) ?? "put the private key there in PEM form",
    );
  }
}
