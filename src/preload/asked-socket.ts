import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import tls, { type TLSSocket } from "node:tls";
import { inTheLikenessOf } from "./likeness.js";
import { queueMicrotask } from "../base/timers.js";
import type { Joined } from "./types.js";

/** The two ends of a connection that a mock stands between, and that is never made. */
interface Passed {
  readonly node: Socket;
  readonly below: Socket;
}

type Done = (error?: Error | null) => void;

/** Opens a connection in Node's way, with `passed` to be called, at once or later, by who lets it through. */
export type Ask = (passed: (socket: Socket) => void) => Socket;

/** Opens it by the policy. `alpn`: what the program has been told that was agreed on. */
export type Dial = (alpn?: readonly string[]) => Promise<Joined>;

/**
 * A connection that a mock may answer on. What is written goes to the mock, and is kept until it answers: where it lets the request
 * through instead, the same goes out by the policy. Each request of HTTP/1.1 is a question of its own, since the next one on the same
 * connection may be mocked where this one was not.
 */
export class AskedSocket extends Duplex {
  alpnProtocol: string | false | null = null;
  readonly #ask: Ask;
  readonly #dial: Dial;
  /** A socket of Node's, with the mock behind it. */
  #node: Socket | undefined;
  #way: Joined | undefined;
  /** What the mock took for the connection, where it let the request through; it may want to see the answer. */
  #passed: Passed | undefined;
  #kept: Buffer[] = [];
  #isAnswered = false;
  #isOpen = false;
  #hasEnded = false;
  #wasPassedAtOnce = false;
  #tell: { opened(): void; failed(error: Error): void } | undefined;

  constructor(ask: Ask, dial: Dial) {
    super({ allowHalfOpen: true });
    Object.setPrototypeOf(this, likeness);
    this.#ask = ask;
    this.#dial = dial;
    // Until somebody listens.
    this.on("error", () => undefined);
    this.#open();
  }

  static is(value: object): value is AskedSocket {
    return #kept in value;
  }

  /** It was let through before its opening returned, and nothing was done here. */
  get wasPassedAtOnce(): boolean {
    return this.#wasPassedAtOnce;
  }

  /** Who speaks at the moment: its properties are this one's. */
  get joined(): Duplex | undefined {
    return this.#node ?? this.#way?.socket;
  }

