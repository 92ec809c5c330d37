import { createServer } from "node:net";
import type { Sshd } from "../../real/support/sshd.js";
import type { Visit } from "../evidence.js";
import { TcpService } from "../support/tcp-service.js";

/** A real sshd on a port of its own. Whether a client got in is the client's word: it knows the server's key, and shows its own. */
export class SshUpstream extends TcpService {
  readonly visits: Visit[] = [];

  private constructor(sshd: Sshd) {
    super(
      createServer((socket) => {
        this.visits.push({ peer: undefined, proxyLogin: undefined });
        const served = sshd.inetd();
        this.hold(socket).once("close", () => served.kill());
        for (const stream of [socket, served.stdin, served.stdout]) stream?.on("error", () => socket.destroy());
        if (served.stdin !== null) socket.pipe(served.stdin);
        served.stdout?.pipe(socket);
      }),
    );
  }

  static open(sshd: Sshd): Promise<SshUpstream> {
    return new SshUpstream(sshd).listen("127.0.0.1");
  }
}
