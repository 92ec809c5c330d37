/** What makes a text invalid JSON. Each follows "line 3, column 7: ", and quotes nothing of the text, which may hold a secret. */
export const jsonProblems = {
  tooDeep: "the nesting is too deep",
  twice: "this name appears twice in one object",
  lastComma: "a comma comes before the end of the list",
  noValue: "a value is missing or misspelt",
  noFile: "the file is empty",
  noName: "a name in double quotes is missing",
  noColon: "a colon is missing after the name",
  singleQuotes: "strings need double quotes",
  trailing: "nothing may follow the closing brace",
  backslash: 'a backslash does not begin a valid escape: write \\\\ for one in a path, or use "/"',
  openString: "a string is not closed",
  openLine: "a string is not closed on its line, or holds a control character",
} as const;

export function noEndOf(container: "array" | "object"): string {
  return `a comma or a closing ${container === "array" ? "bracket" : "brace"} is missing`;
}

/** @param problem what is wrong at a place where a comment seems to stand */
export function asComment(problem: string): string {
  return `${problem} (JSON has no comments)`;
}
