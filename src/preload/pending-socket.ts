import net, { type Socket } from "node:net";
import { Duplex } from "node:stream";
import tls, { type TLSSocket } from "node:tls";
import { inTheLikenessOf } from "./likeness.js";
import { asNative } from "./native-errors.js";
import type { Joined, HostPort } from "./types.js";
import { clearTimeout, setTimeout } from "../base/timers.js";

type Done = (error?: Error | null) => void;
type Chunk = { chunk: Buffer; encoding: BufferEncoding };

/**
 * How a pending gets the connection that it stands for; aborted when the pending is destroyed before that. `begun` is told of the TLS that
 * is about to shake hands.
 */
export type Connect = (signal: AbortSignal, begun: (secure: TLSSocket) => void) => Promise<Joined>;

/**
 * What node:net and node:tls give at once when they are asked to connect: a socket to be, and later one that passes on what the
 * dialled connection says. For node:http2, undici, ws and node:http it behaves as theirs do. It is in the likeness of a TLSSocket and
 * cannot be one: that needs its authorities and its certificate when it is made, and both are read from files first.
 */
export class PendingSocket extends Duplex {
  readonly encrypted: true | undefined;
  connecting = true;
  authorized = false;
  authorizationError: null = null;
  alpnProtocol: string | false | null = null;
  secureConnecting: boolean;
  timeout: number | undefined;
  /** Where this leads by TLS. */
  target: HostPort | undefined;
  /** Where this leads without TLS, although TLS is what will be spoken. */
  tunnel: HostPort | undefined;
  readonly #abort = new AbortController();
  #inner: Socket | undefined;
  #explain: Joined["explain"] | undefined;
  #joined: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isReferenced = true;
  #isWanted = false;

  constructor(connect: Connect, secure: boolean) {
    // As Node's sockets do, it says by itself that it is closed, and whether by an error.
    super({ allowHalfOpen: false, emitClose: false });
    Object.setPrototypeOf(this, secure ? ofTls : ofTcp);
    this.encrypted = secure ? true : undefined;
    this.secureConnecting = secure;
    connect(this.#abort.signal, (secured) => this.#begin(secured)).then(
      (joined) => (this.destroyed ? joined.socket.destroy() : this.#join(joined)),
      (error: Error) => this.destroy(asNative(error, "node:http") as Error),
    );
  }

  get servername(): string | false | null | undefined {
    return this.encrypted ? ((this.#inner as TLSSocket | undefined)?.servername ?? null) : undefined;
  }

  get pending(): boolean {
    return this.connecting;
  }

  /** Whether a socket that a program has is one of these. */
  static is(value: unknown): value is PendingSocket {
    return typeof value === "object" && value !== null && #abort in value;
  }

  get readyState(): Socket["readyState"] {
    if (this.connecting) return "opening";
    if (this.readable) return this.writable ? "open" : "readOnly";
    return this.writable ? "writeOnly" : "closed";
  }

  setTimeout(milliseconds: number, listener?: () => void): this {
    this.timeout = milliseconds;
    clearTimeout(this.#timer);
    this.#timer = milliseconds > 0 ? setTimeout(() => this.emit("timeout"), milliseconds).unref() : undefined;
    if (listener !== undefined) {
      if (milliseconds > 0) this.once("timeout", listener);
      else this.off("timeout", listener);
    }
    return this;
  }

  setNoDelay(on?: boolean): this {
    return this.#tell((inner) => inner.setNoDelay?.(on));
  }

  setKeepAlive(on?: boolean, delay?: number): this {
    return this.#tell((inner) => inner.setKeepAlive?.(on, delay));
  }

  ref(): this {
    this.#isReferenced = true;
    this.#inner?.ref?.();
    return this;
  }

  unref(): this {
    this.#isReferenced = false;
    this.#inner?.unref?.();
    return this;
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  override _read(): void {
    this.#isWanted = true;
    this.#inner?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#tell((inner) => {
      this.#timer?.refresh();
      inner.write(chunk, done);
    });
  }

  override _writev(chunks: Chunk[], done: Done): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), "utf8", done);
  }

  override _final(done: Done): void {
    this.#tell((inner) => {
      if (inner.destroyed || inner.writableEnded) done();
      else inner.end(() => done());
    });
  }

  override _destroy(error: Error | null, done: Done): void {
    clearTimeout(this.#timer);
    this.connecting = this.secureConnecting = false;
    this.#abort.abort(error ?? new Error("the socket was destroyed before it was connected"));
    this.#inner?.destroy();
    done(error);
    process.nextTick(() => this.emit("close", error !== null));
  }

  /** What the connection itself knows; the properties and calls of a socket below come here. */
  get joined(): Socket | undefined {
    return this.#inner;
  }

  whenJoined(work: () => void): void {
    this.#tell(work);
  }

  /** The connection is there, and TLS begins on it: keys for a log are told in its handshake, and at no other time. */
  #begin(secured: TLSSocket): void {
    if (this.destroyed) return;
    this.#tellConnected();
    for (const event of ["keylog", "OCSPResponse"])
      if (this.listenerCount(event) > 0) secured.on(event, (...told: unknown[]) => this.emit(event, ...told));
    secured.on("session", (session: Buffer) => {
      const tell = (): void => void this.emit("session", session);
      if (this.secureConnecting) this.once("secureConnect", tell);
      else tell();
    });
  }

  /** Once, also where the handshake has to be begun a second time. */
  #tellConnected(): void {
    if (!this.connecting) return;
    this.connecting = false;
    for (const event of ["connect", "ready"]) this.emit(event);
  }

  #tell(what: (inner: Socket) => void): this {
    const inner = this.#inner;
    if (inner === undefined) this.#joined.push(() => this.#inner && what(this.#inner));
    else what(inner);
    return this;
  }

  #join({ socket, explain }: Joined): void {
    // A socket of node:net, of node:tls, or in the likeness of one: what may be missing is asked for with care.
    const inner = socket as Socket;
    this.#inner = inner;
    if (this.allowHalfOpen) inner.allowHalfOpen = true;
    this.#explain = explain;
    inner.on("data", (chunk: Buffer) => {
      this.#timer?.refresh();
      if (this.push(chunk)) return;
      this.#isWanted = false;
      inner.pause();
    });
    inner.pause();
    inner.on("end", () => this.push(null));
    inner.on("error", (error) => this.destroy(this.#explained(error)));
    inner.on("close", () => {
      if (!inner.readableEnded) this.destroy(this.#explained(undefined));
    });
    if (!this.#isReferenced) inner.unref?.();
    this.secureConnecting = false;
    if (this.encrypted) {
      this.authorized = true;
      this.alpnProtocol = (inner as TLSSocket).alpnProtocol;
    }
    for (const each of this.#joined.splice(0)) each();
    this.#tellConnected();
    if (this.encrypted) this.emit("secureConnect");
    if (this.#isWanted) inner.resume();
  }

  #explained(error: Error | undefined): Error | undefined {
    return asNative(this.#explain?.(error) ?? error, "node:http") as Error | undefined;
  }
}

const standIn = (socket: object): PendingSocket | undefined => (PendingSocket.is(socket) ? socket : undefined);
// A TLSSocket of Node's that is put on a net.Socket waits for what only one with a handle does.
const ofTcp = inTheLikenessOf(net.Socket.prototype, PendingSocket.prototype, { descends: false, standIn });
const ofTls = inTheLikenessOf(tls.TLSSocket.prototype, PendingSocket.prototype, { descends: true, standIn });
