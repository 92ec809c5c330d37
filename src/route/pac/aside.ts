import type { System } from "../../base/system.js";
import type { ProxyServer } from "../../policy/types.js";
import type { PacWay } from "./answer.js";

/** Whether a proxy can be connected to. Sends it nothing. */
export type ProxyProbe = (proxy: ProxyServer) => Promise<boolean>;

/** How long a proxy that cannot be used goes behind the others. */
const asideMilliseconds = 60_000;
/** One at which nobody answers is asked for again after this long, by whoever needs it. */
const silentMilliseconds = 10_000;

interface Entry {
  readonly proxy: ProxyServer;
  readonly isSilent: boolean;
  /** On the monotonic clock: when it is back, or is asked for again. */
  until: number;
}

/** The proxies that could not be reached lately. */
export class Aside {
  readonly #entries = new Map<string, Entry>();
  readonly #system: System;
  readonly #probe: ProxyProbe | undefined;
  #version = 0;
  #next = Number.POSITIVE_INFINITY;

  constructor(system: System, probe: ProxyProbe | undefined) {
    this.#system = system;
    this.#probe = probe;
  }

  /** @param isSilent it cannot be connected to: it stays aside until that can be done again, so that nobody waits for it in vain each minute */
  add(proxy: ProxyServer, isSilent: boolean): void {
    const isAskedFor = isSilent && this.#probe !== undefined;
    const until = this.#system.monotonic() + (isAskedFor ? silentMilliseconds : asideMilliseconds);
    this.#entries.set(keyOf(proxy), { proxy, isSilent: isAskedFor, until });
    this.#changed();
  }

  has(way: PacWay): boolean {
    return way !== "direct" && this.#entries.has(keyOf(way));
  }

  /** Another one whenever a proxy is set aside, or is back. To ask for it has those asked for whose time has come. */
  get version(): number {
    if (this.#entries.size > 0 && this.#system.monotonic() >= this.#next) this.#look(this.#system.monotonic());
    return this.#version;
  }

  #look(now: number): void {
    for (const [key, entry] of this.#entries) {
      if (entry.until > now) continue;
      if (entry.isSilent) this.#ask(key, entry, now);
      else this.#entries.delete(key);
    }
    this.#changed();
  }

  #ask(key: string, entry: Entry, now: number): void {
    entry.until = now + silentMilliseconds;
    void this.#probe?.(entry.proxy).then((answers) => {
      if (!answers || this.#entries.get(key) !== entry) return;
      this.#entries.delete(key);
      this.#changed();
    });
  }

  #changed(): void {
    this.#version++;
    this.#next = Math.min(...[...this.#entries.values()].map(({ until }) => until));
  }
}

export const keyOf = ({ protocol, host, port }: ProxyServer): string => `${protocol} ${host} ${port}`;
