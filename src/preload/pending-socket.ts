import { Duplex } from "node:stream";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { asNative } from "./native-errors.js";
import type { Joined, HostPort } from "./types.js";

type Done = (error?: Error | null) => void;
type Chunk = { chunk: Buffer; encoding: BufferEncoding };

/** How a pending gets the connection that it stands for; aborted when the pending is destroyed before that. */
export type Connect = (signal: AbortSignal) => Promise<Joined>;

/**
 * What node:net and node:tls give at once when they are asked to connect: a socket to be, and later one that passes on what the
 * dialled connection says. For node:http2, undici, ws and node:http it behaves as theirs do. It is no TLSSocket, since such a
 * one needs its authorities and its certificate when it is made, and both are read from files first.
 */
export class PendingSocket extends Duplex {
  readonly encrypted: true | undefined;
  connecting = true;
  authorized = false;
  authorizationError: null = null;
  alpnProtocol: string | false | null = null;
  timeout: number | undefined;
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
    super({ allowHalfOpen: false });
    this.encrypted = secure ? true : undefined;
    connect(this.#abort.signal).then(
      (joined) => (this.destroyed ? joined.socket.destroy() : this.#join(joined)),
      (error: Error) => this.destroy(asNative(error, "node:http") as Error),
    );
  }

  get pending(): boolean {
    return this.connecting;
  }

  get secureConnecting(): boolean {
    return this.encrypted === true && this.connecting;
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
    this.connecting = false;
    this.#abort.abort(error ?? new Error("the socket was destroyed before it was connected"));
    this.#inner?.destroy();
    done(error);
  }

  /** What the connection itself knows; the properties and calls of a socket below come here. */
  get joined(): Socket | undefined {
    return this.#inner;
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
    this.connecting = false;
    if (this.encrypted) {
      this.authorized = true;
      this.alpnProtocol = (inner as TLSSocket).alpnProtocol;
      inner.on("session", (session: Buffer) => this.emit("session", session));
    }
    for (const each of this.#joined.splice(0)) each();
    for (const event of ["connect", "ready", ...(this.encrypted ? ["secureConnect"] : [])]) this.emit(event);
    if (this.#isWanted) inner.resume();
  }

  #explained(error: Error | undefined): Error | undefined {
    return asNative(this.#explain?.(error) ?? error, "node:http") as Error | undefined;
  }
}

const properties = [
  "remoteAddress",
  "remotePort",
  "remoteFamily",
  "localAddress",
  "localPort",
  "localFamily",
  "bytesRead",
  "bytesWritten",
  "servername",
] as const;

/** Calls that a TLS socket answers; before it is there, and on a plain one, they give nothing. */
const calls = [
  "address",
  "getCertificate",
  "getCipher",
  "getEphemeralKeyInfo",
  "getFinished",
  "getPeerCertificate",
  "getPeerFinished",
  "getPeerX509Certificate",
  "getProtocol",
  "getSession",
  "getSharedSigalgs",
  "getTLSTicket",
  "getX509Certificate",
  "isSessionReused",
] as const;

for (const name of properties) {
  Object.defineProperty(PendingSocket.prototype, name, {
    get(this: PendingSocket): unknown {
      return (this.joined as TLSSocket | undefined)?.[name as keyof TLSSocket];
    },
    configurable: true,
  });
}
for (const name of calls) {
  Object.defineProperty(PendingSocket.prototype, name, {
    value(this: PendingSocket, ...given: unknown[]): unknown {
      const inner = this.joined as Record<string, unknown> | undefined;
      const call = inner?.[name] as ((...given: unknown[]) => unknown) | undefined;
      return call?.apply(inner, given);
    },
    writable: true,
    configurable: true,
  });
}
