import { createRequire } from "node:module";
import type { ClientHttp2Session } from "node:http2";
import type { Connection } from "../../dial/types.js";
import { codeOf } from "../../base/error-code.js";
import type { UndiciCore } from "../undici.js";
import type { Channel, ChannelEvents, Limits, Sending } from "./channel.js";
import { SleepMark, type Clock } from "../sleep-mark.js";
import { openStream } from "./http2-stream.js";
import { Pulse, type PulseOptions } from "./pulse.js";
import type { Request } from "./request.js";
import { clearTimeout, setImmediate, setTimeout } from "../../base/timers.js";

export interface Http2Options {
  readonly limits: Limits;
  /** Milliseconds for which a session without requests is kept. */
  readonly idleTimeout: number;
  readonly pulse: PulseOptions;
  readonly clock: Clock;
}

/** RFC 9113 section 7. */
const http11Required = 0xd;

/** What a peer may take before its settings arrive (RFC 9113 section 6.5.2 recommends no less than this). */
const assumedStreams = 100;
/** Node's 64 KiB would let a stream wait for a round trip of window updates at every 64 KiB. */
const streamWindow = 1 << 18;
const sessionWindow = 1 << 20;

/** Milliseconds for which a session that is being destroyed may go on writing. */
const closingTime = 1000;

type Http2 = typeof import("node:http2");
const require = createRequire(import.meta.url);

/**
 * HTTP/2 on one connection. Not undici's client: that one lets a POST, or any request with a streamed body, wait until all
 * others are answered (a streamed answer may take minutes), and cuts the answers under way when the server says GOAWAY.
 */
export class Http2Channel implements Channel {
  readonly connection: Connection;
  readonly gone: Promise<void>;
  proven = false;
  readonly spent = new Error("the HTTP/2 session was closed before the request was sent");
  readonly #session: ClientHttp2Session;
  readonly #options: Http2Options;
  readonly #events: ChannelEvents;
  readonly #undici: UndiciCore;
  readonly #pulse: Pulse;
  #rested: SleepMark;
  #idle: NodeJS.Timeout | undefined;
  #streams = 0;
  /** Where the server has sent all of its clients away to HTTP/1.1: the last stream that it may have looked at. */
  #lastRead: number | undefined;
  #leaving = false;

  constructor(
    connection: Connection,
    origin: string,
    options: Http2Options,
    events: ChannelEvents,
    undici: UndiciCore,
  ) {
    this.connection = connection;
    this.#options = options;
    this.#events = events;
    this.#undici = undici;
    const { connect } = require("node:http2") as Http2;
    const session = connect(origin, {
      createConnection: () => connection.socket,
      settings: { enablePush: false, initialWindowSize: streamWindow },
    });
    this.#session = session;
    this.#pulse = new Pulse(session, connection.socket, options.pulse, options.clock, (error) => this.#die(error));
    this.#rested = new SleepMark(options.clock);
    session.once("connect", () => {
      if (!session.destroyed) session.setLocalWindowSize(sessionWindow);
    });
    // Each stream under way gets the session's error as its own; without streams there is nobody to tell.
    session.on("error", () => undefined);
    session.on("goaway", (code, lastRead) => {
      this.#leaving = true;
      if (code === http11Required) {
        this.#lastRead = lastRead;
        events.http1Only();
      }
      events.closed();
    });
    // A TLS alert ends the session, and nobody then ends the socket.
    connection.socket.on("error", () => setImmediate(() => connection.socket.destroy()));
    this.gone = new Promise((resolve) => {
      // Of the socket, not the session: what ended it is known by then.
      connection.socket.once("close", () => {
        this.#leaving = true;
        clearTimeout(this.#idle);
        this.#pulse.stop();
        // Node 20 leaves a session whose stream had been reset before, and so that stream, open for ever.
        setImmediate(() => session.destroy());
        resolve();
        events.closed();
      });
    });
    session.unref();
    this.#rest();
  }

  get usable(): boolean {
    const { closed, destroyed, remoteSettings } = this.#session;
    if (this.#leaving || closed || destroyed || this.connection.socket.destroyed) return false;
    if (this.#streams === 0 && this.#rested.slept) return false;
    return this.#streams < (remoteSettings?.maxConcurrentStreams ?? assumedStreams);
  }

  send(attempt: Sending): void {
    this.#streams++;
    clearTimeout(this.#idle);
    this.#session.ref();
    this.#pulse.begin();
    openStream(this.#session, attempt, {
      limits: this.limits(attempt.request),
      spent: this.spent,
      undici: this.#undici,
      socket: this.connection.socket,
      isUnread: (stream = Infinity) => stream > (this.#lastRead ?? Infinity),
    });
  }

  release(): void {
    this.#streams--;
    if (this.#streams === 0) {
      if (!this.#session.destroyed) this.#session.unref();
      this.#pulse.rest();
      this.#rest();
    }
    this.#events.free();
  }

  /** Takes no more streams, and closes when those under way are over. */
  retire(): void {
    this.#leaving = true;
    clearTimeout(this.#idle);
    if (!this.#session.closed) this.#session.close();
  }

  /** Nobody is there to say goodbye to. */
  #die(error: Error): void {
    this.#leaving = true;
    this.#events.closed();
    this.destroy(error);
  }

  #rest(): void {
    this.#rested = new SleepMark(this.#options.clock);
    this.#idle = setTimeout(() => this.#session.close(), this.#options.idleTimeout).unref();
  }

  surrender(): void {
    throw new Error("an HTTP/2 session carries no upgrades");
  }

  limits({ options }: Request): Limits {
    return {
      headersTimeout: options.headersTimeout ?? this.#options.limits.headersTimeout,
      bodyTimeout: options.bodyTimeout ?? this.#options.limits.bodyTimeout,
    };
  }

  /** REFUSED_STREAM, which is also how streams beyond a GOAWAY's last one end (RFC 9113 section 8.7); and HTTP_1_1_REQUIRED. */
  refused(error: Error): boolean {
    return (
      codeOf(error) === "ERR_HTTP2_STREAM_ERROR" && /NGHTTP2_(?:REFUSED_STREAM|HTTP_1_1_REQUIRED)/.test(error.message)
    );
  }

  /** HTTP_1_1_REQUIRED (RFC 9113 section 7): servers say so that ask for a client certificate for some paths only. */
  wantsHttp1(error: Error): boolean {
    if (this.#lastRead !== undefined) return true;
    const wanted = codeOf(error) === "ERR_HTTP2_STREAM_ERROR" && error.message.includes("NGHTTP2_HTTP_1_1_REQUIRED");
    if (wanted) this.#events.http1Only();
    return wanted;
  }

  destroy(error?: Error): void {
    clearTimeout(this.#idle);
    const { socket } = this.connection;
    if (this.#session.destroyed) {
      socket.destroy();
      return;
    }
    // The session closes its socket. Were it destroyed here as well, Node would forget the handle beneath, and the connection
    // would stay open. The session waits for a write under way; a peer that reads no more must not make that for ever.
    if (error === undefined) this.#session.destroy();
    else this.#session.destroy(error);
    const bound = setTimeout(() => socket.destroy(), closingTime);
    void this.gone.then(() => clearTimeout(bound));
  }
}
