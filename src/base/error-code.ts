/** The code of anything that was thrown (the system's, Node's, undici's), or an empty string. */
export function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
    ? error.code
    : "";
}

/** As it stands behind what failed: ` (EACCES)`, and nothing where there is no code. */
export const inParentheses = (code: string): string => (code === "" ? "" : ` (${code})`);
