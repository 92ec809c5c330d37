import type { Column } from "./columns.js";
import type { Exception } from "./exceptions.js";
import { OURS, type Way } from "./ways.js";

/** Way, row and column, each by its name: the words for what came of it. */
export type Results = Record<string, Record<string, Record<string, string>>>;

export interface PageParts {
  readonly columns: readonly Pick<Column, "id" | "title" | "says">[];
  readonly ways: readonly Pick<Way, "id" | "title" | "says">[];
  readonly exceptions: readonly Exception[];
}

/** What a run of all ways has found. Holds neither a date nor a time, so that the same findings make the same page. */
export interface Findings {
  readonly results: Results;
  readonly versions: Readonly<Record<string, string>>;
}

const NOT_APPLICABLE = "–";

/** docs/coverage.md. */
export function renderPage(parts: PageParts, findings: Findings): string {
  return [
    intro(parts, findings),
    choice,
    "## Side by side\n",
    sideBySide(parts, findings),
    ...parts.ways.flatMap((way) => [`## ${way.title}\n`, `${capital(way.says)}.\n`, details(way.id, parts, findings)]),
    "## What does not work with ours, and why\n",
    known(parts.exceptions, parts.columns),
    "## Versions\n",
    versions(findings.versions),
  ].join("\n");
}

/** Which of sallyport's ways, by what is to go out. Each as it is shown by tests of the real programs. */
const choice = `## Which way to choose

| what is to go out | way | why |
|---|---|---|
| Node programs, and what they start: npm, Claude Code | \`sallyport run\` | the preload dials by itself: HTTP/2, client certificates, one hop less |
| programs that read variables: curl, wget, git, Python, Go, Rust, cargo, Bun, Deno, PHP's curl | \`sallyport run\` | it sets what each of them reads |
| programs that take a proxy, and present it no login: Java, Maven, Gradle, Chromium, lftp | \`sallyport run\` on Linux; elsewhere \`sallyport gateway --no-token\` | the gateway knows them by their user |
| programs that read a file of their own: Subversion, aria2, Mercurial, Maven, apt by \`sudo\` | \`sallyport env --for NAME\`, with \`--gateway URL\` where the proxy wants more than a name | \`run\` can change no file of yours |
| daemons, editors, containers, pods, CI | \`sallyport env --for NAME\` | they are not started from your shell |
| browsers, and devices that are given a proxy | \`sallyport gateway\` | one address for all of them |
| programs that go by no setting at all: PHP's own functions, static binaries, ssh | \`sallyport run --capture\`, on Linux | nothing is asked of the program |
`;

function intro({ columns, ways }: PageParts, { results }: Findings): string {
  const clients = Object.keys(results[OURS] ?? {}).length;
  return `# Coverage

<!-- Written by \`npm run matrix:page\`; \`npm run test:matrix\` fails where our part of it is no longer true. -->

${clients} unmodified clients, each sent through ${columns.length} kinds of network in ${ways.length} ways. Every cell is one run in a laboratory of its own, and is
judged by what the proxy, the origin and the DNS wrote down, not by what the client says.

A cell **works** when every host was reached by the way that the settings name and by no other: through the proxy, with its login,
inspected where that is the case, with the client certificate where one is demanded, and without a question to the DNS.
It **leaks** when a connection went past the proxy, or the DNS was asked for a name that only the proxy needs to know.
In these networks the way past the proxy is open on purpose, so that whoever takes it is seen; where it is closed, as in most
companies, such a client fails. It is **silent** when it has said nothing after 10 seconds. All else **fails**, with the code or
the words by which the client says why.

The networks:

${columns.map((column) => `- **${column.title}**: ${column.says}.`).join("\n")}

The ways:

${ways.map((way) => `- **${way.title}**: ${way.says}.`).join("\n")}

| works | ${ways.map((way) => way.title).join(" | ")} |
|---|${ways.map(() => "---:|").join("")}
${columns.map((column) => `| ${column.title} | ${ways.map((way) => tally(results[way.id], column.id)).join(" | ")} |`).join("\n")}
`;
}

/** `31 of 37`; what makes no sense, as a Node setting for curl, counts neither here nor there. */
function tally(rows: Results[string] = {}, column: string): string {
  const words = Object.values(rows)
    .flatMap((row) => row[column] ?? [])
    .filter((word) => word !== NOT_APPLICABLE);
  return `${words.filter((word) => word === "works").length} of ${words.length}`;
}

function sideBySide({ columns, ways }: PageParts, { results }: Findings): string {
  const order = ways.map((way) => way.title).join(", ");
  const rows = Object.keys(results[OURS] ?? {}).map((row) => {
    const cells = columns.map((column) => ways.map((way) => mark(results[way.id]?.[row]?.[column.id])).join(" "));
    return `| ${row} | ${cells.join(" | ")} |`;
  });
  return `In each cell, from left to right: ${order}. ✓ works, ✗ fails, ⚠ leaks, … silent, – does not apply, or was not tried.

| | ${columns.map((column) => column.title).join(" | ")} |
|---|${columns.map(() => "---|").join("")}
${rows.join("\n")}
`;
}

function mark(words: string = NOT_APPLICABLE): string {
  if (words === NOT_APPLICABLE || words.startsWith("absent")) return NOT_APPLICABLE;
  if (words === "works") return "✓";
  if (words === "silent") return "…";
  return words.startsWith("LEAK") ? "⚠" : "✗";
}

function details(way: string, { columns }: PageParts, { results }: Findings): string {
  const rows = Object.entries(results[way] ?? {})
    .filter(([, row]) => Object.values(row).some((words) => words !== NOT_APPLICABLE))
    .map(([name, row]) => `| ${name} | ${columns.map((column) => cell(row[column.id])).join(" | ")} |`);
  return `| | ${columns.map((column) => column.title).join(" | ")} |
|---|${columns.map(() => "---|").join("")}
${rows.join("\n")}
`;
}

function cell(words: string = NOT_APPLICABLE): string {
  if (/^(works|silent|–)$/.test(words)) return words;
  return words.startsWith("LEAK: ") ? `**leaks**: ${words.slice(6)}` : `\`${words.replaceAll("|", "\\|")}\``;
}

function known(exceptions: readonly Exception[], columns: PageParts["columns"]): string {
  const titles = (ids: readonly string[]) =>
    ids.map((id) => columns.find((column) => column.id === id)?.title ?? id).join(", ");
  return `${exceptions.map(({ row, columns: ids, reason }) => `- **${row}** (${titles(ids)}): ${reason}`).join("\n")}\n`;
}

function versions(list: Findings["versions"]): string {
  return `${Object.entries(list)
    .map(([name, version]) => `${name} (${version})`)
    .join(", ")}\n`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
