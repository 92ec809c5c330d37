import type { EngineAccess, HostPort, Settings } from "./types.js";

/** What may be this machine, in any spelling: all else is told apart without loading anything. */
const maybe = /(?:^|\.)localhost\.?$|^\[?(?:[\d.]+|0x[\da-fx.]+|[\da-f]*:[\da-f:.]*)\]?$/i;

/**
 * Tells what is left alone altogether: this machine itself, where no setting names it. A development server is none of the network's, and what
 * its program arranged with it (a certificate that nobody signed, say) is its own.
 */
export class Loopback {
  readonly #settings: Settings;
  readonly #access: EngineAccess;
  readonly #mayLoad: boolean;
  #judge: ((peer: HostPort) => boolean) | undefined;

  /** @param mayLoad whether what judges it can be loaded */
  constructor(settings: Settings, access: EngineAccess, mayLoad = true) {
    this.#settings = settings;
    this.#access = access;
    this.#mayLoad = mayLoad;
  }

  isLeftAlone(peer: HostPort): boolean {
    // Settings that are gone, or cannot be read, may have named it.
    if (!maybe.test(peer.host) || this.#settings.fault !== undefined || !this.#mayLoad) return false;
    return this.#access.now((engine) => engine.leavesAlone(peer)) ?? this.#before(peer);
  }

  #before(peer: HostPort): boolean {
    this.#judge ??= (require("./loopback-policy.cjs") as typeof import("./loopback-policy.js")).readLoopback(
      this.#settings,
    );
    return this.#judge(peer);
  }
}
