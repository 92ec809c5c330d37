import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { docsOf } from "../../base/docs.js";
import { explainError, indent, readCatalogue, wrap, type ErrorMatch, type Paint } from "../../doctor/index.js";
import type { Context } from "../context.js";
import { catalogueMissing, noErrorText } from "../faults-usage.js";
import type { GlobalFlags } from "../invocation.js";
import { exitCode } from "../terminal/io.js";

/** So many are told in full; one word of an error (ECONNRESET) fits many. */
const mostInFull = 4;
const width = 78;
const column = 6;

/**
 * `sallyport explain-error`: finds the fault behind what another tool has printed. Exit code 1 where nothing in the catalogue fits. Nothing of
 * the text is printed again: people paste logs, and those hold logins.
 */
export async function explainErrorCommand(
  words: readonly string[],
  flags: GlobalFlags,
  { io, terminal }: Context,
): Promise<number> {
  const text =
    words.length === 0 || (words.length === 1 && words[0] === "-") ? await readAll(io.stdin) : words.join(" ");
  if (text.trim() === "") throw noErrorText();
  const matches = explainError(text, readCatalogue(await readPage()));
  if (flags.json === true) {
    const told = matches.map(({ by, entry: { code, stage, why, remedy } }) => ({
      code,
      stage,
      matched: by,
      why,
      remedy,
      docs: docsOf(code),
    }));
    await terminal.json({ ok: told.length > 0, matches: told });
  } else await terminal.print(render(matches, terminal.out));
  return matches.length === 0 ? exitCode.network : exitCode.fine;
}

async function readAll(stdin: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stdin) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** The package holds its documents; how far below its root this module lies depends on the bundle. @throws UsageError */
async function readPage(): Promise<string> {
  let folder = import.meta.dirname;
  for (let up = 0; up < 5; up++, folder = dirname(folder)) {
    const path = join(folder, "docs", "faults.md");
    if (existsSync(join(folder, "package.json")) && existsSync(path)) return readFile(path, "utf8");
  }
  throw catalogueMissing();
}

function render(matches: readonly ErrorMatch[], paint: Paint): string {
  const told = matches.slice(0, mostInFull);
  if (told.length === 0) {
    return `${[
      "Nothing in the catalogue of faults fits this text.",
      `${paint.dim("next")}  sallyport doctor URL  looks at the way to that URL by itself`,
    ].join("\n")}\n`;
  }
  const lines = told.map(({ by, entry }) => {
    const labelled = (label: string, text: string): string =>
      `  ${paint.dim(label.padEnd(column - 2))}${indent(wrap(text, width - column), column)}`;
    return [
      `${paint.bold(entry.code)} ${paint.dim(`(${entry.stage})`)}${by === entry.code ? "" : `  ${paint.dim("by")} "${by}"`}`,
      labelled("why", entry.why),
      labelled("do", entry.remedy),
    ].join("\n");
  });
  const others = matches.slice(mostInFull).map(({ entry }) => entry.code);
  const heading =
    told.length === 1 ? [] : [`${matches.length} faults look like this. The most likely ones come first.`];
  const rest = others.length === 0 ? [] : [`Also possible: ${others.join(", ")}`];
  const next =
    told.length === 1
      ? []
      : [`${paint.dim("next")}  sallyport doctor URL  tells which of them it is on the way to that URL`];
  return `${[...heading, ...lines, ...rest, ...next].join("\n\n")}\n`;
}
