import net, { type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Roster } from "../../base/roster.js";
import { Waits } from "../../base/waits.js";
import { ending, full, spokeSocks4, spokeTls } from "../faults-requests.js";
import type { OwnClients } from "./own-clients.js";
import { faultAnswer, serializeAnswer, type Refusal } from "./answers.js";
import { HttpClients, type HttpServing } from "./http-clients.js";
import { lastWords } from "./last-answer.js";
import { watchPresence } from "./presence.js";
import { serveSocks, socks4Refusal } from "./socks.js";

/** Clients beyond the limit who still get an answer; those beyond are closed at once. */
const turnedAway = 64;

const ignore = (): void => undefined;

const firstByte = { socks4: 4, socks5: 5, tls: 0x16 } as const;

export type Serving = Omit<HttpServing, "admit" | "isOwn"> & { readonly own: OwnClients };

/** Accepts clients, and finds out from the first byte what each of them speaks. */
export class Clients {
  readonly server: Server;
  readonly #serving: Serving;
  readonly #http: HttpClients;
  readonly #sockets = new Roster<Socket>();
  /** Those of whom nothing has come yet. */
  readonly #silent = new Roster<Socket>();
  /** Those who have not shown the token yet, oldest first. */
  readonly #strangers = new Roster<Socket>();
  /** Those beyond the limit, who are only told so. */
  readonly #excess = new Roster<Duplex>();
  /** Of those who are silent. */
  readonly #patience: Waits;

  constructor(serving: Serving) {
    this.#serving = serving;
    const { own } = serving;
    this.#patience = new Waits(serving.state.options.headTimeout);
    this.#http = new HttpClients({
      ...serving,
      admit: (client) => this.#admit(client),
      isOwn: (client) => own.isOwn(client),
    });
    this.server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
    this.server.maxConnections = serving.state.options.maximumConnections + turnedAway;
  }

  /** Takes no new clients, and lets those go who are not being served. Resolves when the last one has gone. */
  async drain(): Promise<void> {
    const gone = new Promise<void>((resolve) => {
      if (this.server.listening) this.server.close(() => resolve());
      else resolve();
    });
    for (const client of this.#silent) client.destroy();
    this.#http.drain();
    await gone;
    this.#http.close();
  }

  destroy(): void {
    for (const client of this.#sockets) client.destroy();
  }

  #accept(client: Socket): void {
    this.#sockets.add(client);
    this.#silent.add(client);
    const wait = this.#patience.begin(() => client.destroy());
    if (this.#hasRoom()) this.#strangers.add(client);
    else this.#excess.add(client);
    client.on("close", () => {
      this.#patience.stop(wait);
      this.#forget(client);
    });
    // Whoever serves it listens as well; in between, a client that resets its connection must not end the process.
    client.on("error", ignore);
    watchPresence(client);
    client.once("readable", () => {
      this.#patience.stop(wait);
      this.#greet(client);
    });
  }

  #greet(client: Socket): void {
    const chunk: unknown = client.read();
    if (!Buffer.isBuffer(chunk)) {
      client.destroy();
      return;
    }
    this.#silent.delete(client);
    if (this.#http.connectAtOnce(client, chunk)) return;
    client.unshift(chunk);
    const { own } = this.#serving;
    if (own.isWorthAsking(chunk)) void own.ask(client).then((isOwn) => this.#served(client, chunk, isOwn));
    else this.#serve(client, chunk);
  }

  /** Once it is known whose it is. */
  #served(client: Socket, firstBytes: Buffer, isOwn: boolean): void {
    if (client.destroyed) return;
    const bytes: unknown = isOwn ? client.read() : undefined;
    if (Buffer.isBuffer(bytes)) {
      if (this.#http.connectAtOnce(client, bytes)) return;
      client.unshift(bytes);
    }
    this.#serve(client, firstBytes);
  }

  #serve(client: Socket, firstBytes: Buffer): void {
    const { own } = this.#serving;
    switch (firstBytes[0]) {
      case firstByte.socks5:
        void serveSocks(this.#serving, client, {
          full: this.#full(client),
          isOwn: () => own.ask(client),
          loggedIn: () => this.#admit(client),
        });
        break;
      case firstByte.socks4:
        this.#turnAway(client, spokeSocks4(), socks4Refusal);
        break;
      case firstByte.tls:
        this.#turnAway(client, spokeTls());
        break;
      default:
        this.#http.accept(client);
    }
  }

  /** In plain text: a client of TLS takes that for what it is, and many show it. */
  #turnAway(client: Socket, { status, fault }: Refusal, words?: Uint8Array): void {
    this.#serving.state.refused(status, fault.message);
    lastWords(client, words ?? serializeAnswer(faultAnswer(fault, { status, close: true })));
  }

  /** Any process of this machine may connect: whoever has not shown the token keeps no place from those who may. */
  #hasRoom(): boolean {
    const { maximumConnections } = this.#serving.state.options;
    if (this.#sockets.size - this.#excess.size <= maximumConnections) return true;
    const oldest = this.#strangers.first;
    if (oldest === undefined) return false;
    oldest.destroy();
    // It is closed a moment later; its place is free now.
    this.#forget(oldest);
    return true;
  }

  #forget(client: Socket): void {
    this.#sockets.delete(client);
    this.#silent.delete(client);
    this.#strangers.delete(client);
    this.#excess.delete(client);
  }

  /** A client has shown the token, where one is asked for. Gives why it is not served all the same. */
  #admit(client: Duplex): Refusal | undefined {
    this.#strangers.delete(client as Socket);
    return this.#full(client);
  }

  #full(client: Duplex): Refusal | undefined {
    const { state } = this.#serving;
    if (state.draining()) return ending();
    if (!this.#excess.has(client)) return undefined;
    return full(state.options.maximumConnections);
  }
}
