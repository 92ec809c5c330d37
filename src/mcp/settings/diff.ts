import { redactUrl } from "../../base/redact.js";
import type { Entry } from "./types.js";

/** One line of a change: kept, taken out, or put in. */
export interface DiffLine {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

const around = 3;

/**
 * What changes from one text to another, with three lines before and after. An entry is one place in a file: what stands between the
 * first and the last line that differ is shown as one change. Texts are hidden unless they are those of `entry`: other servers' tokens
 * stand beside it, on the same line even, and in the entry that is replaced.
 */
export function diffLines(before: string, after: string, entry: Entry = {}): DiffLine[] {
  const [old, now] = [linesOf(before), linesOf(after)];
  let first = 0;
  while (first < old.length && first < now.length && old[first] === now[first]) first++;
  let last = 0;
  while (last < old.length - first && last < now.length - first && old.at(-1 - last) === now.at(-1 - last)) last++;
  const shown = new Set(textsIn(entry));
  const line =
    (sign: DiffLine["sign"]) =>
    (text: string): DiffLine => ({ sign, text: clip(withoutTexts(text, shown)) });
  return [
    ...old.slice(Math.max(0, first - around), first).map(line(" ")),
    ...old.slice(first, old.length - last).map(line("-")),
    ...now.slice(first, now.length - last).map(line("+")),
    ...old.slice(old.length - last, old.length - last + around).map(line(" ")),
  ];
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Some programs write their whole file into one line. */
const clip = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

function linesOf(text: string): string[] {
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** A line of JSON or TOML whose texts are replaced, but for its keys, what may be shown, and what says how a server is reached. */
function withoutTexts(line: string, shown: ReadonlySet<string>): string {
  if (/"""|'''/.test(line)) return "…";
  let key = "";
  return line.replace(
    /("(?:[^"\\]|\\.)*"|'[^']*')(\s*[:=])?|([\w.-]+)(\s*=)|(\/\/|\/\*|#).*/g,
    (whole, text?: string, isKey?: string, bare?: string, _equals?: string, comment?: string) => {
      if (comment !== undefined) return `${comment} …`;
      if (bare !== undefined) key = bare;
      if (text === undefined) return whole;
      const inner = text.slice(1, -1);
      if (isKey !== undefined) key = inner;
      if (isKey !== undefined || key === "type" || key === "command" || shown.has(unquoted(text))) return whole;
      return /^https?:\/\//.test(inner) ? `"${redactUrl(inner)}"` : '"…"';
    },
  );
}

function unquoted(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1);
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
