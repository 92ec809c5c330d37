import { candidateOf, candidatesIn, isTrusted, type Candidate, type TrustedEntry } from "../../certificates/index.js";
import { loadTrust } from "../../trust/index.js";
import type { TrustBundle } from "../../trust/types.js";
import type { Context } from "../context.js";
import { invalidFingerprint, needsFingerprint, notConfirmed, otherFingerprint } from "../faults-cert.js";
import type { TrustFlags } from "../invocation.js";
import { exitCode } from "../terminal/io.js";
import { renderCandidate } from "./cert-print.js";
import { certificatesOf, openSource, type Source } from "./cert-source.js";
import { loadPolicy, networkOptions } from "./network.js";
import { openOwnBundle } from "./trust-bundle.js";

/**
 * `sallyport trust add`: takes an authority from a file, or as a host shows it, into the user's own bundle. Never without its fingerprint, given or
 * looked at and confirmed by a person: whoever is on the way to a host could show his own.
 */
export async function trustAddCommand(text: string, flags: TrustFlags, context: Context): Promise<number> {
  const { terminal } = context;
  const fingerprint = flags.fingerprint === undefined ? undefined : readFingerprint(flags.fingerprint);
  const source = await openSource(text, flags, context);
  const trust = await trustOf(source, flags, context);
  const offered = candidates(source, trust);
  const fresh = offered.filter(({ certificate }) => !isTrusted(certificate, trust));
  if (fresh.length === 0) return tellKnown(source, offered, flags, context);
  const wanted = fingerprint === undefined ? fresh : fresh.filter(({ report }) => report.sha256 === fingerprint);
  if (wanted.length === 0)
    throw otherFingerprint(
      source.name,
      offered.map(({ report }) => report.sha256),
    );
  if (fingerprint === undefined) await confirm(source, wanted, context);
  const added = new Date().toISOString().slice(0, 19) + "Z";
  const entries = wanted.map(({ certificate }) => ({ certificate, from: `${source.kind} ${source.name}`, added }));
  const bundle = openOwnBundle(context);
  await bundle.change((before) => withNew(before, entries));
  if (flags.json === true) {
    await terminal.json({ ok: true, path: bundle.path, added: wanted.map(({ report }) => report), known: [] });
  } else {
    for (const { report } of wanted)
      await terminal.print(`${terminal.out.good("trusted from now on:")} ${report.name}, in ${bundle.path}\n`);
  }
  return exitCode.fine;
}

async function trustOf(source: Source, flags: TrustFlags, context: Context): Promise<TrustBundle> {
  if (source.kind === "host") return source.network.trust;
  return loadTrust(loadPolicy(flags, context).trust, networkOptions(flags, context).system);
}

function candidates(source: Source, trust: TrustBundle): readonly Candidate[] {
  const judging = { trust, now: Date.now() };
  if (source.kind === "file") return candidatesIn(certificatesOf(source), source.name, judging);
  const candidate = candidateOf(source.look, judging);
  return candidate === undefined ? [] : [candidate];
}

function withNew(before: readonly TrustedEntry[], entries: readonly TrustedEntry[]): readonly TrustedEntry[] {
  const known = new Set(before.map(({ certificate }) => certificate.fingerprint256));
  const news = entries.filter(({ certificate }) => !known.has(certificate.fingerprint256));
  return news.length === 0 ? before : [...before, ...news];
}

async function tellKnown(
  source: Source,
  offered: readonly Candidate[],
  flags: TrustFlags,
  { terminal }: Context,
): Promise<number> {
  if (flags.json === true) {
    await terminal.json({ ok: true, path: null, added: [], known: offered.map(({ report }) => report) });
  } else {
    const names = offered.map(({ report }) => report.name).join(", ");
    await terminal.print(`${names === "" ? source.name : names} is trusted here already; nothing was added\n`);
  }
  return exitCode.fine;
}

/** @throws UsageError where nobody can be asked, or says no */
async function confirm(source: Source, wanted: readonly Candidate[], { io, terminal }: Context): Promise<void> {
  const { ask } = io;
  if (ask === undefined) throw needsFingerprint(source.name, source.kind);
  await terminal.note(wanted.map(({ report }) => renderCandidate(report, terminal.err)).join("\n\n"));
  const from =
    source.kind === "file"
      ? `From the file ${source.name}.`
      : `As ${source.name} has just shown it: whoever is on the way could have put it there.`;
  await terminal.note(`\n${from}\nWhoever holds its key can read and change all that your programs send over TLS.`);
  const answer = await ask("Is that the fingerprint that its administrators told you? (yes/no) ", false);
  const typed = answer.trim().toLowerCase();
  const isFingerprint = wanted.length === 1 && typed.replace(/[^0-9a-f]/g, "") === wanted[0]?.report.sha256;
  if (typed !== "yes" && !isFingerprint) throw notConfirmed();
}

/** SHA-256 in hexadecimal, with or without colons, blanks and what tools write before it. */
function readFingerprint(text: string): string {
  const hex = text
    .replace(/^\s*(?:sha-?256)?(?:\s*fingerprint)?\s*[=:]?\s*/i, "")
    .replace(/[:\s-]/g, "")
    .toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(hex)) throw invalidFingerprint();
  return hex;
}
