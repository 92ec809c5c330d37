import { type ConnectError, findConnectError } from "../../base/errors.js";
import type { System } from "../../base/system.js";
import { setTimeout } from "../../base/timers.js";
import type { DialContext } from "../../dial/types.js";
import { saysOsOtherwise } from "../../policy/index.js";
import { unlikeBefore, unloadable } from "./faults.js";
import type { LiveEvent } from "./types.js";
import { FileWatch, type Attempt } from "./watch-files.js";

/** Settings of which it is known where they come from, and which are about to be read. */
export interface Loading {
  readonly system: System;
  /** When that was begun, in milliseconds since the epoch. */
  readonly begunAt: number;
  /** What they are loaded from, and what would change them: files and directories, also such as are not there. */
  readonly files: readonly string[];
  finish(): Promise<Loaded>;
}

export interface Loaded {
  readonly context: DialContext;
  /** Why it cannot be used. */
  readonly fault?: ConnectError | undefined;
}

export interface LiveOptions {
  /** Begins to read them. What it, or the rest of the work, rejects with counts as their fault. */
  readonly load: () => Promise<Loading>;
  /** Milliseconds between two looks at the files, where changes are not noticed as they happen. Default: they are not watched. */
  readonly watch?: number | false;
  /** Follows the machine from one network to the next; `later`: begins with it when the program has lived for a while. Default: it does not. */
  readonly network?: boolean | "later";
}

/** What a client takes settings from: what is in force is asked for at each new connection. */
export interface LiveSettings {
  readonly current: DialContext;
  /** @returns a function that ends it */
  subscribe(listener: (event: LiveEvent) => void): () => void;
}

/** For who holds one context and no other. */
export function unchanging(context: DialContext): LiveSettings {
  return { current: context, subscribe: () => () => undefined };
}

/** Milliseconds that a program has to live before its network is of interest. */
const untilLater = 5000;

/** The settings in force, in a process in which they may change: the one place that loads them again, checks them and puts them in force. */
export class LiveContext implements LiveSettings {
  readonly #load: LiveOptions["load"];
  readonly #listeners = new Set<(event: LiveEvent) => void>();
  readonly #watch: FileWatch | undefined;
  #leaveNetwork: () => void = () => undefined;
  #current: DialContext;
  /** What is under way; never rejects. */
  #running: Promise<unknown> = Promise.resolve();
  #queued: Promise<void> | undefined;
  #closed = false;

  /** @throws what is wrong with the settings: there are none to go on with */
  static async open({ load, watch: interval = false, network = false }: LiveOptions): Promise<LiveContext> {
    const { system, begunAt, files, finish } = await load();
    const onChange = (attempt: Attempt): Promise<void> => live.#attempt(attempt);
    const watch = interval === false ? undefined : new FileWatch({ system, interval, onChange });
    const marks = await watch?.take(files);
    const { context, fault } = await finish();
    if (fault !== undefined) throw fault;
    if (marks !== undefined) watch?.loaded(marks, begunAt);
    const live: LiveContext = new LiveContext(load, context, watch);
    void watch?.start();
    if (network === "later") setTimeout(() => void live.#follow(system), untilLater).unref();
    else if (network) void live.#follow(system);
    return live;
  }

  private constructor(load: LiveOptions["load"], context: DialContext, watch: FileWatch | undefined) {
    this.#load = load;
    this.#current = context;
    this.#watch = watch;
  }

  get current(): DialContext {
    return this.#current;
  }

  subscribe(listener: (event: LiveEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Loads the settings once for all who ask before it has begun. Harmless when closed.
   * @throws {ConnectError} for unusable ones; the old ones stay in force then
   */
  reload(): Promise<void> {
    this.#queued ??= this.#exclusively(async () => {
      this.#queued = undefined;
      if (this.#closed) return;
      const fault = await this.#replace("asked");
      if (fault === undefined) return;
      this.#tell({ kind: "failed", fault, asked: true });
      throw fault;
    });
    return this.#queued;
  }

  /** Watches no more, and changes nothing any more. What was made of the settings is its owners' to close. */
  close(): void {
    this.#closed = true;
    this.#watch?.stop();
    this.#leaveNetwork();
    this.#listeners.clear();
  }

  /** One after the other, so that the settings that were read last stay. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#running.then(work);
    this.#running = next.catch(() => undefined);
    return next;
  }

  #attempt(attempt: Attempt): Promise<void> {
    return this.#exclusively(async () => {
      if (this.#closed) return;
      const fault = await this.#replace(attempt);
      if (fault !== undefined && attempt === "settled") this.#tell({ kind: "failed", fault, asked: false });
    });
  }

  async #follow(system: System): Promise<void> {
    if (this.#closed) return;
    try {
      const { watchNetwork } = await import("./watch-network.js");
      this.#leaveNetwork = await watchNetwork(system, () => this.#moved());
    } catch {
      // Its parts may be out of reach by now: the package was replaced, or the program gave up the right to read files. It goes on without.
    }
    if (this.#closed) this.#leaveNetwork();
  }

  /** All is loaded again only where the operating system has other proxies in this network: that runs commands, which may ask for passwords. */
  async #moved(): Promise<void> {
    const inUse = this.#current.inUse?.() ?? [];
    await this.#moveOn();
    // Whoever comes next finds the PAC file read, and the proxies set aside that are not there.
    for (const url of inUse) void Promise.resolve(this.#current.route(url)).catch(() => undefined);
  }

  async #moveOn(): Promise<void> {
    // First, since what is loaded again goes on with the same PAC files.
    const routes = this.#current.elsewhere?.();
    if (saysOsOtherwise(this.#current.policy)) {
      const fault = await this.#exclusively(() => this.#replace("asked", "network"));
      if (fault === undefined) return;
      this.#tell({ kind: "failed", fault, asked: false });
    }
    this.routeBy(routes);
  }

  /** The same settings by these routes, in another network. */
  routeBy(routes: ReturnType<NonNullable<DialContext["elsewhere"]>> | undefined): void {
    if (this.#closed) return;
    this.#current = { ...this.#current, ...routes };
    this.#tell({ kind: "reloaded", by: "network" });
  }

  /** Gives why the settings were not replaced. */
  async #replace(
    attempt: Attempt | "asked",
    by: "settings" | "network" = "settings",
  ): Promise<ConnectError | undefined> {
    const watch = this.#watch;
    const known = watch?.files ?? [];
    const marks = [...((await watch?.take(known)) ?? [])];
    try {
      const { begunAt, files, finish } = await this.#load();
      const isKnown = new Set(known);
      marks.push(...((await watch?.take(files.filter((path) => !isKnown.has(path)))) ?? []));
      const { context, fault: unusable } = await finish();
      const fault = unusable ?? unlikeBefore(this.#current, context, attempt === "early");
      if (fault !== undefined) throw fault;
      if (this.#closed) return undefined;
      const named = new Set(files);
      watch?.loaded(
        marks.filter(({ path }) => named.has(path)),
        begunAt,
      );
      this.#current = context;
    } catch (error) {
      watch?.failed(marks, attempt !== "early");
      return findConnectError(error) ?? unloadable(error);
    }
    this.#tell({ kind: "reloaded", by });
    return undefined;
  }

  #tell(event: LiveEvent): void {
    if (this.#closed) return;
    for (const listener of this.#listeners) listener(event);
  }
}
