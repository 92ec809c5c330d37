import type { FaultsAndWarnings } from "../base/errors.js";
import type { System } from "../base/system.js";
import { resolveSecret } from "../policy/index.js";
import type { IdentitySpec } from "../policy/types.js";
import { orderChain, type Chain } from "./chain.js";
import { checkCertificate, checkPermissions } from "./checks.js";
import { mismatch, pfxAndPair, refusedByOpenSsl } from "./faults.js";
import { Findings } from "./findings.js";
import type { Gathered, Loading } from "./gathered.js";
import { checkKeyKind } from "./key-kind.js";
import { LoadedIdentity } from "./loaded-identity.js";
import { settingNames } from "./names.js";
import { gatherPair } from "./pem-pair.js";
import { gatherPfx } from "./pfx.js";
import type { Identity } from "./types.js";

export interface LoadIdentityOptions {
  /** Warnings count as errors, and an identity with errors is left out; default false. */
  readonly strict?: boolean;
  /** Of the variables that remedies speak of; default SALLYPORT. */
  readonly prefix?: string;
  /** Ends the command that gives the passphrase, and the opening of what it protects. */
  readonly signal?: AbortSignal;
}

export interface IdentityResult extends FaultsAndWarnings {
  /** Absent where `faults` is not empty. */
  readonly identity?: Identity;
}

/** The part of loading that needs node:crypto and node:tls; index.ts imports it when there is something to load. */
export async function loadOne(
  spec: IdentitySpec,
  system: System,
  options: LoadIdentityOptions,
): Promise<IdentityResult> {
  const { prefix = "SALLYPORT", strict = false, signal } = options;
  const findings = new Findings(strict);
  const names = settingNames(spec, prefix);
  const loading: Loading = {
    spec,
    names,
    prefix,
    system,
    findings,
    signal,
    async passphrase() {
      if (spec.passphrase === undefined) return undefined;
      const secret = await resolveSecret(spec.passphrase.value, system, {
        setting: names.passphrase,
        ...(signal === undefined ? {} : { signal }),
      });
      return secret.reveal();
    },
  };

  if (spec.faults !== undefined && spec.faults.length > 0) {
    for (const fault of spec.faults) findings.take(fault);
    return { faults: findings.faults, warnings: findings.warnings };
  }
  if (spec.pfx !== undefined && (spec.cert !== undefined || spec.key !== undefined)) {
    const other = spec.cert === undefined ? names.key : names.cert;
    findings.add("CONFIG_INVALID", pfxAndPair(names, other), { severity: "warning" });
  }
  const gathered = spec.pfx === undefined ? await gatherPair(loading) : await gatherPfx(spec.pfx, loading);
  const chain = await check(gathered, loading);
  if (chain === undefined || gathered.key === undefined || findings.faults.length > 0)
    return { faults: findings.faults, warnings: findings.warnings };

  const files = [...new Set([gathered.certFile?.value, gathered.keyFile?.value].filter((path) => path !== undefined))];
  const identity = new LoadedIdentity(spec, chain, gathered.key, files);
  await tryOut(identity, gathered, findings);
  // What OpenSSL refuses here and now is told better.
  if (findings.faults.length === 0 && gathered.certFile !== undefined)
    checkKeyKind(chain.leaf, gathered.certFile, findings);
  return { ...(findings.faults.length > 0 ? {} : { identity }), faults: findings.faults, warnings: findings.warnings };
}

async function check(
  { certificates, key, certFile, keyFile }: Gathered,
  { system, findings, names }: Loading,
): Promise<Chain | undefined> {
  if (keyFile !== undefined && key !== undefined) await checkPermissions(keyFile, system, findings);
  if (certFile === undefined || certificates.length === 0) return undefined;
  const matching = orderChain(certificates, key);
  const chain = matching ?? orderChain(certificates, undefined);
  if (chain === undefined) return undefined;
  if (matching === undefined && keyFile !== undefined) {
    findings.add("CERT_KEY_MISMATCH", mismatch(names, chain, certFile, keyFile));
  }
  checkCertificate(chain, certFile, system.now(), findings);
  return chain;
}

/** OpenSSL refuses some pairs that are sound in themselves (keys too short, algorithms too old): better now than in a handshake. */
async function tryOut(identity: Identity, { certFile }: Gathered, findings: Findings): Promise<void> {
  const { createSecureContext } = await import("node:tls");
  try {
    // Without `ca` every context would parse the bundled list.
    createSecureContext({ ...identity.material(), ca: [] });
  } catch (cause) {
    findings.add("CERT_FILE_INVALID", refusedByOpenSsl(certFile, identity.name, cause), { cause });
  }
}
