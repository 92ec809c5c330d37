/** A URL, or undefined for what is not one. Read once: `URL.canParse` before it would be the same work twice, and `URL.parse` is Node 22's. */
export function readUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
