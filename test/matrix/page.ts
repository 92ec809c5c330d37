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
    opening(parts, findings),
    choice,
    intro(parts, findings),
    "## Side by side\n",
    sideBySide(parts, findings),
    ...parts.ways.flatMap((way) => [`## ${way.title}\n`, `${capital(way.says)}.\n`, details(way.id, parts, findings)]),
    "## What does not work with ours, and why\n",
    known(parts),
    "## Versions\n",
    versions(findings.versions),
  ].join("\n");
}

/** Which of sallyport's ways, by what is to go out. Each as it is shown by tests of the real programs. */
const choice = `## Which way to choose

| what is to go out | take | why |
|---|---|---|
| a Node program, and what it starts: npm, pnpm, Claude Code, an app of your own | \`sallyport run -- command\` | it works inside Node: HTTP/2, client certificates, no hop in between |
| a program that reads variables: git, curl, wget, pip, apt, Python, Go, cargo, Bun, PHP's curl | \`sallyport run -- command\` | it sets the variables that each of them reads, and runs a gateway where they cannot say all |
| a program that can use a proxy, and present it no login: Java, Maven, Gradle, Chromium, lftp | \`sallyport run -- command\` on Linux; elsewhere \`sallyport gateway --no-token\` | the gateway knows whose program it is |
| a program that reads no variable, or too few: Subversion, aria2, ssh, PHP's own functions, static binaries, a script that empties its environment | \`sallyport run --capture -- command\`, on Linux | whatever it opens is led to the gateway, and its authorities are those of the system |
| a program that you know nothing of | \`sallyport run --capture -- command\`, on Linux | nothing is asked of it, and nothing of it can go direct |
| a program that asks the local DNS for names which only the proxy should see: Ruby, Deno | \`sallyport run --capture -- command\`, on Linux; \`sallyport run\` if the question does no harm | its question is answered within the capture, and goes nowhere |
| Subversion, aria2, Mercurial, Maven and others, elsewhere than on Linux, or for good | \`sallyport env --for NAME\`, with \`--gateway URL\` where the proxy wants more than a name | they read a file of their own, and \`run\` changes no file of yours |
| what is not started from your shell: daemons, editors, containers, pods, CI, apt by \`sudo\` | \`sallyport env --for NAME\` | it reads its own settings file |
| whatever can be told of a proxy, and nothing else: browsers, other devices | \`sallyport gateway\` | one address for all of them, and for as long as it runs |

If in doubt: \`sallyport run\`, and on Linux \`sallyport run --capture\` where that does not do. [programs.md](programs.md) describes the ways,
[capture.md](capture.md) and [gateway.md](gateway.md) two of them; what each program makes of them follows here, and where one of
them does not do, [why](#what-does-not-work-with-ours-and-why).
`;

function opening({ columns, ways }: PageParts, { results }: Findings): string {
  const clients = Object.keys(results[OURS] ?? {}).length;
  return `# Coverage

<!-- Written by \`npm run matrix:page\`; \`npm run test:matrix\` fails where our part of it is no longer true. -->

${clients} unmodified clients, each sent through ${columns.length} kinds of network in ${ways.length} ways: two of sallyport's, and three that there are without it.
`;
}

function intro({ columns, ways }: PageParts, { results }: Findings): string {
  return `## How it is measured

Every cell is one run in a laboratory of its own, and is judged by what the proxy, the origin and the DNS wrote down, not by what the
client says.

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

/** A no-break space: the order says which way a mark is about. */
const unbroken = "\u00A0";

function sideBySide({ columns, ways }: PageParts, { results }: Findings): string {
  const order = ways.map((way) => way.title).join(", ");
  const rows = Object.keys(results[OURS] ?? {}).map((row) => {
    const cells = columns.map((column) => ways.map((way) => mark(results[way.id]?.[row]?.[column.id])).join(unbroken));
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

const named = (ids: Exception["ways"], ways: PageParts["ways"]): string =>
  ways
    .filter(({ id }) => ids.includes(id))
    .map(({ title }) => title)
    .join(" and ");

function known({ exceptions, columns, ways }: PageParts): string {
  const titles = (ids: readonly string[]) =>
    ids.map((id) => columns.find((column) => column.id === id)?.title ?? id).join(", ");
  const where = (ids: Exception["columns"]): string => (ids === "all" ? "everywhere" : titles(ids));
  return `${exceptions
    .map(({ row, columns: ids, ways: by, reason }) => `- **${row}** (${named(by, ways)}; ${where(ids)}): ${reason}`)
    .join("\n")}\n`;
}

function versions(list: Findings["versions"]): string {
  return `${Object.entries(list)
    .map(([name, version]) => `${name} (${version})`)
    .join(", ")}\n`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
