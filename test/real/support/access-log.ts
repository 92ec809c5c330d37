import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** What a daemon wrote down since this was made. The proof of each scene is read here, and not from the client's side. */
export class AccessLog<Line> {
  readonly #path: string;
  readonly #parse: (line: string) => Line;
  #start = 0;

  constructor(path: string, parse: (line: string) => Line) {
    this.#path = path;
    this.#parse = parse;
  }

  /** Forgets what was written so far. */
  async mark(): Promise<void> {
    this.#start = (await this.#text()).length;
  }

  async lines(): Promise<readonly Line[]> {
    const text = (await this.#text()).slice(this.#start);
    return text.split("\n").slice(0, -1).map(this.#parse);
  }

  /** The first line that fits. squid writes a tunnel down when it ends, so it may be yet to come: waits up to 5 seconds. */
  async waitFor(what: string, fits: (line: Line) => boolean): Promise<Line> {
    return this.#until(what, (lines) => lines.find(fits));
  }

  /** All lines, once there are so many: a daemon may write one down after its client has the answer. */
  async atLeast(count: number): Promise<readonly Line[]> {
    return this.#until(`${count} requests`, (lines) => (lines.length >= count ? lines : undefined));
  }

  async #until<Found>(what: string, look: (lines: readonly Line[]) => Found | undefined): Promise<Found> {
    const deadline = performance.now() + 5000;
    for (;;) {
      const lines = await this.lines();
      const found = look(lines);
      if (found !== undefined) return found;
      if (performance.now() > deadline)
        throw new Error(`no line for ${what} in ${this.#path}:\n${JSON.stringify(lines, null, 1)}`);
      await delay(20);
    }
  }

  async #text(): Promise<string> {
    // Not there before the first request.
    return readFile(this.#path, "utf8").catch(() => "");
  }
}
