import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { formatHost, type HostPort } from "../../base/hostname.js";
import { parseIp } from "../../base/ip.js";
import { Roster } from "../../base/roster.js";
import { malformedRefusal } from "../faults-requests.js";
import { answerFault, faultAnswer, serializeAnswer } from "../server/answers.js";
import { createHttpServer } from "../server/http-server.js";
import { lastWords } from "../server/last-answer.js";
import { watchPresence } from "../server/presence.js";
import { malformedHead, parseHost } from "../server/request-head.js";
import { Unanswered } from "../server/unanswered.js";
import { reset } from "../tunnel/join.js";
import { serveTunnel, type Tunnelling } from "../tunnel/tunnel.js";
import type { Forwarder } from "../types.js";

const ignore = (): void => undefined;

/**
 * Connections of programs that know of no proxy: whoever has caught one hands it over with the host and port that it was meant for. It has
 * been accepted already, so that a refusal can be nothing but a reset; plain HTTP is read, since proxies seldom take a CONNECT for it, and
 * is told in words.
 */
export class CapturedClients {
  readonly #tunnelling: Tunnelling;
  readonly #forwarder: Forwarder;
  readonly #sockets = new Roster<Socket>();
  readonly #targets = new WeakMap<Duplex, URL>();
  readonly #unanswered = new Unanswered();
  readonly #server: Server;

  constructor(tunnelling: Tunnelling, forwarder: Forwarder) {
    this.#tunnelling = tunnelling;
    this.#forwarder = forwarder;
    const { state } = tunnelling;
    this.#server = createHttpServer(state, this.#unanswered, (request, response) => this.#onRequest(request, response));
    this.#server.on("upgrade", (request, socket, head) => this.#onUpgrade(request, socket, head));
    this.#server.on("connect", (_request: IncomingMessage, socket: Duplex) => socket.destroy());
    // It never listens itself, and starts to watch its time limits at this event.
    this.#server.emit("listening");
  }

  /** Serves it as the policy has it. The socket is ours from now on. */
  take(client: Socket, { host: asked, port }: HostPort): void {
    const { state } = this.#tunnelling;
    client.on("error", ignore);
    const host = asked.includes(":") ? parseHost(asked, undefined) : parseHost(undefined, asked);
    if (host === undefined || state.draining() || state.live.size >= state.options.maximumConnections) {
      reset(client);
      return;
    }
    this.#sockets.add(client);
    client.on("close", () => this.#sockets.delete(client));
    client.allowHalfOpen = true;
    client.setNoDelay(true);
    watchPresence(client);
    // By its address alone a server of many names would not know whom it is asked for: that stays as it was written.
    if (port === 80 && parseIp(host) === undefined) this.#greet(client, { host, port });
    else this.#tunnel(client, { host, port }, Buffer.alloc(0));
  }

  destroy(): void {
    for (const client of this.#sockets) client.destroy();
    this.#server.close();
  }

  #tunnel(client: Socket, target: HostPort, early: Buffer): void {
    const refuse = (): void => reset(client);
    void serveTunnel(this.#tunnelling, { kind: "connect", client, early, target, grant: ignore, refuse });
  }

  #greet(client: Socket, target: HostPort): void {
    const { headTimeout } = this.#tunnelling.state.options;
    let begun = Buffer.alloc(0);
    client.setTimeout(headTimeout, () => client.destroy());
    const onReadable = (): void => {
      const chunk: unknown = client.read();
      if (!Buffer.isBuffer(chunk)) {
        client.destroy();
        return;
      }
      begun = Buffer.concat([begun, chunk]);
      const start = begun.toString("latin1", 0, 32);
      // Some send a byte at a time.
      if (/^[A-Z]{0,20} ?$/.test(start)) return;
      client.off("readable", onReadable);
      client.removeAllListeners("timeout").setTimeout(0);
      if (!/^[A-Z]{3,20} [/*]/.test(start)) return this.#tunnel(client, target, begun);
      client.unshift(begun);
      this.#targets.set(client, new URL(`http://${formatHost(target.host)}/`));
      this.#server.emit("connection", client);
    };
    client.on("readable", onReadable);
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (this.#unanswered.add(request, response) === "ignore") return;
    const { state } = this.#tunnelling;
    if (state.draining()) response.shouldKeepAlive = false;
    const target = this.#targets.get(request.socket);
    const problem = malformedHead(request);
    if (target !== undefined && problem === undefined) {
      this.#forwarder.request(request, response, target, "forward");
      return;
    }
    this.#unanswered.endWith(request);
    const { status, fault } = malformedRefusal(400, problem ?? "");
    state.refused(status, fault.message);
    answerFault(request, response, fault, { status, close: true });
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const target = this.#targets.get(socket);
    const problem = malformedHead(request);
    if (target !== undefined && problem === undefined) {
      this.#forwarder.upgrade(request, socket, head, target, "upgrade");
      return;
    }
    const { status, fault } = malformedRefusal(400, problem ?? "");
    lastWords(socket, serializeAnswer(faultAnswer(fault, { status, close: true })));
  }
}