  /** Settles when the program may write. @throws {Error} what the mock, or the policy, fails the connection with */
  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#tell = { opened: resolve, failed: reject };
      if (this.#isOpen) resolve();
      this.once("close", () => reject(this.errored ?? new Error("the connection was closed before it was there")));
    });
  }

  explain(error: Error | undefined): Error | undefined {
    return this.#way === undefined ? error : this.#way.explain(error);
  }

  whenJoined(work: () => void): void {
    work();
  }

  override _read(): void {
    this.joined?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    if (this.#isAnswered && beginsRequest(chunk)) this.#askAgain();
    const { joined } = this;
    if (this.#node === undefined && joined !== undefined) {
      joined.write(chunk, done);
      return;
    }
    this.#kept.push(chunk);
    if (this.#node !== undefined) writeAsClients(this.#node, chunk);
    // A mock may read the whole request before it decides, and tells of no byte until then.
    done();
  }

  override _final(done: Done): void {
    this.#hasEnded = true;
    this.joined?.end();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#node?.destroy();
    this.#way?.socket.destroy();
    this.#leavePassed();
    this.#kept = [];
    done(error);
  }

  #askAgain(): void {
    this.#isAnswered = false;
    this.#kept = [];
    this.#leavePassed();
    if (this.#node === undefined) this.#open();
  }

  #open(): void {
    const asked: { node?: Socket; isPassed: boolean } = { isPassed: false };
    const opened = this.#ask((below) => {
      asked.isPassed = true;
      if (asked.node === undefined) queueMicrotask(() => below.destroy());
      else this.#pass({ node: asked.node, below });
    });
    if (asked.isPassed) {
      opened.on("error", () => undefined).destroy();
      if (this.#isOpen) this.#goOut();
      else this.#wasPassedAtOnce = true;
      return;
    }
    this.#node = asked.node = opened;
    this.#listen(opened);
  }

  #listen(node: Socket): void {
    const isCurrent = (): boolean => this.#node === node;
    const open = (): void => {
      if (!isCurrent() || this.#isOpen) return;
      this.alpnProtocol = (node as TLSSocket).alpnProtocol ?? null;
      this.#nowOpen();
    };
    // Both are listened for, since mocks look whether anybody waits before they say that there is a connection.
    if ("encrypted" in node) node.on("connect", () => undefined).on("secureConnect", open);
    else node.on("connect", open);
    node.on("data", (chunk: Buffer) => isCurrent() && this.#answer(chunk, node));
    node.on("end", () => isCurrent() && this.push(null));
    node.on("error", (error) => isCurrent() && this.#fail(error));
    node.on("close", () => isCurrent() && !this.readableEnded && this.#fail());
  }

  #nowOpen(): void {
    this.#isOpen = true;
    this.#tell?.opened();
  }

  #answer(chunk: Buffer, from: Duplex): void {
    this.#isAnswered = true;
    this.#kept = [];
    if (!this.push(chunk)) from.pause();
  }

  #fail(error?: Error): void {
    if (error !== undefined) this.#tell?.failed(error);
    this.destroy(error);
  }

  /** The request goes out, as the mock hands it on: it may have changed it. */
  #pass(passed: Passed): void {
    if (this.#node !== passed.node) return;
    this.#node = undefined;
    this.#passed = passed;
    const written = collectWrites(passed.below);
    queueMicrotask(() => {
      if (written.length > 0) this.#kept = [...written];
      this.#goOut();
    });
  }

  #leavePassed(): void {
    const { node, below } = this.#passed ?? {};
    this.#passed = undefined;
    for (const each of [node, below]) each?.on("error", () => undefined).destroy();
  }

  #goOut(): void {
    if (this.destroyed) return;
    if (this.#way !== undefined) {
      this.#flush(this.#way.socket);
      return;
    }
    const agreed = this.#isOpen && typeof this.alpnProtocol === "string" ? [this.alpnProtocol] : undefined;
    this.#dial(agreed).then(
      (way) => this.#join(way),
      (error: Error) => this.#fail(error),
    );
  }

  #join(way: Joined): void {
    const { socket } = way;
    if (this.destroyed) {
      socket.destroy();
      return;
    }
    this.#way = way;
    // An old one that ends while a mock answers the next request is missed by nobody.
    const isCurrent = (): boolean => this.#node === undefined && this.#way === way;
    const gone = (): void => void (this.#way = this.#way === way ? undefined : this.#way);
    socket.on("data", (chunk: Buffer) => {
      this.#passed?.below.emit("data", chunk);
      this.#answer(chunk, socket);
    });
    socket.on("end", () => {
      this.#passed?.below.emit("end");
      if (isCurrent()) this.push(null);
      else gone();
    });
    socket.on("error", (error) => (isCurrent() ? this.#fail(error) : gone()));
    socket.on("close", () => (isCurrent() && !socket.readableEnded ? this.#fail() : gone()));
    this.#flush(socket);
    if (this.#isOpen) return;
    this.alpnProtocol = (socket as Partial<TLSSocket>).alpnProtocol ?? null;
    this.#nowOpen();
  }

  #flush(socket: Duplex): void {
    for (const chunk of this.#kept.splice(0)) socket.write(chunk);
    if (this.#hasEnded) socket.end();
  }
}

/** The head as the text that Node's clients and undici write: mocks change it in that form alone. */
function writeAsClients(node: Socket, chunk: Buffer): void {
  const end = beginsRequest(chunk) ? chunk.indexOf("\r\n\r\n") : -1;
  if (end !== -1) node.write(chunk.toString("latin1", 0, end + 4), "latin1");
  if (end + 4 < chunk.length || end === -1) node.write(end === -1 ? chunk : chunk.subarray(end + 4));
}

/** What is written to a connection that comes out below, as soon as it is opened. */
function collectWrites(below: Socket): readonly Buffer[] {
  const written: Buffer[] = [];
  const write = (chunk: Uint8Array | string, encoding?: unknown): boolean => {
    written.push(typeof chunk === "string" ? Buffer.from(chunk, encoding as BufferEncoding) : Buffer.from(chunk));
    return true;
  };
  Object.defineProperty(below, "write", { value: write, writable: true, configurable: true });
  return written;
}

/** The first line of a request (RFC 9112 section 3); a body or a frame does not look so. */
function beginsRequest(chunk: Buffer): boolean {
  return /^[A-Z-]+ [^\r\n]+ HTTP\/1\.[01]\r\n/.test(chunk.toString("latin1", 0, 16_384));
}

const standIn = (socket: object): AskedSocket | undefined => (AskedSocket.is(socket) ? socket : undefined);
const likeness = inTheLikenessOf(tls.TLSSocket.prototype, AskedSocket.prototype, { descends: false, standIn });
