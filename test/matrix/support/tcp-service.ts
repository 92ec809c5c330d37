import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";

/** A server and the connections that it has, which end with it. */
export class TcpService implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  protected constructor(server: Server) {
    this.#server = server;
  }

  /** The connection is ended with the service. */
  protected hold(socket: Socket): Socket {
    this.#sockets.add(socket);
    return socket.once("close", () => this.#sockets.delete(socket));
  }

  protected async listen(address: string, port = 0): Promise<this> {
    this.#server.listen(port, address);
    await once(this.#server, "listening");
    return this;
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
