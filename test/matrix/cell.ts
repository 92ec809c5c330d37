import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Column } from "./columns.js";
import type { Evidence } from "./evidence.js";
import { judge, type Outcome } from "./judge.js";
import type { Row } from "./rows.js";
import { openScene, type FarEnds } from "./scene.js";
import { run, type Ended } from "./support/spawn.js";
import { OURS, type Way } from "./ways.js";

/** Milliseconds that a cell has. Whoever has said nothing by then is taken for silent. */
const TIMEOUT = 10_000;
/** For ours, whose cells must work: a busy machine is not to decide that. */
const LONG_TIMEOUT = 40_000;

export interface CellContext {
  readonly ends: FarEnds;
  /** PATH of the clients. */
  readonly path: string;
  readonly slot: number;
}

export interface CellResult {
  readonly outcome: Outcome;
  readonly evidence: Evidence;
  readonly ms: number;
}

/** Sends one client through one network, in one way, with nothing else in its environment. */
export async function runCell(way: Way, row: Row, column: Column, context: CellContext): Promise<CellResult> {
  const started = performance.now();
  const home = await mkdtemp(join(tmpdir(), "sallyport-cell-"));
  // Package managers are to find the folders that they install into.
  for (const at of column.targets.keys()) await mkdir(join(home, `project-${at}`));
  await using scene = await openScene(column, row.farEnd, context.ends, context.slot);
  try {
    const ended = await runCommands(way, row, scene, home, context.path);
    const evidence = { ...ended, ...scene.evidence() };
    return { outcome: judge(evidence), evidence, ms: performance.now() - started };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

type OpenScene = Awaited<ReturnType<typeof openScene>>;

async function runCommands(way: Way, row: Row, scene: OpenScene, home: string, path: string): Promise<Ended> {
  const { settings, urls } = scene;
  const deadline = performance.now() + (way.id === OURS ? LONG_TIMEOUT : TIMEOUT);
  let last: Ended = { status: 0, timedOut: false, stdout: "", stderr: "" };
  for (const [at, command] of row.commands(urls, home).entries()) {
    const env = {
      PATH: path,
      HOME: home,
      LANG: "C.UTF-8",
      ...way.variables(settings),
      ...row.variables?.(urls[at] ?? ""),
    };
    const timeout = Math.max(0, deadline - performance.now());
    const options = { env, cwd: home, nameServer: scene.nameServer, timeout };
    last = await run([...(row.ours === true ? [] : way.prefix(settings)), ...command], options);
    if (last.status !== 0) break;
  }
  return last;
}
