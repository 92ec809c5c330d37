import { createHmac, randomBytes } from "node:crypto";
import { join } from "node:path";
import { codeOf } from "../../base/error-code.js";
import type { FileStat, System } from "../../base/system.js";

/** What a path was like at one look. */
export interface Mark {
  readonly path: string;
  /** Another one: the settings may be others. */
  readonly mark: string;
  /** When it was last changed, in milliseconds since the epoch; 0 where there is nothing. */
  readonly time: number;
}

/** What was seen of a file that was read. */
interface Known {
  readonly ids: string;
  readonly digest: string;
  /** It was read so soon after it was changed that the next change may bear the same times. */
  readonly isFresh: boolean;
}

/** Milliseconds: the coarsest clock of a file system in use, FAT's. */
const coarsest = 2000;
/** A larger one is no certificate, and told by its times and size alone. */
const largest = 16 * 1024 * 1024;
/** Directories of authorities hold some hundred files. */
const mostEntries = 4096;

/** So that what is kept of a file with a secret cannot be compared with a list of likely ones. */
const salt = randomBytes(32);

/**
 * Tells whether files are still the same. A file counts by its content and its mode: one that was only touched has not changed. It is read
 * again where its times, its size or its inode differ (mtime alone can be set back, as rsync, OSTree and image builders do), where
 * it was changed a moment before it was read last, and where the caller says so.
 */
export class FileMarks {
  readonly #system: Pick<System, "stat" | "readFile" | "readDirectory" | "now">;
  readonly #known = new Map<string, Known>();

  constructor(system: Pick<System, "stat" | "readFile" | "readDirectory" | "now">) {
    this.#system = system;
  }

  /** @param again reads every file, whatever its times say */
  take(paths: readonly string[], again: boolean): Promise<readonly Mark[]> {
    return Promise.all(paths.map((path) => this.#mark(path, again)));
  }

  async #mark(path: string, again: boolean): Promise<Mark> {
    try {
      const stat = await this.#system.stat(path);
      if (stat.isDirectory()) return await this.#directory(path, stat);
      return { path, mark: `${stat.mode} ${await this.#digest(path, stat, again)}`, time: timeOf(stat) };
    } catch (error) {
      this.#known.delete(path);
      return { path, mark: codeOf(error), time: 0 };
    }
  }

  /** By its entries' times, sizes and inodes: to read all of a large store for each look would be a waste. */
  async #directory(path: string, own: FileStat): Promise<Mark> {
    const names = [...(await this.#system.readDirectory(path))].sort().slice(0, mostEntries);
    const entries = await Promise.all(names.map((name) => this.#entry(join(path, name), name)));
    const text = entries.map(({ mark }) => mark).join("\n");
    return {
      path,
      mark: `${own.mode} ${digestOf(text)}`,
      time: Math.max(timeOf(own), ...entries.map(({ time }) => time)),
    };
  }

  async #entry(path: string, name: string): Promise<Pick<Mark, "mark" | "time">> {
    try {
      const stat = await this.#system.stat(path);
      const ids = idsOf(stat);
      const known = this.#known.get(path);
      // The digest tells a second change within one tick of the file system's clock; of a file at rest there is none to be had.
      const isWatched = known?.ids === ids ? known.isFresh || known.digest !== "" : this.#isFresh(stat);
      const digest = isWatched && stat.isFile() ? await this.#digest(path, stat, false) : "";
      if (!isWatched) this.#known.set(path, { ids, digest, isFresh: false });
      return { mark: `${name} ${stat.mode} ${ids} ${digest}`, time: timeOf(stat) };
    } catch (error) {
      this.#known.delete(path);
      return { mark: `${name} ${codeOf(error)}`, time: 0 };
    }
  }

  async #digest(path: string, stat: FileStat, again: boolean): Promise<string> {
    const ids = idsOf(stat);
    // A pipe can be read once, and not by us.
    if (!stat.isFile()) return "";
    if (stat.size > largest) return ids;
    const known = this.#known.get(path);
    if (!again && known?.ids === ids && !known.isFresh) return known.digest;
    // Before it is read: what comes in between must not count as seen.
    const isFresh = this.#isFresh(stat);
    const digest = digestOf(await this.#system.readFile(path));
    this.#known.set(path, { ids, digest, isFresh });
    return digest;
  }

  #isFresh(stat: FileStat): boolean {
    return timeOf(stat) > this.#system.now() - coarsest;
  }
}

const idsOf = ({ ino, ctimeMs, mtimeMs, size }: FileStat): string => `${ino} ${ctimeMs} ${mtimeMs} ${size}`;
const timeOf = ({ ctimeMs = 0, mtimeMs }: FileStat): number => Math.max(ctimeMs, mtimeMs);
const digestOf = (content: string | Buffer): string => createHmac("sha256", salt).update(content).digest("base64");
