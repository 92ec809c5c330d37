import { once } from "node:events";
import net, { Socket } from "node:net";
import { portOf } from "./clients.js";

/** A client who sends and sends, and reads nothing of what it is answered. */
export class DeafClient implements AsyncDisposable {
  readonly socket: Socket;
  readonly #closed: Promise<void>;
  /** Asked for now: a socket that is over does not know it any more. */
  readonly #port: number | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.#port = socket.localPort;
    socket.on("error", () => undefined);
    this.#closed = new Promise((resolve) => socket.once("close", () => resolve()));
  }

  static async to(gateway: { readonly url: string }): Promise<DeafClient> {
    const socket = net.connect({ port: portOf(gateway), host: "127.0.0.1", allowHalfOpen: true });
    await once(socket, "connect");
    return new DeafClient(socket.pause());
  }

  /** Sends the text over and over, as fast as it is taken, until so many are sent or the connection is over. */
  async flood(text: string, times: number): Promise<void> {
    const many = Buffer.from(text.repeat(1000), "latin1");
    for (let sent = 0; sent < times && this.socket.writable; sent += 1000) {
      if (this.socket.write(many)) continue;
      await Promise.race([new Promise<void>((resolve) => this.socket.once("drain", resolve)), this.#closed]);
    }
  }

  /** Whether the gateway, which is in this process, has closed the connection: who does not read is not told so. */
  dropped(): boolean {
    return this.#otherEnd() === undefined;
  }

  /** Bytes that wait in this process to be sent to this client: what it costs the gateway that nobody reads. */
  queued(): number {
    return this.#otherEnd()?.writableLength ?? 0;
  }

  /** Bytes that it was answered so far, those that wait included. */
  answered(): number {
    return this.#otherEnd()?.bytesWritten ?? Infinity;
  }

  #otherEnd(): Socket | undefined {
    const handles = (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles();
    return handles.find(
      (handle): handle is Socket => handle instanceof Socket && !handle.destroyed && handle.remotePort === this.#port,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.#closed;
  }
}
