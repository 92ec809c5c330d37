/** Colours for text renderings; where there are none, each gives back what it gets. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
}

const same = (text: string): string => text;

export const plain: Paint = { bold: same, dim: same, good: same, bad: same, warn: same };

/** Breaks text at spaces into lines of at most `width` characters; what has no space (a path, a URL) is cut at the width. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    let rest = word;
    if (line !== "" && line.length + 1 + rest.length <= width) {
      line += ` ${rest}`;
      continue;
    }
    if (line !== "") lines.push(line);
    while (rest.length > width) {
      lines.push(rest.slice(0, width));
      rest = rest.slice(width);
    }
    line = rest;
  }
  if (line !== "" || lines.length === 0) lines.push(line);
  return lines;
}

/** Joins lines, all but the first moved in by `columns`. */
export const indent = (lines: readonly string[], columns: number): string => lines.join(`\n${" ".repeat(columns)}`);

/** The text in at most `width` characters: what is longer ends in an ellipsis. */
export const clip = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text;
