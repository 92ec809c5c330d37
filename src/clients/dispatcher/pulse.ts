import type { ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { clearTimeout, setTimeout } from "../../base/timers.js";
import type { Clock } from "../sleep-mark.js";

/** When a session is asked whether the other side is still there. Milliseconds. */
export interface PulseOptions {
  /** Nothing came for this long while requests wait: the session is asked, then again each time that twice as long (up to a minute) has passed. 0: never. */
  readonly interval: number;
  /** How long the answer may take. */
  readonly timeout: number;
}

/** A session from which nothing came for this part of the interval is asked along with its next request. */
const idleShare = 1 / 3;
const longestInterval = 60_000;
/** Bytes a second that the slowest uplink carries: a ping waits behind what was written before it. */
const slowestUplink = 32 * 1024;
/** What a kernel may hold of that, in milliseconds of such an uplink. */
const longestQueue = 120_000;

/** What the requests of a session end with whose other side no longer answers. */
export class SilentSession extends Error {
  readonly code = "ERR_HTTP2_PING_CANCEL";

  readonly milliseconds: number;

  /** @param milliseconds since the last byte came */
  constructor(milliseconds: number) {
    super("the other side of the HTTP/2 session does not answer any more");
    this.milliseconds = milliseconds;
  }
}

/**
 * Notices a path that died without a word: a laptop that slept, a firewall that forgot the connection, a proxy that dropped a tunnel. TCP
 * itself tells of that after a quarter of an hour, and only to who writes. By PING frames (RFC 9113 section 6.7); any byte that comes is an
 * answer, since a server that is busy with a long upload may be slow to say more.
 */
export class Pulse {
  readonly #session: ClientHttp2Session;
  readonly #socket: Socket;
  readonly #options: PulseOptions;
  readonly #clock: Clock;
  readonly #silent: (error: SilentSession) => void;
  #received: number;
  #written: number;
  /** On the wall: a sleep counts. */
  #heardAt: number;
  #interval: number;
  #timer: NodeJS.Timeout | undefined;
  #isAsking = false;

  /** @param silent told once, when no answer came */
  constructor(
    session: ClientHttp2Session,
    socket: Socket,
    options: PulseOptions,
    clock: Clock,
    silent: (error: SilentSession) => void,
  ) {
    this.#session = session;
    this.#socket = socket;
    this.#options = options;
    this.#clock = clock;
    this.#heardAt = clock.now();
    this.#silent = silent;
    this.#interval = options.interval;
    this.#received = socket.bytesRead;
    this.#written = socket.bytesWritten;
  }

  /** A request is about to be sent. */
  begin(): void {
    if (this.#options.interval === 0 || this.#isAsking) return;
    this.#listen();
    if (this.#clock.now() - this.#heardAt >= this.#options.interval * idleShare) this.#ask();
    else this.#watch();
  }

  /** No request waits any more. */
  rest(): void {
    if (!this.#isAsking) clearTimeout(this.#timer);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#isAsking = true;
  }

  #watch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), this.#interval).unref();
  }

  #look(): void {
    const quiet = !this.#listen();
    // What is still being handed on is an upload, behind which a ping would wait.
    if (quiet && this.#socket.writableLength === 0) this.#ask();
    else this.#watch();
  }

  /** Whether a byte has come since this was last looked at. */
  #listen(): boolean {
    const { bytesRead, bytesWritten } = this.#socket;
    if (bytesRead === this.#received) return false;
    this.#received = bytesRead;
    this.#written = bytesWritten;
    this.#heardAt = this.#clock.now();
    this.#interval = this.#options.interval;
    return true;
  }

  #ask(): void {
    if (this.#session.closed || this.#session.destroyed) return;
    this.#isAsking = true;
    const queued = ((this.#socket.bytesWritten - this.#written) / slowestUplink) * 1000;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#overdue(), this.#options.timeout + Math.min(queued, longestQueue)).unref();
    try {
      // False, or an error: too many pings wait, or the session ends by itself. The bound holds all the same.
      this.#session.ping((error) => {
        if (error === null) this.#answered();
      });
    } catch {
      this.#answered();
    }
  }

  #answered(): void {
    if (!this.#isAsking || this.#session.destroyed) return;
    this.#isAsking = false;
    this.#listen();
    this.#interval = Math.min(this.#interval * 2, Math.max(longestInterval, this.#options.interval));
    this.#watch();
  }

  #overdue(): void {
    if (this.#listen()) this.#answered();
    else this.#silent(new SilentSession(this.#clock.now() - this.#heardAt));
  }
}
