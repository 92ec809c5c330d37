import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { makeAptRepository } from "../real/support/apt.js";
import { makeMavenRepository } from "../real/support/maven.js";
import { prepareSshd } from "../real/support/sshd.js";
import { runCell, type CellContext } from "./cell.js";
import { chooseCells } from "./choice.js";
import { columns, type Column } from "./columns.js";
import { exceptions } from "./exceptions.js";
import type { UpstreamOptions } from "./upstreams/upstream.js";
import { files, makeFiles } from "./upstreams/files.js";
import { startLoginProxies } from "./logins.js";
import { grpc } from "./upstreams/grpc.js";
import { mcp } from "./upstreams/mcp.js";
import { wordsFor } from "./judge.js";
import { renderPage, type Findings, type Results } from "./page.js";
import { rowsWith, type Row } from "./rows.js";
import type { FarEnds } from "./scene.js";
import { closeTheMachine, packetsThatLeft } from "./support/closed-machine.js";
import { findPrograms, plainEnvironment, versionOf } from "./support/machine.js";
import { inParallel } from "./support/pool.js";
import { Tally } from "./tally.js";
import { CAPTURE, OURS, waysWith, type Way } from "./ways.js";

/** What run.mjs has found out outside the namespace. */
interface Given {
  readonly directory: string;
  readonly node: string;
  readonly claude?: string;
  readonly pnpm?: string;
}

const [givenText = "{}", ...argv] = process.argv.slice(2);
const given = JSON.parse(givenText) as Given;
const { values: flags } = parseArgs({
  args: argv,
  options: {
    page: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
    jobs: { type: "string", default: "3" },
    way: { type: "string", multiple: true },
    row: { type: "string", multiple: true },
    column: { type: "string", multiple: true },
  },
});

const content = mkdtempSync(join(tmpdir(), "sallyport-matrix-"));
process.once("exit", () => rmSync(content, { recursive: true, force: true }));
// As another user it could let nobody in.
const sshd = isRoot() ? prepareSshd(content, sshNames()) : undefined;
const programs = findPrograms({ claude: undefined, pnpm: undefined, sshd, ...given });
const ways = waysWith({
  node: given.node,
  cli: join(given.directory, "../../dist/cli/bin.cjs"),
  globalAgent: join(given.directory, "node_modules/global-agent/bootstrap.js"),
});
const rows = rowsWith(programs);
const chosen = {
  ways: pick(ways, flags.way ?? (flags.page ? undefined : [OURS, CAPTURE]), (way) => way.id),
  rows: pick(rows, flags.row, (row) => row.name),
  columns: pick(columns, flags.column, (column) => column.id),
};

await closeTheMachine(Number(flags.jobs));
const ends = await farEnds();
await using logins = await startLoginProxies(chosen.columns.flatMap(({ squid }) => squid ?? []));
const tally = new Tally({ verbose: flags.verbose });
const results: Results = {};
for (const way of chosen.ways) await runWay(way);
finish();

function pick<Item>(items: readonly Item[], names: readonly string[] | undefined, nameOf: (item: Item) => string) {
  const unknown = names?.find((name) => !items.some((item) => nameOf(item) === name));
  if (unknown !== undefined) throw new Error(`no ${unknown}; there are: ${items.map(nameOf).join(", ")}`);
  return items.filter((item) => names === undefined || names.includes(nameOf(item)));
}

/** Not one that is it in a user namespace alone. */
function isRoot(): boolean {
  return /^\s*0\s+0\s+4294967295$/m.test(readFileSync("/proc/self/uid_map", "utf8"));
}

/** As known_hosts has them, with any port. */
function sshNames(): readonly string[] {
  return columns.flatMap(({ targets }) => targets.map(({ host }) => `[${host}]:*`));
}

async function farEnds(): Promise<FarEnds> {
  makeFiles(content, { python: programs.python, environment: plainEnvironment });
  makeMavenRepository(content);
  makeAptRepository(content);
  // Its package is not there when this file is checked or bundled.
  const url = pathToFileURL(join(given.directory, "upstreams/socket-io.mjs")).href;
  const { attachSocketIo } = (await import(url)) as { attachSocketIo: NonNullable<UpstreamOptions["attach"]> };
  return { handlers: [grpc, mcp, files(content)], sshd, attachSocketIo };
}

