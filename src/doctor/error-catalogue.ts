import { faultCodes, type FaultCode, type Stage } from "../base/codes.js";

/** What docs/faults.md says of a code. */
export interface CatalogueEntry {
  readonly code: FaultCode;
  readonly stage: Stage;
  /** What other tools print where this is wrong; `…` stands for anything. */
  readonly phrases: readonly string[];
  /** Those of other entries, whose words tools use for this one as well. */
  readonly borrowed: readonly string[];
  readonly why: string;
  readonly remedy: string;
}

/** An entry that a text fits, and by what. */
export interface ErrorMatch {
  readonly entry: CatalogueEntry;
  /** The phrase of the entry that is in the text, as the catalogue has it: never a part of the text, which may hold a secret. */
  readonly by: string;
}

/** Beyond this, an error text is a log: its end is looked at, where programs put what stopped them. */
const longestText = 200_000;

/** Reads the catalogue out of its Markdown, so that the page and the command cannot differ. */
export function readCatalogue(markdown: string): CatalogueEntry[] {
  const sections = markdown.split(/^### /m).slice(1);
  const found = sections.flatMap((section) => {
    const code = /^[A-Z_]+/.exec(section)?.[0] ?? "";
    return isFaultCode(code) ? [{ code, section: section.split(/^##? /m)[0] ?? "" }] : [];
  });
  const told = new Map<string, string>(found.map(({ code, section }) => [code, field(section, "Other tools")]));
  return found.map(({ code, section }) => ({
    code,
    stage: faultCodes[code].stage,
    phrases: ownPhrases(told.get(code) ?? ""),
    borrowed: borrowedBy(code, told),
    why: plainText(field(section, "Why")),
    remedy: plainText(field(section, "Do")),
  }));
}

/**
 * The entries that the text of an error fits, the most telling phrase first. Where it names a code of ours, that one alone. Upper and
 * lower case and the number of blanks do not count: texts are copied out of logs.
 */
export function explainError(text: string, catalogue: readonly CatalogueEntry[]): ErrorMatch[] {
  const looked = text.slice(-longestText);
  const own = catalogue.filter(({ code }) => new RegExp(`(?<![A-Z_])${code}(?![A-Z_])`).test(looked));
  if (own.length > 0) return own.map((entry) => ({ entry, by: entry.code }));
  const matches = catalogue.flatMap((entry) => {
    const fitting = [...entry.phrases, ...entry.borrowed].filter((phrase) => patternOf(phrase).test(looked));
    const [by] = fitting.toSorted((a, b) => literal(b) - literal(a));
    return by === undefined ? [] : [{ entry, by }];
  });
  // A general word (ECONNRESET) says little beside a sentence that only one entry has; what borrows a sentence is rarer than whose it is;
  // and what is a warning here seldom stops another tool.
  return matches.toSorted((a, b) => literal(b.by) - literal(a.by) || borrows(a) - borrows(b) || weight(a) - weight(b));
}

function field(section: string, label: string): string {
  const begin = `- **${label}:** `;
  const start = section.indexOf(begin);
  if (start === -1) return "";
  const rest = section.slice(start + begin.length);
  const end = rest.search(/\n(?:- \*\*|\n)/);
  return (end === -1 ? rest : rest.slice(0, end)).replaceAll(/\s+/g, " ").trim();
}

function phrasesOf(text: string): string[] {
  const spans = [...text.matchAll(/`([^`]+)`|"([^"`]+)"/g)].map(([, code, quoted]) => code ?? quoted ?? "");
  return spans.filter((span) => literal(span) >= 5);
}

/** "as TCP_RESET: `socket hang up`": what of that one's words is meant; without any, all of them are. */
const asAnother = /\bas ([A-Z]+_[A-Z_]+)(: `[^`]+`(?:, `[^`]+`)*)?/gi;

function ownPhrases(text: string): readonly string[] {
  return phrasesOf(text.replaceAll(asAnother, ""));
}

function borrowedBy(code: string, told: ReadonlyMap<string, string>): readonly string[] {
  const named = [...(told.get(code) ?? "").matchAll(asAnother)];
  return named.flatMap(([, from = "", some]) => {
    if (some !== undefined) return phrasesOf(some);
    const all = from === code ? "" : (told.get(from) ?? "");
    // What it borrows piece by piece is handed on.
    return [...ownPhrases(all), ...[...all.matchAll(asAnother)].flatMap(([, , piece = ""]) => phrasesOf(piece))];
  });
}

function patternOf(phrase: string): RegExp {
  const body = phrase
    .split("…")
    .map((part) => part.trim().split(/\s+/).map(escape).join("\\s+"))
    .join("[^\\n]{0,200}?");
  const before = /^\w/.test(phrase) ? "(?<!\\w)" : "";
  // wget puts two messages into one line, with nothing between them.
  const after = /^\S*\w$/.test(phrase) ? "(?!\\w)" : "";
  return new RegExp(before + body + after, "i");
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function borrows({ entry, by }: ErrorMatch): number {
  return entry.phrases.includes(by) ? 0 : 1;
}

function weight({ entry }: ErrorMatch): number {
  return faultCodes[entry.code].severity === "error" ? 0 : 1;
}

/** How many characters of a phrase are given. */
function literal(phrase: string): number {
  return phrase.replaceAll(/[…\s]/g, "").length;
}

/** Markdown's links and emphasis, and no more: code stays recognisable. */
function plainText(text: string): string {
  return text.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1").replaceAll("**", "");
}

function isFaultCode(code: string): code is FaultCode {
  return Object.hasOwn(faultCodes, code);
}
