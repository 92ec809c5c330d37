import type { Socket } from "node:net";
import { getSystemErrorMap } from "node:util";
import { setImmediate } from "../base/timers.js";
import { asNative } from "./native-errors.js";
import type { Joined } from "./types.js";

/** How a socket gets the connection that it is to lead to; aborted when it is destroyed before that. */
export type Open = (signal: AbortSignal) => Promise<Joined>;

/** Something that Node wants of a handle, and is told of when it is done. */
interface Call {
  readonly oncomplete: (status: number, handle: Handle, call: Call, readable: boolean, writable: boolean) => void;
}

/** What a socket of Node's has below it. Of this kind JavaScript does the work. */
export interface Handle {
  readBuffer(chunk: Uint8Array): void;
  emitEOF(): void;
  finishWrite(call: Call, status: number): void;
  finishShutdown(call: Call, status: number): void;
}

/** What Node calls a handle for. */
const work = [
  "connect",
  "onreadstart",
  "onreadstop",
  "onwrite",
  "onshutdown",
  "isClosing",
  "close",
  "reset",
  "ref",
  "unref",
  "hasRef",
  "setNoDelay",
  "setKeepAlive",
  "getpeername",
  "getsockname",
] as const;

/** The work of a socket's handle, done by a connection that the policy has made. Methods have the names by which Node calls them. */
export class Relay {
  readonly #handle: Handle;
  readonly #owner: Socket;
  readonly #open: Open;
  readonly #abort = new AbortController();
  #inner: Socket | undefined;
  #explain: Joined["explain"] | undefined;
  /** What is to be done once there is a connection. */
  #joined: ((inner: Socket) => void)[] = [];
  /** Under way below: one of each at a time, and an end comes behind what is being written. */
  #writing: Call | undefined;
  #ending: Call | undefined;
  #isReading = false;
  #isClosed = false;
  #isReferenced = true;

  constructor(handle: Handle, owner: Socket, open: Open) {
    this.#handle = handle;
    this.#owner = owner;
    this.#open = open;
  }

  install(): void {
    for (const name of work)
      Object.defineProperty(this.#handle, name, { value: this[name].bind(this), writable: true });
  }

  connect(call: Call): number {
    this.#open(this.#abort.signal).then(
      (joined) => this.#join(joined, call),
      (error: Error) => this.#owner.destroy(asNative(error, "node:http") as Error),
    );
    return 0;
  }

  onreadstart(): number {
    this.#isReading = true;
    this.#inner?.resume();
    return 0;
  }

  onreadstop(): number {
    this.#isReading = false;
    this.#inner?.pause();
    return 0;
  }

  onwrite(call: Call, chunks: readonly Uint8Array[]): number {
    this.#writing = call;
    const inner = this.#inner;
    // Who closes it has what is left called off.
    if (this.#isClosed || inner === undefined) return 0;
    let left = chunks.length;
    const written = (error?: Error | null): void => {
      if (--left === 0 || error) this.#finishWriting(call, error ? status("EPIPE") : 0);
    };
    inner.cork();
    for (const chunk of chunks) inner.write(chunk, written);
    inner.uncork();
    return 0;
  }

  onshutdown(call: Call): number {
    this.#ending = call;
    if (this.#writing === undefined) this.#end();
    return 0;
  }

  isClosing(): boolean {
    return this.#isClosed;
  }

  close(closed: () => void): void {
    this.#isClosed = true;
    this.#abort.abort(new Error("the socket was destroyed before it was connected"));
    this.#inner?.destroy();
    setImmediate(() => {
      const canceled = status("ECANCELED");
      if (this.#writing !== undefined) this.#finishWriting(this.#writing, canceled);
      if (this.#ending !== undefined) this.#finishEnding(this.#ending, canceled);
      closed();
    });
  }

  reset(closed: () => void): number {
    const inner = this.#inner;
    // What lies below TLS is not ours to reset.
    if (inner !== undefined && !("encrypted" in inner)) inner.resetAndDestroy?.();
    this.close(closed);
    return 0;
  }

  ref(): void {
    this.#isReferenced = true;
    this.#inner?.ref?.();
  }

  unref(): void {
    this.#isReferenced = false;
    this.#inner?.unref?.();
  }

  hasRef(): boolean {
    return this.#isReferenced;
  }

  setNoDelay(on: boolean): number {
    return this.#whenJoined((inner) => inner.setNoDelay?.(on));
  }

  setKeepAlive(on: boolean, seconds: number): number {
    return this.#whenJoined((inner) => inner.setKeepAlive?.(on, seconds * 1000));
  }

  getpeername(told: object): number {
    const { remoteAddress: address, remotePort: port, remoteFamily: family } = this.#inner ?? {};
    return tell(told, { address, port, family });
  }

  getsockname(told: object): number {
    const { localAddress: address, localPort: port, localFamily: family } = this.#inner ?? {};
    return tell(told, { address, port, family });
  }

  #whenJoined(what: (inner: Socket) => void): number {
    if (this.#inner === undefined) this.#joined.push(what);
    else what(this.#inner);
    return 0;
  }

  #join({ socket, explain }: Joined, call: Call): void {
    if (this.#isClosed) {
      socket.destroy();
      return;
    }
    // A socket of node:net, of node:tls, or in the likeness of one: what may be missing is asked for with care.
    const inner = (this.#inner = socket as Socket);
    this.#explain = explain;
    // When its end has come is the owner's to say.
    inner.allowHalfOpen = true;
    inner.on("data", (chunk: Buffer) => this.#isClosed || this.#handle.readBuffer(chunk));
    inner.pause();
    inner.on("end", () => this.#isClosed || this.#handle.emitEOF());
    inner.on("error", (error) => this.#fail(error));
    inner.on("close", () => inner.readableEnded || this.#fail(undefined));
    if (!this.#isReferenced) inner.unref?.();
    for (const each of this.#joined.splice(0)) each(inner);
    // What a listener throws is the program's, and no promise of ours fails by it.
    process.nextTick(() => {
      if (this.#isClosed) return;
      call.oncomplete(0, this.#handle, call, true, true);
      if (this.#isReading) inner.resume();
    });
  }

  #fail(error: Error | undefined): void {
    if (!this.#isClosed)
      this.#owner.destroy(asNative(this.#explain?.(error) ?? error, "node:http") as Error | undefined);
  }

  #finishWriting(call: Call, how: number): void {
    if (this.#writing !== call) return;
    this.#writing = undefined;
    this.#handle.finishWrite(call, how);
    if (this.#ending !== undefined && !this.#isClosed) this.#end();
  }

  #end(): void {
    const call = this.#ending;
    if (call === undefined || this.#isClosed) return;
    // Node does not expect it to be over before it has asked.
    process.nextTick(() => this.#inner?.end(() => this.#finishEnding(call, 0)));
  }

  #finishEnding(call: Call, how: number): void {
    if (this.#ending !== call) return;
    this.#ending = undefined;
    this.#handle.finishShutdown(call, how);
  }
}

function tell(told: object, address: Readonly<Record<"address" | "port" | "family", unknown>>): number {
  if (address.address === undefined) return status("ENOTCONN");
  Object.assign(told, address);
  return 0;
}

/** The number by which Node knows an error of the system. */
function status(name: string): number {
  for (const [number, [each]] of getSystemErrorMap()) if (each === name) return number;
  return -1;
}
