import { trimInvisible } from "./invisible.js";
import { unquoted } from "./written-wrong.js";

/** A secret as it may have been meant. */
export interface TrimmedForm {
  readonly text: string;
  /** What it lacks, in words: "its trailing blank". Holds nothing of the secret. */
  readonly without: string;
}

/**
 * What a secret comes to without what tends to come along with it: blanks and line ends at its ends, byte order marks, quotation marks
 * round it. At most four, each different from the secret and from the others: whoever tries them pays for each.
 */
export function trimmedForms(secret: string): readonly TrimmedForm[] {
  const forms = new Map<string, string>();
  const add = (text: string, parts: readonly string[]): void => {
    if (text !== "" && text !== secret && parts.length > 0 && !forms.has(text)) forms.set(text, parts.join(" and "));
  };
  const trimmed = trimInvisible(secret);
  const at = secret.indexOf(trimmed);
  const leading = nameOf(secret.slice(0, at), "leading");
  const trailing = nameOf(secret.slice(at + trimmed.length), "trailing");
  const around = [leading, trailing].filter((part) => part !== undefined);
  if (trailing !== undefined) add(secret.slice(0, at + trimmed.length), [trailing]);
  add(trimmed, around);
  const inside = unquoted(trimmed);
  if (inside !== undefined) {
    add(inside, [...around, "the quotation marks around it"]);
    add(trimInvisible(inside), [...around, "the quotation marks around it", "the spaces inside them"]);
  }
  return [...forms].map(([text, without]) => ({ text, without }));
}

/** What `secret` is to lose before it opens what it is for: "its trailing blank". Undefined where nothing of the kind helps. */
export async function openedWithout(
  secret: string,
  opens: (text: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const { text, without } of trimmedForms(secret)) if (await opens(text)) return without;
  return undefined;
}

function nameOf(part: string, place: "leading" | "trailing"): string | undefined {
  if (part === "") return undefined;
  if (part === "\ufeff") return "its byte order mark";
  const several = part.length > 1 ? "s" : "";
  if (/^[\r\n]+$/.test(part)) return `its ${place} line end${part === "\r\n" ? "" : several}`;
  return `its ${place} ${/^\s+$/.test(part) && !part.includes("\ufeff") ? "blank" : "invisible character"}${several}`;
}
