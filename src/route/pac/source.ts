import type { System } from "../../base/system.js";
import { type ConnectError, isConnectError } from "../../base/errors.js";
import {
  pacEmpty,
  pacFileUnreadable,
  pacIsDirectory,
  pacIsHtml,
  pacMalformedData,
  pacProblem,
  pacTooLarge,
  pacUnreachable,
  pacUnread,
} from "../faults-pac.js";
import { PacSandbox, SandboxError, usualLimits, type SandboxLimits } from "./sandbox.js";

/** What a server said of a PAC file, to be asked with the next time. */
export interface PacMarks {
  readonly etag?: string;
  readonly lastModified?: string;
}

export interface PacDownload {
  /** Absent: it is still the one whose marks were told. */
  readonly text?: string;
  readonly marks: PacMarks;
  /** For how long it may be used, in seconds, where the server says so. */
  readonly maxAge?: number;
}

/** Gets a PAC file by http or https, never through a proxy. Rejects with what hinders it. */
export type PacFetch = (url: string, marks: PacMarks, limit: number) => Promise<PacDownload>;

/** As browsers have it. */
export const largestPac = 1024 * 1024;
const freshFor = 300_000;
const leastFresh = 10_000;
const mostFresh = 12 * 3_600_000;
/** A file is looked at this often; that costs little. */
const fileFreshFor = 1000;
/** What failed is tried once more no earlier than this. */
const failedFor = 10_000;
/** The same in a network that the machine has come into: addresses and names take their time there. */
const failedElsewhereFor = 2000;

const changes = /\b(?:Date|random|(?:weekday|date|time)Range)\b/;

/** What a PAC file is read with. */
export interface PacReading {
  readonly system: System;
  readonly fetch: PacFetch;
  readonly limits?: SandboxLimits;
}

/**
 * One PAC file: read when it is first needed, and again when what is known of it is old. What can be used stays until there is another one
 * that can be used, whatever becomes of the file meanwhile.
 */
export class PacSource {
  readonly url: string;
  #good: { readonly sandbox: PacSandbox; readonly text: string; readonly marks: PacMarks } | undefined;
  #freshUntil = 0;
  #failure: { readonly fault: ConnectError; readonly until: number } | undefined;
  #loading: Promise<void> | undefined;
  /** The settings were loaded again since it was read. */
  #isAskedFor = false;
  /** How often the machine has moved to another network, and what that was when the file was read last. */
  #moves = 0;
  #readAfter = 0;
  /** Another one each time that the script is another one. */
  version = 0;

  constructor(url: string) {
    this.url = url;
  }

  /** Why the last attempt to read it failed, where an older copy is in use. */
  get trouble(): ConnectError | undefined {
    return this.#failure?.fault;
  }

  /** The machine is in another network: what is in use comes from the one before, and stays only where there is no newer one to be had. */
  moved(): void {
    this.#moves++;
    this.#freshUntil = 0;
    this.#failure = undefined;
    // What is under way asks in the network of before, and nobody may answer.
    this.#loading = undefined;
  }

  /** The settings were loaded again: so is this, and what is in use stays only where there is no newer one to be had. */
  again(): void {
    if (this.#good === undefined && this.#failure === undefined) return;
    this.#freshUntil = 0;
    this.#failure = undefined;
    this.#isAskedFor = true;
  }

  /** This is not the network in which the program began. */
  get hasMoved(): boolean {
    return this.#moves > 0;
  }

  /** The copy in use was read in another network, and cannot be read in this one. */
  get isForeign(): boolean {
    return this.#isFromElsewhere && this.#failure !== undefined;
  }

  get #isFromElsewhere(): boolean {
    return this.#readAfter !== this.#moves;
  }

  /** Its answers may depend on more than what it is asked: the time of day, or chance. */
  get isChangeable(): boolean {
    return this.#good !== undefined && changes.test(this.#good.text);
  }

