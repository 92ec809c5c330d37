import { connect, createServer } from "node:net";
import { TcpService } from "./tcp-service.js";

/** A port that leads to another one on this machine's loopback, and counts whom it lets through. */
export class Relay extends TcpService {
  passed = 0;

  private constructor(to: number) {
    super(
      createServer({ allowHalfOpen: true }, (inner) => {
        this.passed++;
        const outer = connect({ host: "127.0.0.1", port: to, allowHalfOpen: true });
        for (const socket of [inner, outer]) {
          // Whoever goes takes the other along; why is not of interest here.
          socket.on("error", () => {});
          this.hold(socket).once("close", () => {
            inner.destroy();
            outer.destroy();
          });
        }
        inner.pipe(outer).pipe(inner);
      }),
    );
  }

  /** Without `port`, any free one. */
  static open(options: { readonly address: string; readonly port?: number; readonly to: number }): Promise<Relay> {
    return new Relay(options.to).listen(options.address, options.port);
  }
}
