// Soft hyphen, zero-width characters, marks of writing direction, and the byte order mark, which is a zero-width space elsewhere.
// Not the zero-width joiners: names in some scripts are written with them (RFC 5892 appendix A).
const unseen = "\\u00ad\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u2069\\ufeff";
const everywhere = new RegExp(`[${unseen}]`, "g");
const atAnEnd = new RegExp(`[\\s\\0${unseen}\\u200c\\u200d]`);

/** Without white space and characters that nobody sees at both ends: they come along when text is copied from a document. */
export function trimInvisible(text: string): string {
  // Not by one expression: it would look at each run of blanks in the text once for each of its characters.
  let [start, end] = [0, text.length];
  while (start < end && atAnEnd.test(text.charAt(start))) start++;
  while (end > start && atAnEnd.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Without characters that nobody sees, wherever they are: for what can hold none, such as host names. */
export function withoutInvisible(text: string): string {
  return text.replace(everywhere, "");
}
