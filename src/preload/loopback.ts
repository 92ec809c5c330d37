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
  /** What was said last, and by which settings: programs ask for the same place again and again. */
  #latest: { readonly host: string; readonly port: number; readonly settings: object | undefined } | undefined;
  #isLatestAlone = false;

  /** @param mayLoad whether what judges it can be loaded */
  constructor(settings: Settings, access: EngineAccess, mayLoad = true) {
    this.#settings = settings;
    this.#access = access;
    this.#mayLoad = mayLoad;
  }

  isLeftAlone({ host, port }: HostPort): boolean {
    return this.#judged(host, port) ?? this.#judgeNow(host, port);
  }

  /**
   * The same at a glance, of options that a client has made: before anything is read closely, since programs that ask their neighbours do so
   * by the thousand. False also where a closer look is needed.
   */
  isPlainlyLeftAlone(options: unknown): boolean {
    if (typeof options !== "object" || options === null) return false;
    const { host, port } = options as { readonly host?: unknown; readonly port?: unknown };
    if (typeof host !== "string" || typeof port !== "number") return false;
    return this.#judged(host, port) ?? (usual.test(host) && this.#judgeNow(host, port));
  }

  /** Undefined: it is not what was asked for last. */
  #judged(host: string, port: number): boolean | undefined {
    const latest = this.#latest;
    const isSame = latest?.port === port && latest.host === host && latest.settings === this.#access.settings;
    return isSame ? this.#isLatestAlone : undefined;
  }

  #judgeNow(host: string, port: number): boolean {
    // Settings that are gone, or cannot be read, may have named it.
    if (!maybe.test(host) || this.#settings.fault !== undefined || !this.#mayLoad) return false;
    const peer = { host, port };
    const { settings } = this.#access;
    this.#isLatestAlone = this.#access.now((engine) => engine.leavesAlone(peer)) ?? this.#before(peer);
    this.#latest = { host, port, settings };
    return this.#isLatestAlone;
  }

  #before(peer: HostPort): boolean {
    this.#judge ??= (require("./loopback-policy.cjs") as typeof import("./loopback-policy.js")).readLoopback(
      this.#settings,
    );
    return this.#judge(peer);
  }
}
