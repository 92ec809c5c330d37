import { createSafe, type Safe } from "./files.js";
import { EventLog } from "./log.js";
import { Names } from "./names.js";
import { createOrigin } from "./origin.js";
import { createProxy } from "./proxy.js";
import type { Lab, LabOrigin, LabProxy, OriginOptions, ProxyOptions } from "./types.js";
import type { World } from "./world.js";

/** Starts an empty lab: certificates and log; origins and proxies are added to it. */
export async function startLab(): Promise<Lab> {
  return new CorporateNetwork(await createSafe());
}

class CorporateNetwork implements Lab {
  readonly directory: string;
  readonly files: Lab["files"];
  readonly authorities: Lab["authorities"];
  readonly log = new EventLog();
  readonly #names = new Names(this.log);
  readonly lookup = this.#names.lookup;
  readonly #safe: Safe;
  readonly #world: World;
  readonly #origins: LabOrigin[] = [];
  readonly #proxies: LabProxy[] = [];
  #numberedOrigins = 0;
  #numberedProxies = 0;
  #closed = false;

  constructor(safe: Safe) {
    this.#safe = safe;
    this.directory = safe.directory;
    this.files = safe.files;
    this.authorities = safe.authorities;
    this.#world = { log: this.log, names: this.#names, authorities: safe.authorities };
  }

  get origins(): readonly LabOrigin[] {
    return [...this.#origins];
  }

  get proxies(): readonly LabProxy[] {
    return [...this.#proxies];
  }

  async origin(options: OriginOptions = {}): Promise<LabOrigin> {
    this.#mustBeOpen();
    const origin = await createOrigin(
      this.#world,
      options.name ?? `origin-${++this.#numberedOrigins}.lab.test`,
      options,
    );
    return this.#keep(this.#origins, origin);
  }

  async proxy(options: ProxyOptions = {}): Promise<LabProxy> {
    this.#mustBeOpen();
    const proxy = await createProxy(this.#world, options.name ?? `proxy-${++this.#numberedProxies}`, options);
    return this.#keep(this.#proxies, proxy);
  }

  /** Ends all connections, frees all ports and removes the files. A second call does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([...this.#origins, ...this.#proxies].map((part) => part.close()));
    await this.#safe.remove();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new Error("this lab is closed");
  }

  async #keep<Part extends LabOrigin | LabProxy>(parts: Part[], part: Part): Promise<Part> {
    // close() may have run while the part was being made.
    if (this.#closed) await part.close();
    this.#mustBeOpen();
    parts.push(part);
    return part;
  }
}
