/** What is said of quotation marks around a secret, and of what stands inside them. */
export const quotationMarks = "the quotation marks around it";
export const spacesInside = "the spaces inside them";

/** What stands at one end of a secret, in words: "its trailing blank". Holds nothing of it. Undefined where nothing does. */
export function nameOfEnd(part: string, place: "leading" | "trailing"): string | undefined {
  if (part === "") return undefined;
  if (part === "\ufeff") return "its byte order mark";
  const several = part.length > 1 ? "s" : "";
  if (/^[\r\n]+$/.test(part)) return `its ${place} line end${part === "\r\n" ? "" : several}`;
  return `its ${place} ${/^\s+$/.test(part) && !part.includes("\ufeff") ? "blank" : "invisible character"}${several}`;
}
