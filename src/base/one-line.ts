/**
 * One line of text from somewhere else (a server, a path, a program's output), fit for a message and a terminal: each run of control
 * characters is a blank, since they could forge terminal output.
 * @param limit characters; what is longer ends in an ellipsis. Default: none.
 */
export function oneLine(text: string, limit = Infinity): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
  return clean.length > limit ? `${clean.slice(0, limit)}…` : clean;
}
