import { accept, acceptFile, report, type Candidate, type FileCandidate, type Findings } from "./findings.js";
import { asWarning, notUsed } from "./faults.js";
import type { IdentityDraft } from "./source.js";
import { defined } from "./defined.js";
import type { IdentitySpec, SecretRef } from "./types.js";

/**
 * The identities that may be shown to origins. One that is limited to hosts goes before one for all origins, whichever source
 * it has: the special scope beats the general one, and the precedence of sources orders equals.
 */
export function mergeIdentities(drafts: readonly IdentityDraft[], findings: Findings): IdentitySpec[] {
  const scoped = drafts
    .filter(({ hosts }) => hosts !== "all")
    .map((draft) => specOf(draft, draft.passphrase, findings));
  const everywhere = mergeDefault(
    drafts.filter(({ hosts }) => hosts === "all"),
    findings,
  );
  // One for all hosts decides nearly everywhere. One for some is judged where it is loaded, and stops these alone.
  findings.faults.push(...(everywhere?.faults ?? []));
  return everywhere === undefined || everywhere.faults !== undefined ? scoped : [...scoped, everywhere];
}

/**
 * Certificate, key and PKCS#12 file come from one source, the first that has any: a pair that two sources make up would match
 * by luck alone. The passphrase may come from a source that goes before it (a flag, say), and never from one behind it.
 */
export function mergeDefault(drafts: readonly IdentityDraft[], findings: Findings): IdentitySpec | undefined {
  let passphrase: Candidate<SecretRef> | undefined;
  let chosen: IdentitySpec | undefined;
  for (const draft of drafts) {
    const material = draft.cert ?? draft.pfx ?? draft.key ?? draft.faults;
    if (chosen !== undefined) {
      overrule(draft, chosen, findings);
      continue;
    }
    if (passphrase !== undefined && draft.passphrase !== undefined)
      report({ ...draft.passphrase, name: `${draft.name}.passphrase` }, findings, passphrase);
    passphrase ??= draft.passphrase;
    if (material !== undefined) chosen = specOf(draft, passphrase, findings);
  }
  return chosen;
}

function overrule(draft: IdentityDraft, chosen: IdentitySpec, findings: Findings): void {
  const winner = chosen.cert ?? chosen.pfx ?? chosen.key;
  // One that is unusable as a whole stops all; what stands behind it is not worth a word then.
  if (winner === undefined) return;
  for (const candidate of partsOf(draft))
    report({ ...candidate, name: `${draft.name}.${candidate.name}` }, findings, winner);
  const unused = notUsed(winner.source);
  findings.warnings.push(...(draft.faults ?? []).map((fault) => asWarning(fault, unused)));
}

function specOf(draft: IdentityDraft, passphrase: Candidate<SecretRef> | undefined, findings: Findings): IdentitySpec {
  const named = <C extends Candidate<unknown>>(candidate: C): C => ({
    ...candidate,
    name: `${draft.name}.${candidate.name}`,
  });
  const file = (candidate: FileCandidate | undefined) => candidate && acceptFile(named(candidate), findings);
  return defined({
    name: draft.name,
    hosts: draft.hosts,
    cert: file(draft.cert),
    key: file(draft.key),
    pfx: file(draft.pfx),
    passphrase: passphrase && accept(named(passphrase), findings),
    faults: draft.faults,
    maxTlsVersion: draft.maxTlsVersion,
  });
}

function partsOf({ cert, key, pfx, passphrase }: IdentityDraft): Candidate<unknown>[] {
  return [cert, key, pfx, passphrase].filter((candidate) => candidate !== undefined);
}
