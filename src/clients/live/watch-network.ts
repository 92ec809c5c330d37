import type { NetworkView, System } from "../../base/system.js";
import { clearTimeout, setTimeout } from "../../base/timers.js";
import { afterMove, followConnections } from "../../dial/index.js";
import type { Clock } from "../sleep-mark.js";

/** Told that the machine is in another network by now. Never rejects. */
type Moved = () => Promise<void>;

/** Milliseconds between two looks: with those of `settling`, a change is told within two seconds of its last step. */
const interval = 1500;
/** Milliseconds between the two looks that have to see the same: address, route and resolver come one after the other. */
const settling = 500;
/** Milliseconds by which a look may be late. Beyond that the machine was asleep, or might as well have been: it may wake up elsewhere. */
const late = 10_000;

/** Looks at the machine's network from time to time, for all that ask for it. Never keeps a process running. */
class NetworkWatch {
  readonly #look: () => NetworkView;
  readonly #clock: Clock;
  readonly #listeners = new Set<Moved>();
  /** The network that was told last. */
  #known = "";
  /** What this machine's addresses were since then. */
  readonly #addresses = new Set<string>();
  /** The network may be another one though it looks the same: the machine was in none, or slept meanwhile. */
  #wasAway = false;
  /** Another network, at the last look. */
  #seen: string | undefined;
  #lookedAt: readonly [number, number] = [0, 0];
  #timer: NodeJS.Timeout | undefined;

  constructor(look: () => NetworkView, clock: Clock) {
    this.#look = look;
    this.#clock = clock;
  }

  /** @returns a function that ends it */
  add(listener: Moved): () => void {
    if (this.#listeners.size === 0) this.#begin();
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) clearTimeout(this.#timer);
    };
  }

  #begin(): void {
    this.#lookedAt = this.#times();
    this.#settled(this.#look());
    this.#lookIn(interval);
  }

  #lookIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#tick(), ms).unref();
  }

  #times(): readonly [number, number] {
    return [this.#clock.now(), this.#clock.monotonic()];
  }

  async #tick(): Promise<void> {
    const next = await this.#judge();
    if (this.#listeners.size > 0) this.#lookIn(next);
  }

  /** Gives the milliseconds until the next look. */
  async #judge(): Promise<number> {
    const [now, monotonic] = this.#times();
    // While a machine sleeps the one clock stops, or neither.
    if (Math.max(now - this.#lookedAt[0], monotonic - this.#lookedAt[1]) > interval + late) this.#wasAway = true;
    this.#lookedAt = [now, monotonic];
    const view = this.#look();
    for (const address of view.addresses) this.#addresses.add(address);
    // Nothing can be done without a network, and it may be a cable that is put back in a moment: connections live through that.
    if (view.isOffline) this.#wasAway = true;
    if (view.isOffline || (view.mark === this.#known && !this.#wasAway)) {
      this.#seen = undefined;
      return interval;
    }
    if (view.mark !== this.#seen) {
      this.#seen = view.mark;
      return settling;
    }
    const gone = new Set([...this.#addresses].filter((address) => !view.addresses.has(address)));
    this.#settled(view);
    await Promise.all([...this.#listeners].map((listener) => listener()));
    // After them: what is sent once more goes out by the new network.
    afterMove(gone);
    return interval;
  }

  #settled({ mark, addresses }: NetworkView): void {
    this.#known = mark;
    this.#seen = undefined;
    this.#wasAway = false;
    this.#addresses.clear();
    for (const address of addresses) this.#addresses.add(address);
  }
}

/** One for each way to look: there is one network, however many ask after it. */
const watches = new WeakMap<NonNullable<System["network"]>, Promise<NetworkWatch>>();

/** Tells of a machine that has moved to another network, as soon as that has settled. @returns a function that ends it */
export async function watchNetwork(system: System, listener: Moved): Promise<() => void> {
  if (system.network === undefined) return () => undefined;
  const known = watches.get(system.network);
  const watch = known ?? system.network().then((look) => new NetworkWatch(look, system));
  watches.set(system.network, watch);
  followConnections();
  return (await watch).add(listener);
}
