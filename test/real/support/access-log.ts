import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http, { type IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

const fence = "/fence-of-the-log-";

/**
 * What a daemon wrote down since this was made. The proof of each scene is read here, and not from the client's side.
 *
 * A daemon writes a request down after its client has the answer, and a tunnel when it has noticed its end. So its own `port`, where
 * it is given, is sent one more request: a daemon of one process has then written down all that was over before.
 */
export class AccessLog<Line> {
  readonly #path: string;
  readonly #parse: (line: string) => Line;
  readonly #port: number | undefined;
  #fits: (line: Line) => boolean = () => true;
  #start = 0;

  constructor(path: string, parse: (line: string) => Line, port?: number) {
    this.#path = path;
    this.#parse = parse;
    this.#port = port;
  }

  /** Those of its lines that fit, of all times. */
  only(fits: (line: Line) => boolean): AccessLog<Line> {
    const log = new AccessLog(this.#path, this.#parse, this.#port);
    log.#fits = (line) => this.#fits(line) && fits(line);
    return log;
  }

  /** Forgets what was written so far. */
  async mark(): Promise<void> {
    await this.#settle();
    this.#start = (await this.#text()).length;
  }

  async lines(): Promise<readonly Line[]> {
    await this.#settle();
    return this.#written();
  }

  /** The first line that fits. squid writes a tunnel down when it ends, so it may be yet to come: waits up to 5 seconds. */
  async waitFor(what: string, fits: (line: Line) => boolean): Promise<Line> {
    return this.#until(what, async () => (await this.#written()).find(fits));
  }

  /** All lines, once there are so many: a daemon may write one down after its client has the answer. */
  async atLeast(count: number): Promise<readonly Line[]> {
    return this.#until(`${count} requests`, async () => {
      const lines = await this.#written();
      return lines.length >= count ? lines : undefined;
    });
  }

  async #until<Found>(what: string, look: () => Promise<Found | undefined>): Promise<Found> {
    const deadline = performance.now() + 5000;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (performance.now() > deadline)
        throw new Error(`no line for ${what} in ${this.#path}:\n${JSON.stringify(await this.#written(), null, 1)}`);
      await delay(5);
    }
  }

  async #settle(): Promise<void> {
    const path = `${fence}${randomUUID()}`;
    if (this.#port === undefined || !(await answers(this.#port, path))) return;
    await this.#until("its own request", async () => (await this.#text()).includes(path) || undefined);
  }

  async #written(): Promise<readonly Line[]> {
    const text = (await this.#text()).slice(this.#start);
    const lines = text.split("\n").slice(0, -1);
    return lines
      .filter((line) => !line.includes(fence))
      .map(this.#parse)
      .filter(this.#fits);
  }

  async #text(): Promise<string> {
    // Not there before the first request.
    return readFile(this.#path, "utf8").catch(() => "");
  }
}

/** Whether a request is answered at all: a daemon that has stopped writes no more. */
async function answers(port: number, path: string): Promise<boolean> {
  // For a proxy it is one in absolute form, to where nobody listens; for a server, its path is what counts (RFC 9112 section 3.2.2).
  const request = http.get({ host: "127.0.0.1", port, path: `http://127.0.0.1:1${path}`, agent: false });
  try {
    const [answer] = (await once(request, "response")) as [IncomingMessage];
    answer.resume();
    await once(answer, "close");
    return true;
  } catch {
    return false;
  }
}
