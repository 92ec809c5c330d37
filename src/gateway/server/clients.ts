import net, { type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { malformedRefusal, faultAnswer, serializeAnswer, unavailableRefusal, type Refusal } from "./answers.js";
import { HttpCallers, type HttpServing } from "./http-clients.js";
import { lastWords } from "./last-answer.js";
import { watchPresence } from "./presence.js";
import { serveSocks, socks4Refusal } from "./socks.js";

/** Callers beyond the limit who still get an answer; those beyond are closed at once. */
const turnedAway = 64;

const firstByte = { socks4: 4, socks5: 5, tls: 0x16 } as const;

export type Serving = Omit<HttpServing, "full">;

/** Accepts callers, and finds out from the first byte what each of them speaks. */
export class Callers {
  readonly server: Server;
  readonly #serving: Serving;
  readonly #http: HttpCallers;
  readonly #sockets = new Set<Socket>();
  /** Those of whom nothing has come yet. */
  readonly #silent = new Set<Socket>();
  /** Those beyond the limit, who are only told so. */
  readonly #excess = new Set<Duplex>();

  constructor(serving: Serving) {
    this.#serving = serving;
    this.#http = new HttpCallers({ ...serving, full: (caller) => this.#full(caller) });
    this.server = net.createServer({ allowHalfOpen: true, noDelay: true }, (caller) => this.#accept(caller));
    this.server.maxConnections = serving.state.options.maximumConnections + turnedAway;
  }

  /** Takes no new callers, and lets those go who are not being served. Resolves when the last one has gone. */
  async drain(): Promise<void> {
    const gone = new Promise<void>((resolve) => {
      if (this.server.listening) this.server.close(() => resolve());
      else resolve();
    });
    for (const caller of this.#silent) caller.destroy();
    this.#http.drain();
    await gone;
    this.#http.close();
  }

  destroy(): void {
    for (const caller of this.#sockets) caller.destroy();
  }

  #accept(caller: Socket): void {
    this.#sockets.add(caller);
    this.#silent.add(caller);
    const { maximumConnections, headTimeout } = this.#serving.state.options;
    if (this.#sockets.size - this.#excess.size > maximumConnections) this.#excess.add(caller);
    caller.once("close", () => {
      this.#sockets.delete(caller);
      this.#silent.delete(caller);
      this.#excess.delete(caller);
    });
    // Whoever serves it listens as well; in between, a caller that resets its connection must not end the process.
    caller.on("error", () => undefined);
    watchPresence(caller);
    caller.setTimeout(headTimeout, () => caller.destroy());
    caller.once("readable", () => this.#greet(caller));
  }

  #greet(caller: Socket): void {
    const chunk: unknown = caller.read();
    if (!Buffer.isBuffer(chunk)) {
      caller.destroy();
      return;
    }
    this.#silent.delete(caller);
    caller.removeAllListeners("timeout").setTimeout(0);
    caller.unshift(chunk);
    switch (chunk[0]) {
      case firstByte.socks5:
        void serveSocks(this.#serving, caller, this.#full(caller));
        break;
      case firstByte.socks4:
        this.#turnAway(
          caller,
          malformedRefusal(400, "a caller speaks SOCKS 4", "use socks5h:// in its proxy setting"),
          socks4Refusal,
        );
        break;
      case firstByte.tls:
        this.#turnAway(caller, spokeTls());
        break;
      default:
        this.#http.accept(caller);
    }
  }

  /** In plain text: a caller of TLS takes that for what it is, and many show it. */
  #turnAway(caller: Socket, { status, fault }: Refusal, words?: Uint8Array): void {
    this.#serving.state.refused(status, fault.message);
    lastWords(caller, words ?? serializeAnswer(faultAnswer(fault, { status, close: true })));
  }

  #full(caller: Duplex): Refusal | undefined {
    const { state } = this.#serving;
    if (state.draining()) return unavailableRefusal("the gateway is about to end", "start it anew, then try again");
    if (!this.#excess.has(caller)) return undefined;
    return unavailableRefusal(
      `the gateway serves ${state.options.maximumConnections} connections already`,
      "close some, then try again; the limit is the option maximumConnections",
    );
  }
}

function spokeTls(): Refusal {
  return malformedRefusal(
    400,
    "a caller speaks TLS to the gateway, which is spoken to in plain HTTP",
    "write http:// and not https:// in the proxy setting: the scheme says how the proxy itself is spoken to",
  );
}
