import { nameOfEnd, quotationMarks, spacesInside } from "./faults-secret.js";
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
  const leading = nameOfEnd(secret.slice(0, at), "leading");
  const trailing = nameOfEnd(secret.slice(at + trimmed.length), "trailing");
  const around = [leading, trailing].filter((part) => part !== undefined);
  if (trailing !== undefined) add(secret.slice(0, at + trimmed.length), [trailing]);
  add(trimmed, around);
  const inside = unquoted(trimmed);
  if (inside !== undefined) {
    add(inside, [...around, quotationMarks]);
    add(trimInvisible(inside), [...around, quotationMarks, spacesInside]);
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
