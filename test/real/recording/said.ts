import type { Program } from "./programs.js";
import type { Ended } from "./run-program.js";

/** Paths, and what stands for them. */
export type Places = readonly (readonly [path: string, name: string])[];

/** So many lines are kept of what a program says: those that come last. */
const mostLines = 3;
const longestLine = 240;

/** What a person would read, without what differs from one run to the next. */
export function linesOf(program: Program, ended: Ended, places: Places): string[] {
  const all = `${ended.stderr}\n${ended.stdout}`
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => program.telling.test(line))
    .map((line) => clipped(constant(line, places)));
  // curl -v says the same in its own lines and at the end, and Node's errors in the outer and the inner one.
  const once = all.filter((line, at) => !all.slice(at + 1).some((later) => later.includes(bare(line))));
  return once.slice(-(program.most ?? mostLines));
}

const bare = (line: string): string => line.replace(/^\* /, "").trim();

function clipped(line: string): string {
  return line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
}

/** Without what differs from one run to the next. */
export function constant(line: string, places: Places): string {
  let text = line;
  for (const [found, name] of places) text = text.replaceAll(found, name);
  return text
    .replaceAll(/\b(DIR|HOME)\/(?:scene|home)-\w+/g, "$1")
    .replaceAll(/\b(?:[0-9A-F]{2}:){15,}[0-9A-F]{2}\b/g, "FINGERPRINT")
    .replaceAll(/origin-\d+\.lab\.test(?::\d+)?/g, "ORIGIN")
    .replaceAll(/\blocalhost:\d+|127\.0\.0\.1:\d+|\[?::1\]?:\d{2,}/g, "HOST:PORT")
    .replaceAll(/\b(localhost|127\.0\.0\.1) port \d+/g, "HOST port PORT")
    .replaceAll(/\bport \d+/g, "port PORT")
    .replaceAll(/\b[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \d{4} GMT/g, "DATE")
    .replaceAll(/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?)?/g, "DATE")
    .replaceAll(/\bafter \d+ ms\b/g, "after N ms")
    .replaceAll(/\b\d+ milliseconds/g, "N milliseconds")
    .replaceAll(/^[0-9A-F]{8,}:error:/g, "error:")
    .replaceAll(/^\(node:\d+\) /g, "")
    .replaceAll(/\b[0-9A-F]{12,}:error:/g, "error:");
}
