import { codeOf } from "../base/error-code.js";

/** Lets the next one in. */
export type Unlock = () => Promise<void>;

export interface LockOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds without a sign of life after which a holder counts as gone. Default 10 000; it gives one each quarter of that. */
  readonly patience?: number;
}

const { getBuiltinModule } = process;

/**
 * Waits until nobody has the lock, and takes it: a file that is there for as long as it is held. Its holder writes into it from time to time, and
 * whoever waits takes it over when that stops. How long nothing was written is measured by the one who waits: clocks of other machines,
 * whose folder this may be too, have no say. A process number is looked at as well, where it is one of this machine's.
 * @throws the signal's reason after an abort; the ErrnoException where the folder cannot be written to
 */
export async function lockFile(path: string, { signal, patience = 10_000 }: LockOptions = {}): Promise<Unlock> {
  const { writeFile } = getBuiltinModule("node:fs/promises");
  const seen = new LastSeen(patience);
  const own = `${process.pid} ${getBuiltinModule("node:os").hostname()} ${getBuiltinModule("node:crypto").randomUUID()}`;
  for (;;) {
    signal?.throwIfAborted();
    try {
      await writeFile(path, own, { mode: 0o600, flag: "wx" });
      return holding(path, own, patience);
    } catch (error) {
      // Windows says EPERM of a file that is being removed.
      if (codeOf(error) !== "EEXIST" && !(codeOf(error) === "EPERM" && process.platform === "win32")) throw error;
    }
    const state = await stateOf(path);
    if (state !== undefined && (seen.isGone(state) || isDead(state))) await takeOver(path, state, patience);
    else if (state !== undefined) await pause(100, signal);
  }
}

/** Content and time of a lock; undefined where it has gone. */
async function stateOf(path: string): Promise<string | undefined> {
  const { readFile, stat } = getBuiltinModule("node:fs/promises");
  try {
    const [text, { mtimeMs }] = [await readFile(path, "utf8"), await stat(path)];
    return `${text}\n${mtimeMs}`;
  } catch {
    return undefined;
  }
}

/** For how long the same has been seen. */
class LastSeen {
  readonly #patience: number;
  #state = "";
  #since = 0;

  constructor(patience: number) {
    this.#patience = patience;
  }

  isGone(state: string): boolean {
    const now = performance.now();
    if (state !== this.#state) [this.#state, this.#since] = [state, now];
    return now - this.#since > this.#patience;
  }
}

/** Its process ended without a word: killed, say. Only for processes of this machine can that be known. */
function isDead(state: string): boolean {
  const [pid = "", host] = state.split(/\s/);
  if (host !== getBuiltinModule("node:os").hostname() || !/^\d+$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
}

/** One at a time, and only the lock that was seen: of two who wait, the second must not remove what the first one has made since. */
async function takeOver(path: string, state: string, patience: number): Promise<void> {
  const { rm, stat, writeFile } = getBuiltinModule("node:fs/promises");
  const guard = `${path}.over`;
  try {
    await writeFile(guard, "", { mode: 0o600, flag: "wx" });
  } catch {
    const age =
      Date.now() -
      (await stat(guard).then(
        ({ mtimeMs }) => mtimeMs,
        () => Date.now(),
      ));
    // It is held for one look and one removal; whoever made it has ended in between.
    if (age > patience) await rm(guard, { force: true });
    return pause(20, undefined);
  }
  try {
    if ((await stateOf(path)) === state) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

function holding(path: string, own: string, patience: number): Unlock {
  const { readFile, rm, utimes } = getBuiltinModule("node:fs/promises");
  const timer = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, patience / 4);
  timer.unref();
  return async () => {
    clearInterval(timer);
    // After a long sleep of this machine another one may have it.
    const text = await readFile(path, "utf8").catch(() => "");
    if (text === own) await rm(path, { force: true });
  };
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
}
