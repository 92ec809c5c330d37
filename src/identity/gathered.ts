import type { KeyObject, X509Certificate } from "node:crypto";
import type { System } from "../base/system.js";
import type { FileSetting, IdentitySpec } from "../policy/types.js";
import { passphraseMissing } from "./faults-key.js";
import { unreadable, unreadableAndNotShown } from "./faults.js";
import type { Findings } from "./findings.js";
import type { SettingNames } from "./names.js";

/** What the readers of PEM pairs and of PKCS#12 files work with. */
export interface Loading {
  readonly spec: IdentitySpec;
  readonly names: SettingNames;
  readonly prefix: string;
  readonly system: System;
  readonly findings: Findings;
  /** Ends what takes long. */
  readonly signal: AbortSignal | undefined;
  /** Asked only where something is encrypted: a command that asks a person must not run for nothing. */
  passphrase(): Promise<string | undefined>;
}

/** What the files gave, not yet checked against each other. What is missing has been reported. */
export interface Gathered {
  readonly certificates: readonly X509Certificate[];
  readonly key: KeyObject | undefined;
  /** The file that holds the certificates, and the one that holds the key. */
  readonly certFile: FileSetting | undefined;
  readonly keyFile: FileSetting | undefined;
}

/** The file of a setting, or the text that stands in its place; undefined, and reported under `code`, where it cannot be read. */
export async function readSettingFile(
  setting: FileSetting,
  code: "CERT_FILE_UNREADABLE" | "KEY_FILE_UNREADABLE",
  { system, findings }: Loading,
): Promise<Buffer | undefined> {
  if (setting.text !== undefined) return Buffer.from(setting.text.reveal());
  if (setting.fault !== undefined) {
    findings.take(setting.fault);
    return undefined;
  }
  try {
    return await system.readFile(setting.value);
  } catch (cause) {
    // The path may be a secret, and Node's error holds it as well.
    if (setting.doubtful) findings.add(code, unreadableAndNotShown(setting, cause));
    else findings.add(code, unreadable(setting, cause), { cause });
    return undefined;
  }
}

/** The passphrase, or undefined where there is none (reported with this message) or it cannot be had (reported as well). */
export async function askPassphrase(loading: Loading, message: string): Promise<string | undefined> {
  const { findings, names, prefix, spec } = loading;
  try {
    const passphrase = await loading.passphrase();
    if (passphrase === undefined) {
      const own = `${prefix}_${spec.name === "proxy" ? "PROXY_" : ""}CLIENT_KEY_PASSPHRASE`;
      findings.add("KEY_PASSPHRASE_MISSING", passphraseMissing(message, names, own));
    }
    return passphrase;
  } catch (error) {
    findings.take(error);
    return undefined;
  }
}
