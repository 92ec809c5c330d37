import type { PathWatch, System } from "../../base/system.js";
import { FileMarks, type Mark } from "./file-marks.js";
import { clearTimeout, setTimeout } from "../../base/timers.js";

/**
 * How a change is to be taken. `early`: it has come to rest a moment ago, and what is wrong with it may be put right by its next step.
 * `settled`: it has stayed as it is for long enough. `again`: it was given up before, and nothing has changed since but the time.
 */
export type Attempt = "early" | "settled" | "again";

export interface FileWatchOptions {
  readonly system: Pick<System, "stat" | "readFile" | "readDirectory" | "now" | "monotonic" | "watch">;
  /** Milliseconds between two looks where no notice of changes is to be had; where it is, a look is taken now and then all the same. */
  readonly interval: number;
  /** Loads the settings, between `before` and `loaded` or `failed`. Never rejects. */
  readonly onChange: (attempt: Attempt) => Promise<void>;
}

/** Milliseconds from a notice to a look. */
const afterNotice = 50;
/** Milliseconds between the two looks that have to see the same: files are written in many steps. */
const settling = 100;
/** Milliseconds for which a change that cannot be used is waited on: a certificate and its key are written one after the other. */
const patience = 1500;
/** Milliseconds until what was given up is tried again: a certificate of a clock that is ahead becomes valid by itself. */
const renewal = 60_000;
/** How much less often is looked where changes are noticed as they happen. */
const seldom = 6;

/**
 * Looks at the files of settings from time to time, and when the file system gives notice. It knows what they were like when the settings
 * were read from them, since it is asked before: a change in the middle of a load is not taken for what was loaded.
 */
export class FileWatch {
  readonly #options: FileWatchOptions;
  readonly #marks: FileMarks;
  /** What was loaded last, in vain or not, by path. */
  readonly #seen = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #notices: PathWatch | undefined;
  #noticed = false;
  #isLooking = false;
  #stopped = false;
  /** The change that was seen last, since when, and whether it was tried already. */
  #change: { readonly seen: string; readonly since: number; isTried: boolean } | undefined;
  #givenUpAt: number | undefined;

  constructor(options: FileWatchOptions) {
    this.#options = options;
    this.#marks = new FileMarks(options.system);
  }

  async start(): Promise<void> {
    await this.#listen();
    await this.#look();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#notices?.close();
  }

  /** To be called before anything is read from these files. */
  take(files: Iterable<string>): Promise<readonly Mark[]> {
    return this.#marks.take([...files], true);
  }

  get files(): readonly string[] {
    return [...this.#seen.keys()];
  }

  /** The files were as `marks` has them when these settings were loaded, and are watched from now on, and no others. */
  loaded(marks: readonly Mark[], begunAt: number): void {
    const before = new Map(this.#seen);
    this.#seen.clear();
    for (const { path, mark, time } of marks) {
      // A config file is read before it is known which files there are: the first time it is told by its time.
      this.#seen.set(path, before.has(path) || time < begunAt ? mark : "newer");
    }
    this.#change = undefined;
    this.#givenUpAt = undefined;
  }

  /** What was loaded cannot be used. `final`: it is left alone until it changes. The files that it names are watched as well. */
  failed(marks: readonly Mark[], final: boolean): void {
    for (const { path, mark } of marks) if (final || !this.#seen.has(path)) this.#seen.set(path, mark);
    if (!final) return;
    this.#change = undefined;
    this.#givenUpAt = this.#options.system.monotonic();
  }

  /** Notices first, the look then: what happens in between is told. */
  async #listen(): Promise<void> {
    const before = this.#notices;
    this.#notices = await this.#options.system.watch?.(this.files, () => this.#onNotice());
    before?.close();
    if (this.#stopped) this.#notices?.close();
  }

  #onNotice(): void {
    if (this.#noticed) return;
    this.#noticed = true;
    if (!this.#isLooking) this.#lookIn(afterNotice);
  }

  #lookIn(ms: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), this.#noticed ? Math.min(ms, afterNotice) : ms).unref();
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    const again = this.#noticed || this.#change !== undefined;
    this.#noticed = false;
    const marks = await this.#marks.take(this.files, again);
    if (this.#stopped) return;
    const next = await this.#judge(marks.filter(({ path, mark }) => this.#seen.get(path) !== mark));
    this.#isLooking = false;
    this.#lookIn(next);
  }

  /** Gives the milliseconds until the next look. */
  async #judge(changed: readonly Mark[]): Promise<number> {
    if (changed.length === 0) {
      this.#change = undefined;
      return this.#rest();
    }
    const now = this.#options.system.monotonic();
    const seen = changed.map(({ path, mark }) => `${path} ${mark}`).join("\n");
    if (seen !== this.#change?.seen) {
      this.#change = { seen, since: now, isTried: false };
      return settling;
    }
    const left = this.#change.since + patience - now;
    if (left > 0 && this.#change.isTried) return left;
    this.#change.isTried = true;
    await this.#options.onChange(left > 0 ? "early" : "settled");
    await this.#listen();
    // Where it was tried in vain, and is to be tried once more.
    return this.#change === undefined ? settling : Math.max(left, settling);
  }

  async #rest(): Promise<number> {
    const { interval, system, onChange } = this.#options;
    if (this.#givenUpAt !== undefined && system.monotonic() - this.#givenUpAt >= renewal) await onChange("again");
    return this.#notices?.isComplete === true ? interval * seldom : interval;
  }
}
