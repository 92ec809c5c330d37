import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Lines } from "./trial.js";

/** What differs, and is meant to: docs/programs.md tells it in these words (scripts/differences.mjs). */
export interface Difference {
  /** For docs: what is other, and why. */
  readonly text: string;
  /** The lines that show it: of which program (`*`: any), with which label, where that is narrower in which networks or Nodes. */
  readonly shows: readonly Showing[];
}

interface Showing {
  /** A pattern for the whole name, or `*`. */
  readonly program: string;
  /** A pattern for the whole line, `label: value`. */
  readonly line: string;
  /** A pattern for what alone differs in such a line: the rest of it is compared. */
  readonly part?: string;
  readonly networks?: readonly string[];
  /** The first major version of Node that does the same by itself, so that nothing differs there. */
  readonly until?: number;
  /** The first major version of Node that has what it shows. */
  readonly since?: number;
}

const major = Number(process.versions.node.split(".")[0]);

const declared = JSON.parse(
  readFileSync(join(import.meta.dirname, "../differences.json"), "utf8"),
) as readonly Difference[];

/** With what shows them on this Node. */
export const differences: readonly Difference[] = declared.map(({ text, shows }) => ({
  text,
  shows: shows.filter(({ until = Infinity, since = 0 }) => major < until && major >= since),
}));

/** Whether a program is one of those that a showing names. */
export function isOf(pattern: string, program: string): boolean {
  return pattern === "*" || new RegExp(`^(?:${pattern})$`).test(program);
}

/** Takes out of both what is known to differ. */
export function withoutKnown(lines: Lines, program: string, network: string): Lines {
  const known = differences
    .flatMap(({ shows }) => shows)
    .filter((each) => isOf(each.program, program))
    .filter(({ networks }) => networks === undefined || networks.includes(network));
  return lines
    .filter((line) => !known.some((each) => each.part === undefined && isShown(each, line)))
    .map((line) =>
      known.reduce(
        (rest, each) =>
          each.part !== undefined && isShown(each, line) ? rest.replace(new RegExp(each.part, "g"), "") : rest,
        line,
      ),
    );
}

/** Whether a line is one that shows a difference. */
export function isShown({ line: pattern, part = "" }: Showing, line: string): boolean {
  return new RegExp(`^(?:${pattern})$`).test(line) && new RegExp(part).test(line);
}
