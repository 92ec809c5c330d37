import type { ConnectError } from "../base/errors.js";
import { showAs } from "../base/show-as.js";
import { defined } from "./defined.js";
import type { FileSetting, SettingReport, Setting } from "./types.js";
import { asWarning, notUsed, theyFail } from "./faults.js";

/** What resolving comes upon, in the order found. */
export interface Findings {
  readonly faults: ConnectError[];
  readonly warnings: ConnectError[];
  readonly reports: SettingReport[];
  /** The operating system was asked for its proxies. */
  osAsked?: boolean;
}

/** A value that one source offers for a setting. What is wrong with it matters once it is chosen. */
export interface Candidate<T> extends Setting<T> {
  /** As config files call the setting. */
  readonly name: string;
  /** The value for people, without secrets. */
  readonly shown: string;
  readonly warnings?: readonly ConnectError[];
  readonly faults?: readonly ConnectError[];
}

/** A file that one source names, or its text. */
export type FileCandidate = Candidate<string> & FileSetting;

/** The first candidate; all are reported, and those behind the first as overridden. */
export function choose<T>(
  candidates: readonly (Candidate<T> | undefined)[],
  findings: Findings,
): Candidate<T> | undefined {
  const offered = candidates.filter((candidate) => candidate !== undefined);
  const [winner] = offered;
  if (winner === undefined) return undefined;
  accept(winner, findings);
  for (const candidate of offered.slice(1)) report(candidate, findings, winner);
  return winner;
}

/** Reports a candidate that counts, with what is to be said about it. */
export function accept<T>(candidate: Candidate<T>, findings: Findings): Setting<T> {
  report(candidate, findings);
  findings.warnings.push(...(candidate.warnings ?? []));
  findings.faults.push(...(candidate.faults ?? []));
  return { value: candidate.value, source: candidate.source };
}

/** The same for a file. What keeps it from being one is told where it would be read. */
export function acceptFile(candidate: FileCandidate, findings: Findings): FileSetting {
  const { text, fault, doubtful } = candidate;
  const setting = { ...accept(candidate, findings), ...defined({ text, fault, doubtful }) };
  return doubtful ? showAs(setting, () => ({ ...setting, value: candidate.shown })) : setting;
}

/** With a `winner` it does not count: what is wrong with it is worth a warning, and stops nobody. */
export function report(candidate: Candidate<unknown>, findings: Findings, winner?: Setting<unknown>): void {
  const { name, shown: value, source } = candidate;
  findings.reports.push({ name, value, source, ...(winner === undefined ? {} : { overriddenBy: winner.source }) });
  if (winner === undefined) return;
  const unused = notUsed(winner.source);
  findings.warnings.push(...(candidate.faults ?? []).map((fault) => asWarning(fault, unused)));
}

/** Accepts a candidate that decides for some targets alone, which its faults are for: using it throws them there. */
export function acceptFor<T>(candidate: Candidate<T>, targets: string, findings: Findings): void {
  const { faults = [], ...sound } = candidate;
  accept(sound, findings);
  findings.warnings.push(...faults.map((fault) => asWarning(fault, theyFail(targets))));
}
