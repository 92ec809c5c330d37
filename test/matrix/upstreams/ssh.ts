import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Sshd } from "../../real/support/sshd.js";
import type { Visit } from "../evidence.js";

/** A real sshd on a port of its own. Whether a client got in is the client's word: it knows the server's key, and shows its own. */
export class SshUpstream implements AsyncDisposable {
  readonly visits: Visit[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(sshd: Sshd) {
    this.#server = createServer((socket) => {
      this.visits.push({ peer: undefined, proxyLogin: undefined });
      const served = sshd.inetd();
      this.#sockets.add(socket.once("close", () => this.#sockets.delete(socket)));
      socket.once("close", () => served.kill());
      for (const stream of [socket, served.stdin, served.stdout]) stream?.on("error", () => socket.destroy());
      if (served.stdin !== null) socket.pipe(served.stdin);
      served.stdout?.pipe(socket);
    });
  }

  static async open(sshd: Sshd): Promise<SshUpstream> {
    const upstream = new SshUpstream(sshd);
    upstream.#server.listen(0, "127.0.0.1");
    await once(upstream.#server, "listening");
    return upstream;
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
