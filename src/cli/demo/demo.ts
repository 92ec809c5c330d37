import { dirname, delimiter } from "node:path";
import type { StandardLab } from "../../lab/types.js";
import type { Context } from "../context.js";
import { whyNoCurl } from "./curl.js";
import { renderDemoEnd, renderDemoStart, renderScene, renderSkipped } from "./print.js";
import type { Run, Scene, SceneResult } from "./scene.js";
import { scenes } from "./scenes.js";
import { exitCode, type Io } from "../terminal/io.js";
import type { GlobalFlags } from "../invocation.js";

/** Runs a command line, as `main` does: the scenes run what a user runs. */
type RunLine = (argv: readonly string[], io: Io, version: string) => Promise<number>;

/** `sallyport demo`: requests and programs through a lab, each proved from the server's log. */
export async function demoCommand(flags: GlobalFlags, context: Context, run: RunLine): Promise<number> {
  const started = performance.now();
  const { startStandardLab } = await import("../../lab/index.js");
  const [lab, withoutCurl] = await Promise.all([startStandardLab(), whyNoCurl({ PATH: searchPath(context) })]);
  await using _closing = lab;
  return await show(scenes(lab, withoutCurl), lab, { ...context, json: flags.json === true, started, run });
}

interface Showing extends Context {
  readonly json: boolean;
  /** On the clock of `performance.now()`. */
  readonly started: number;
  readonly run: RunLine;
}

/** Plays the scenes and prints each; fails when one does not prove what it claims. */
export async function show(played: readonly Scene[], lab: StandardLab, showing: Showing): Promise<number> {
  const { io, terminal, json, started } = showing;
  if (!json) await terminal.print(renderDemoStart(lab, terminal.out));
  const results: SceneResult[] = [];
  const skipped: Scene[] = [];
  for (const [index, scene] of played.entries()) {
    if (scene.skip !== undefined) {
      skipped.push(scene);
      if (!json) await terminal.print(renderSkipped(index + 1, scene, terminal.out));
      continue;
    }
    const result = await play(scene, lab, showing);
    // What was cut short proves nothing, and is no defect either.
    io.signal.throwIfAborted();
    results.push(result);
    if (!json) await terminal.print(renderScene(index + 1, result, lab, terminal.out));
  }

  const seconds = (performance.now() - started) / 1000;
  const ok = results.every((result) => result.ok);
  if (json) await terminal.json({ ok, seconds: Math.round(seconds * 10) / 10, ...described(results, skipped) });
  else await terminal.print(renderDemoEnd(results, skipped, seconds, terminal.out));
  return ok ? exitCode.fine : exitCode.network;
}

const described = (results: readonly SceneResult[], skipped: readonly Scene[]): object => ({
  scenes: results.map(({ scene, run, proofs, ok }) => ({ title: scene.title, ok, exit: run.exit, proofs })),
  skipped: skipped.map(({ title, skip }) => ({ title, reason: skip })),
});

async function play(
  scene: Scene,
  lab: StandardLab,
  { io, variables: own, version, run: runLine }: Showing,
): Promise<SceneResult> {
  await scene.setUp?.();
  lab.log.clear();
  const recorder = record(io.signal, scene.readsListing === true ? (scene.listing?.text ?? "") : "");
  // Nothing of the user's own environment takes part but where programs lie: the scene's variables are all there is.
  const home = { HOME: lab.directory, USERPROFILE: lab.directory, PATH: searchPath({ variables: own }) };
  const began = performance.now();
  const exit = await runLine(
    scene.argv,
    { ...recorder.io, variables: { ...home, ...scene.variables }, lookup: lab.lookup },
    version,
  );
  const ms = performance.now() - began;
  const run: Run = { exit, ms, stdout: recorder.stdout(), stderr: recorder.stderr(), pieces: recorder.pieces() };
  const proofs = [...(await scene.proofs(run)), { claim: `exit code ${scene.exit}`, holds: exit === scene.exit }];
  return { scene, run, proofs, ok: proofs.every((proof) => proof.holds) };
}

/** `node` is the one that runs this, whatever else is installed. */
function searchPath({ variables }: Pick<Context, "variables">): string {
  const path = variables["PATH"] ?? variables["Path"] ?? "";
  return [dirname(process.execPath), path].filter((part) => part !== "").join(delimiter);
}

interface Recorder {
  readonly io: Io;
  stdout(): string;
  stderr(): string;
  /** When each piece of stdout came, in milliseconds. */
  pieces(): readonly number[];
}

function record(signal: AbortSignal, input: string): Recorder {
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
      stdin: (async function* () {
        if (input !== "") yield Buffer.from(input);
      })(),
      signal,
      capture: true,
    },
    stdout: () => Buffer.concat(out).toString("utf8"),
    stderr: () => Buffer.concat(err).toString("utf8"),
    pieces: () => times,
  };
}