async function runWay(way: Way): Promise<void> {
  const started = performance.now();
  const before = packetsThatLeft();
  // Nothing of this machine's own places for programs, but where distributions put them.
  const path = [...new Set([dirname(given.node), "/usr/local/bin", "/usr/bin", "/bin"])].join(":");
  const isWhole = flags.page || flags.column !== undefined;
  const cells = chosen.rows.flatMap((row) => {
    const groups = chooseCells({ way, row, at: rows.indexOf(row), columns: chosen.columns, isWhole });
    return groups.map((group) => ({ row, group }));
  });
  console.log(`\n${way.title}`);
  await inParallel(cells, Number(flags.jobs), async ({ row, group }, slot) => {
    const missing = (column: Column): string | undefined => whyNot(way, row, column);
    for (const column of group) {
      const without = missing(column);
      if (without === undefined) continue;
      note(way, row, column, without);
      tally.omit(way, row.name, without);
    }
    const there = group.filter((column) => missing(column) === undefined);
    const context = { ends, logins, path, slot };
    if (there.length > 1 && (await workTogether(way, row, there, context))) return;
    for (const column of there) {
      const result = await runCell(way, row, [column], context);
      note(way, row, column, wordsFor(result.outcome));
      tally.add(way, row.name, column.id, result);
    }
  });
  tally.left(way, packetsThatLeft() - before);
  console.log(`${way.title}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

/** Whether all is well; else nothing is noted. */
async function workTogether(way: Way, row: Row, group: readonly Column[], context: CellContext): Promise<boolean> {
  const result = await runCell(way, row, group, context);
  if (result.outcome.kind !== "works") {
    console.log(
      `${row.name}: ${group.map(({ id }) => id).join(", ")} in one run: ${wordsFor(result.outcome)}; each by itself:`,
    );
    return false;
  }
  for (const column of group) {
    note(way, row, column, wordsFor(result.outcome));
    tally.add(way, row.name, column.id, result);
  }
  return true;
}

function note(way: Way, row: Row, column: Column, words: string): void {
  ((results[way.id] ??= {})[row.name] ??= {})[column.id] = words;
}

/** `–` for what makes no sense, else the reason why it cannot be tried here. */
function whyNot(way: Way, row: Row, { id, squid }: Column): string | undefined {
  const isForOthers = row.ours === true && way.id !== OURS;
  if (row.without?.includes(id) === true || isForOthers || (way.nodeOnly && !row.node)) return "–";
  if (row.absent !== undefined) return `absent: ${row.absent}`;
  const proxy = squid === undefined ? undefined : logins[squid];
  return typeof proxy === "string" ? `absent: ${proxy}` : undefined;
}

function finish(): void {
  if (flags.page) writePage();
  for (const omitted of tally.omitted) console.log(omitted);
  console.log(`\n${tally.line}`);
  process.exitCode = tally.failed ? 1 : 0;
}

/** What was tried now takes the place of what the last run had found. Always in the same order, whichever cell ended first. */
function writePage(): void {
  const file = join(given.directory, "findings.json");
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Findings).results : {};
  const merged: Results = {};
  for (const each of ways) {
    for (const client of rows) {
      const { id: way } = each;
      const { name: row, absent } = client;
      const now = absent === undefined ? results[way]?.[row] : undefined;
      // What could not be had this time is as it was found before.
      const had = Object.entries(now ?? {}).filter(([, words]) => !words.startsWith("absent"));
      const cells = { ...before[way]?.[row], ...Object.fromEntries(had) };
      const wordsOf = (column: Column): string =>
        whyNot(each, client, column) === "–" ? "–" : (cells[column.id] ?? "never tried");
      (merged[way] ??= {})[row] = Object.fromEntries(columns.map((column) => [column.id, wordsOf(column)]));
    }
  }
  const there = rows.filter((row) => row.absent === undefined);
  const versions = there.map((row) => [row.version === "node" ? "Node" : row.name, versionOf(row, programs)] as const);
  const findings: Findings = { versions: Object.fromEntries(versions), results: merged };
  writeFileSync(file, `${JSON.stringify(findings, undefined, 2)}\n`);
  writeFileSync(join(given.directory, "../../docs/coverage.md"), renderPage({ columns, ways, exceptions }, findings));
}