  /** Looks after the file where it is time for that: a file is waited for, a server is not where there is a copy. */
  refresh(reading: PacReading): Promise<void> | undefined {
    const now = reading.system.monotonic();
    if (this.#good !== undefined && now < this.#freshUntil) return undefined;
    if (this.#failure !== undefined && now < this.#failure.until) return undefined;
    // In another network, and by other settings, the copy of before counts once it is known that no newer one is to be had.
    const isLookedUp = (this.#isFromElsewhere || this.#isAskedFor) && this.#failure === undefined;
    const isWaitedFor = this.#good === undefined || this.url.startsWith("file:") || isLookedUp;
    if (this.#loading === undefined) {
      const loading = this.#load(reading).finally(() => {
        if (this.#loading === loading) this.#loading = undefined;
      });
      this.#loading = loading;
    }
    return isWaitedFor ? this.#loading : undefined;
  }

  /** @throws {ConnectError} PAC_UNREACHABLE, PAC_INVALID, PAC_TIMEOUT */
  sandbox(): PacSandbox {
    if (this.#good !== undefined && !this.#good.sandbox.isOver) return this.#good.sandbox;
    throw this.#failure?.fault ?? pacUnread(this.url);
  }

  /** It used up its time: nobody asks it again until it has been read anew, which is not at once. */
  broken(fault: ConnectError, { system }: PacReading): void {
    this.#good = undefined;
    this.version++;
    this.#failure = { fault, until: system.monotonic() + failedFor };
  }

  async #load(reading: PacReading): Promise<void> {
    const { system, limits = usualLimits } = reading;
    const moves = this.#moves;
    try {
      const { text, marks, maxAge } = await this.#read(reading);
      const isNew = text !== undefined && text !== this.#good?.text;
      if (isNew) check(this.url, text);
      const sandbox = isNew ? await PacSandbox.start(text, { limits, system }) : undefined;
      if (moves !== this.#moves) {
        sandbox?.close();
        return await this.refresh(reading);
      }
      const known = this.#good;
      if (text !== undefined && sandbox !== undefined) {
        known?.sandbox.close();
        this.#good = { sandbox, text, marks };
        this.version++;
      } else if (known !== undefined && text !== undefined) this.#good = { ...known, marks };
      this.#failure = undefined;
      this.#isAskedFor = false;
      this.#readAfter = moves;
      this.#freshUntil = system.monotonic() + this.#lifetime(maxAge);
    } catch (error) {
      if (moves !== this.#moves) return this.refresh(reading);
      const fault =
        error instanceof SandboxError
          ? pacProblem(this.url, error.problem, limits.milliseconds)
          : isConnectError(error) && error.code.startsWith("PAC_")
            ? error
            : pacUnreachable(this.url, error);
      this.#isAskedFor = false;
      const pause = this.#isFromElsewhere ? failedElsewhereFor : failedFor;
      this.#failure = { fault, until: system.monotonic() + pause };
    }
  }

  #lifetime(maxAge: number | undefined): number {
    if (this.url.startsWith("file:")) return fileFreshFor;
    if (this.url.startsWith("data:")) return Number.POSITIVE_INFINITY;
    if (maxAge === undefined) return freshFor;
    return Math.min(Math.max(maxAge * 1000, leastFresh), mostFresh);
  }

  async #read({ system, fetch }: PacReading): Promise<PacDownload> {
    const { protocol } = new URL(this.url);
    if (protocol === "data:") return { text: dataOf(this.url), marks: {} };
    if (protocol !== "file:") return fetch(this.url, this.#good?.marks ?? {}, largestPac);
    const { fileURLToPath } = await import("node:url");
    const path = fileURLToPath(this.url);
    const { size, isDirectory, mtimeMs, ctimeMs, ino } = await statOf(path, system, this.url);
    if (isDirectory) throw pacIsDirectory(this.url);
    if (size > largestPac) throw pacTooLarge(this.url, largestPac);
    const etag = `${size} ${mtimeMs} ${ctimeMs} ${ino}`;
    if (this.#good?.marks.etag === etag) return { marks: { etag } };
    return { text: (await system.readFile(path)).toString("utf8"), marks: { etag } };
  }
}

async function statOf(
  path: string,
  system: System,
  url: string,
): Promise<{ size: number; isDirectory: boolean; mtimeMs: number; ctimeMs: number; ino: number }> {
  try {
    const stat = await system.stat(path);
    const { size, mtimeMs, ctimeMs = 0, ino = 0 } = stat;
    return { size, isDirectory: stat.isDirectory(), mtimeMs, ctimeMs, ino };
  } catch (error) {
    throw pacFileUnreadable(url, error);
  }
}

function dataOf(url: string): string {
  const comma = url.indexOf(",");
  const head = url.slice(0, comma);
  const body = url.slice(comma + 1);
  try {
    if (/;\s*base64$/i.test(head)) return Buffer.from(decodeURIComponent(body), "base64").toString("utf8");
    return decodeURIComponent(body);
  } catch {
    throw pacMalformedData(url);
  }
}

function check(url: string, text: string): void {
  if (text.length > largestPac) throw pacTooLarge(url, largestPac);
  if (text.trim() === "") throw pacEmpty(url);
  if (/^\s*(?:<!--[^]{0,2000}?-->\s*)?<(?:!doctype|html|head|body|\?xml)/i.test(text)) {
    throw pacIsHtml(url);
  }
}
