import type { System } from "../base/system.js";

interface Run {
  readonly output: Promise<string>;
  readonly end: AbortController;
  waiting: number;
}

/** The commands that are under way. */
const runs = new WeakMap<System, Map<string, Run>>();

/**
 * What a command prints, of one run for all who wait at the same time: a command may ask a person, or a server that counts. It is ended when
 * nobody waits any longer. Who asks `afresh` shares a run with those alone who do so too.
 * @throws what System.run throws; the signal's reason after an abort
 */
export async function runOnce(
  command: string | readonly string[],
  system: System,
  { signal, afresh }: { readonly signal: AbortSignal | undefined; readonly afresh: boolean },
): Promise<string> {
  signal?.throwIfAborted();
  const run = runOf(command, system, afresh);
  run.waiting++;
  const leave = (): void => {
    if (--run.waiting === 0) run.end.abort();
  };
  if (signal === undefined) return run.output.finally(leave);
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () =>
      reject(signal.reason instanceof Error ? signal.reason : new Error("aborted", { cause: signal.reason }));
  });
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([run.output, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    leave();
  }
}

function runOf(command: string | readonly string[], system: System, afresh: boolean): Run {
  const ofSystem = runs.get(system) ?? new Map<string, Run>();
  runs.set(system, ofSystem);
  const key = JSON.stringify([afresh, command]);
  const known = ofSystem.get(key);
  if (known !== undefined && !known.end.signal.aborted) return known;
  const end = new AbortController();
  const output = system.run(command, { signal: end.signal });
  const run: Run = { output, end, waiting: 0 };
  ofSystem.set(key, run);
  const forget = (): void => {
    if (ofSystem.get(key) === run) ofSystem.delete(key);
  };
  output.then(forget, forget);
  return run;
}
