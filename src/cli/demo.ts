import { renderDemoEnd, renderDemoStart, renderScene } from "./demo-print.js";
import type { Context } from "./context.js";
import { scenes, type Run, type Scene, type SceneResult } from "./demo-scenes.js";
import { exitCode, type Io } from "./io.js";
import type { StandardLab } from "../lab/types.js";
import type { GlobalFlags } from "./program.js";

/** Runs a command line, as `main` does: the scenes run what a user runs. */
type RunLine = (argv: readonly string[], io: Io, version: string) => Promise<number>;

/** `sallyport demo`: six requests through a lab, each proved from the far side's log. */
export async function demoCommand(flags: GlobalFlags, context: Context, run: RunLine): Promise<number> {
  const started = performance.now();
  const { startStandardLab } = await import("../lab/index.js");
  await using lab = await startStandardLab();
  return await show(scenes(lab), lab, { ...context, json: flags.json === true, started, run });
}

interface Showing extends Context {
  readonly json: boolean;
  /** On the clock of `performance.now()`. */
  readonly started: number;
  readonly run: RunLine;
}

/** Plays the scenes and prints each; fails when one does not prove what it claims. */
export async function show(
  played: readonly Scene[],
  lab: StandardLab,
  { io, terminal, version, json, started, run: runLine }: Showing,
): Promise<number> {
  if (!json) await terminal.print(renderDemoStart(lab, terminal.out));
  const results: SceneResult[] = [];
  for (const [index, scene] of played.entries()) {
    io.signal.throwIfAborted();
    const result = await play(scene, lab, io.signal, (argv, sceneIo) => runLine(argv, sceneIo, version));
    results.push(result);
    if (!json) await terminal.print(renderScene(index + 1, result, lab, terminal.out));
  }

  const seconds = (performance.now() - started) / 1000;
  const ok = results.every((result) => result.ok);
  if (json)
    await terminal.json({
      ok,
      seconds: Math.round(seconds * 10) / 10,
      scenes: results.map(({ scene, run, proofs, ok: holds }) => ({
        title: scene.title,
        ok: holds,
        exit: run.exit,
        proofs,
      })),
    });
  else await terminal.print(renderDemoEnd(results, seconds, terminal.out));
  return ok ? exitCode.fine : exitCode.network;
}

async function play(
  scene: Scene,
  lab: StandardLab,
  signal: AbortSignal,
  line: (argv: readonly string[], io: Io) => Promise<number>,
): Promise<SceneResult> {
  lab.log.clear();
  const recorder = record(signal);
  // Nothing of the user's own environment takes part: the scene's variables are all there is.
  const variables = { HOME: lab.directory, USERPROFILE: lab.directory, ...scene.variables };
  const exit = await line(scene.argv, { ...recorder.io, variables, lookup: lab.lookup });
  const run: Run = { exit, stdout: recorder.stdout(), stderr: recorder.stderr(), pieces: recorder.pieces() };
  const proofs = [...scene.proofs(run), { claim: `exit code ${scene.exit}`, holds: exit === scene.exit }];
  return { scene, run, proofs, ok: proofs.every((proof) => proof.holds) };
}

interface Recorder {
  readonly io: Io;
  stdout(): string;
  stderr(): string;
  /** When each piece of stdout came, in milliseconds. */
  pieces(): readonly number[];
}

function record(signal: AbortSignal): Recorder {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const times: number[] = [];
  const write = (chunks: Buffer[], chunk: string | Uint8Array): Promise<void> => {
    chunks.push(Buffer.from(chunk));
    return Promise.resolve();
  };
  return {
    io: {
      stdout: {
        isTTY: false,
        write: (chunk) => {
          times.push(performance.now());
          return write(out, chunk);
        },
      },
      stderr: { isTTY: false, write: (chunk) => write(err, chunk) },
      stdin: (async function* () {})(),
      signal,
    },
    stdout: () => Buffer.concat(out).toString("utf8"),
    stderr: () => Buffer.concat(err).toString("utf8"),
    pieces: () => times,
  };
}
