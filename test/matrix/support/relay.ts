import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** A port that leads to another one on this machine's loopback, and counts whom it lets through. */
export class Relay implements AsyncDisposable {
  passed = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(to: number) {
    this.#server = createServer({ allowHalfOpen: true }, (inner) => {
      this.passed++;
      const outer = connect({ host: "127.0.0.1", port: to, allowHalfOpen: true });
      for (const socket of [inner, outer]) {
        this.#sockets.add(socket);
        // Whoever goes takes the other along; why is not of interest here.
        socket.on("error", () => {});
        socket.once("close", () => {
          this.#sockets.delete(socket);
          inner.destroy();
          outer.destroy();
        });
      }
      inner.pipe(outer).pipe(inner);
    });
  }

  /** Without `port`, any free one. */
  static async open(options: {
    readonly address: string;
    readonly port?: number;
    readonly to: number;
  }): Promise<Relay> {
    const relay = new Relay(options.to);
    relay.#server.listen(options.port ?? 0, options.address);
    await once(relay.#server, "listening");
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
