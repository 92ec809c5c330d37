import type { ShellValue } from "./types.js";

/**
 * A value as one word, whatever it holds, where `"$name"` is what a variable holds and parts of a word stand side by side.
 * @param quoted a text for which nothing in it means anything
 * @param printedBy what a command prints
 */
export function wordOf(
  value: ShellValue,
  quoted: (text: string) => string,
  printedBy: (command: string) => string,
): string {
  switch (value.kind) {
    case "text": {
      const before = value.behind === undefined ? "" : `"$${value.behind} "`;
      const after = value.before === undefined ? "" : `" $${value.before}"`;
      return before + quoted(value.text) + after;
    }
    case "variable":
      return `"$${value.variable}"`;
    case "command":
      return printedBy(value.command);
  }
}
