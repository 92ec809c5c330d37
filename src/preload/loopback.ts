import type { EngineAccess, HostPort, Settings } from "./types.js";

/** What may be this machine, in any spelling: all else is told apart without loading anything. */
const maybe = /(?:^|\.)localhost\.?$|^\[?(?:[\d.]+|0x[\da-fx.]+|[\da-f]*:[\da-f:.]*)\]?$/i;

/** The usual names of this machine, as clients have them. */
const usual = /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/;

/**
 * Tells what is left alone altogether: this machine itself, where no setting names it. A development server is none of the network's, and what
 * its program arranged with it (a certificate that nobody signed, say) is its own.
 */
export class Loopback {
  readonly #settings: Settings;
  readonly #access: EngineAccess;
  readonly #mayLoad: boolean;
  #judge: ((peer: HostPort) => boolean) | undefined;
  /** Until there is an engine the settings stay as they are, and programs ask for the same place again and again. */
  #latest: { readonly peer: HostPort; readonly isAlone: boolean } | undefined;

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

  /**
   * The same at a glance, of options that a client has made: before anything is read closely, since programs that ask their neighbours do so
   * by the thousand. False also where a closer look is needed.
   */
  isPlainlyLeftAlone(options: unknown): boolean {
    if (typeof options !== "object" || options === null) return false;
    const { host, port } = options as { readonly host?: unknown; readonly port?: unknown };
    if (typeof host !== "string" || typeof port !== "number" || !usual.test(host)) return false;
    return this.isLeftAlone({ host, port });
  }

  #before(peer: HostPort): boolean {
    this.#judge ??= (require("./loopback-policy.cjs") as typeof import("./loopback-policy.js")).readLoopback(
      this.#settings,
    );
    const { peer: latest } = this.#latest ?? {};
    if (latest?.host !== peer.host || latest.port !== peer.port) this.#latest = { peer, isAlone: this.#judge(peer) };
    return this.#latest?.isAlone === true;
  }
}
