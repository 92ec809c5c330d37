import type { KeyObject, X509Certificate } from "node:crypto";
import type { ConnectErrorInit } from "../base/errors.js";
import { quotePath } from "../base/quote-path.js";
import type { System } from "../base/system.js";
import { describeReadError } from "../base/unreadable.js";
import { settingName } from "../policy/index.js";
import type { FileSetting, IdentitySpec } from "../policy/types.js";
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
    const { predicate, remedy } = describeReadError(cause, setting.value);
    // The path may be a secret, and Node's error holds it as well.
    if (setting.doubtful)
      findings.add(
        code,
        `${settingName(setting.source)}: the file that it names ${predicate}`,
        "set it to the absolute path of the file",
      );
    else findings.add(code, `${about(setting)} ${predicate}`, remedy, { cause });
    return undefined;
  }
}

/** How a message about a file begins: its setting and its path. */
export function about({ source, value, text }: FileSetting): string {
  return text === undefined ? `${settingName(source)}: ${value}` : value;
}

/** What to write for the file in a command: a text has to be put into one. */
export function inputOf({ value, text }: FileSetting): string {
  return text === undefined ? quotePath(value) : "FILE";
}

/** Follows a command with {@link inputOf}. */
export function inputNote({ text }: FileSetting): string {
  return text === undefined ? "" : " (FILE: a file with that text)";
}

/** The passphrase, or undefined where there is none or it cannot be had (which is then reported). */
export async function askPassphrase(
  loading: Loading,
  missing: { message: string } & Pick<ConnectErrorInit, "cause">,
): Promise<string | undefined> {
  const { findings, names, prefix, spec } = loading;
  try {
    const passphrase = await loading.passphrase();
    if (passphrase === undefined) {
      const own = `${prefix}_${spec.name === "proxy" ? "PROXY_" : ""}CLIENT_KEY_PASSPHRASE`;
      const isVariable = /^[A-Z0-9_]+$/.test(names.passphrase);
      findings.add(
        "KEY_PASSPHRASE_MISSING",
        missing.message,
        `set ${names.passphrase}${isVariable && own !== names.passphrase ? `, or ${own}` : ""}`,
      );
    }
    return passphrase;
  } catch (error) {
    findings.take(error);
    return undefined;
  }
}
