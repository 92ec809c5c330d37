import type { KeyObject, X509Certificate } from "node:crypto";
import type { ConnectErrorInit } from "../base/errors.js";
import type { System } from "../base/system.js";
import { describeReadError } from "../base/unreadable.js";
import { settingName } from "../policy/setting-name.js";
import type { IdentitySpec, Setting } from "../policy/types.js";
import type { Findings } from "./findings.js";
import type { SettingNames } from "./names.js";

/** What the readers of PEM pairs and of PKCS#12 files work with. */
export interface Loading {
  readonly spec: IdentitySpec;
  readonly names: SettingNames;
  readonly prefix: string;
  readonly system: System;
  readonly findings: Findings;
  /** Asked only where something is encrypted: a command that asks a person must not run for nothing. */
  passphrase(): Promise<string | undefined>;
}

/** What the files gave, not yet checked against each other. What is missing has been reported. */
export interface Gathered {
  readonly certificates: readonly X509Certificate[];
  readonly key: KeyObject | undefined;
  /** The file that holds the certificates, and the one that holds the key. */
  readonly certFile: Setting<string> | undefined;
  readonly keyFile: Setting<string> | undefined;
}

/** The file of a setting; undefined, and reported under `code`, where it cannot be read. */
export async function readSettingFile(
  setting: Setting<string>,
  code: "CERT_FILE_UNREADABLE" | "KEY_FILE_UNREADABLE",
  { system, findings }: Loading,
): Promise<Buffer | undefined> {
  try {
    return await system.readFile(setting.value);
  } catch (cause) {
    const { predicate, remedy } = describeReadError(cause, setting.value);
    findings.add(code, `${about(setting)} ${predicate}`, remedy, { cause });
    return undefined;
  }
}

/** How a message about a file begins: its setting and its path. */
export function about(setting: Setting<string>): string {
  return `${settingName(setting.source)}: ${setting.value}`;
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
