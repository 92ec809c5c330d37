import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Column } from "./columns.js";
import type { Evidence } from "./evidence.js";
import { judge, type Outcome } from "./judge.js";
import type { Row } from "./rows.js";
import { openScene, type SceneContext } from "./scene.js";
import { run, type Ended } from "./support/spawn.js";
import type { Way } from "./ways.js";

/** Milliseconds that a cell has. Whoever has said nothing by then is taken for silent. */
const TIMEOUT = 10_000;
/** For ours, whose cells must work: a busy machine is not to decide that. */
const LONG_TIMEOUT = 40_000;

export interface CellContext extends SceneContext {
  /** PATH of the clients. */
  readonly path: string;
}

export interface CellResult {
  readonly outcome: Outcome;
  readonly evidence: Evidence;
  readonly ms: number;
}

/** Sends one client through one network, or several by one PAC file, in one way, with nothing else in its environment. */
export async function runCell(
  way: Way,
  row: Row,
  columns: readonly Column[],
  context: CellContext,
): Promise<CellResult> {
  const started = performance.now();
  const home = await mkdtemp(join(tmpdir(), "sallyport-cell-"));
  // Package managers are to find the folders that they install into.
  for (const at of columns.flatMap(({ targets }) => targets).keys()) await mkdir(join(home, `project-${at}`));
  await using scene = await openScene(columns, row.farEnd, context);
  try {
    const ended = await runCommands(way, row, scene, home, context.path);
    const evidence = { ...ended, ...(await scene.evidence()) };
    return { outcome: judge(evidence), evidence, ms: performance.now() - started };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

type OpenScene = Awaited<ReturnType<typeof openScene>>;

async function runCommands(way: Way, row: Row, scene: OpenScene, home: string, path: string): Promise<Ended> {
  const { settings, urls } = scene;
  const deadline = performance.now() + (way.ours ? LONG_TIMEOUT : TIMEOUT) * (row.slow === true ? 3 : 1);
  let last: Ended = { status: 0, timedOut: false, stdout: "", stderr: "" };
  const common = { PATH: path, HOME: home, LANG: "C.UTF-8", ...way.variables(settings) };
  for (const { command, variables } of commandsOf(row, urls, home, settings.hasSeveral)) {
    const env = { ...common, ...variables };
    const timeout = Math.max(0, deadline - performance.now());
    const options = { env, cwd: home, nameServer: scene.nameServer, timeout };
    last = await run([...(row.ours === true ? [] : way.prefix(settings)), ...command], options);
    if (last.status !== 0) break;
  }
  return last;
}

interface Command {
  readonly command: readonly string[];
  readonly variables?: Readonly<Record<string, string>> | undefined;
}

/** @param atOnce one command for all, so that `sallyport run` begins once */
function commandsOf(row: Row, urls: readonly string[], home: string, atOnce: boolean): readonly Command[] {
  const commands = row
    .commands(urls, home)
    .map((command, at) => ({ command, variables: row.variables?.(urls[at] ?? "") }));
  if (!atOnce || commands.length === 1) return commands;
  const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const lines = commands.map(({ command, variables = {} }) =>
    ["env", ...Object.entries(variables).map(([name, value]) => `${name}=${value}`), ...command].map(quoted).join(" "),
  );
  return [{ command: ["/bin/sh", "-c", lines.join(" && ")] }];
}
