import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { memorySystem, type MemoryFile, type MemorySystemOptions } from "../../../test/support/memory-system.js";
import { Secret } from "../../base/secret.js";
import type { IdentitySpec, SecretRef, Setting } from "../../policy/types.js";
import { loadIdentity, type IdentityResult, type LoadIdentityOptions } from "../index.js";

/** Opens the encrypted files of test/fixtures/pki. */
export const passphrase = "correct-horse";
export const wrong = "battery-staple";
export const fixture = (name: string): Promise<Buffer> =>
  readFile(fileURLToPath(new URL(`../../../test/fixtures/pki/${name}`, import.meta.url)));

const stem = "CLAUDE_CODE_CLIENT";
const named = <T>(name: string, value: T): Setting<T> => ({ value, source: { kind: "variable", name } });
export const inline = (value: string): SecretRef => ({ kind: "inline", secret: new Secret(value) });

export type Parts = Partial<Record<"cert" | "key" | "pfx", string>> & {
  readonly passphrase?: SecretRef;
  readonly stem?: string;
};

export function specOf({ cert, key, pfx, passphrase: secret, stem: start = stem }: Parts): IdentitySpec {
  return {
    name: "default",
    hosts: "all",
    ...(cert === undefined ? {} : { cert: named(`${start}_CERT`, cert) }),
    ...(key === undefined ? {} : { key: named(`${start}_KEY`, key) }),
    ...(pfx === undefined ? {} : { pfx: named(`${start}_PFX`, pfx) }),
    ...(secret === undefined ? {} : { passphrase: named(`${start}_KEY_PASSPHRASE`, secret) }),
  };
}

export const load = (
  parts: Parts,
  files: Record<string, MemoryFile>,
  more: Omit<MemorySystemOptions, "files"> & LoadIdentityOptions = {},
): Promise<IdentityResult> => loadIdentity(specOf(parts), memorySystem({ ...more, files }), more);

/** /c.pem and /k.pem, named by the CLAUDE_CODE variables. */
export const loadPair = (
  cert: MemoryFile,
  key: MemoryFile,
  secret?: string,
  more: Omit<MemorySystemOptions, "files"> & LoadIdentityOptions = {},
) =>
  load(
    { cert: "/c.pem", key: "/k.pem", ...(secret === undefined ? {} : { passphrase: inline(secret) }) },
    { "/c.pem": cert, "/k.pem": key },
    more,
  );

export const told = ({ faults, warnings }: IdentityResult) =>
  [...faults, ...warnings].map(({ code, message }) => `${code} ${message}`);
export const codes = ({ faults }: IdentityResult) => faults.map(({ code }) => code);
