import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ConnectError } from "../../base/errors.js";
import { closedUnanswered } from "../faults.js";
import { connectionFault } from "../../dial/index.js";
import { faultAnswer, serializeAnswer } from "../server/answers.js";
import { boundHalfClosed, join, reset } from "../tunnel/join.js";
import { lastWords } from "../server/last-answer.js";
import { isWorthAnother, type LateIntercept } from "./late-certificate.js";

/** Bytes of the client that are kept to be read once more: a request's head, and what HTTP/2 lets a client send unasked. */
const kept = 131_072;

/** Milliseconds for a server to say goodbye on HTTP/2, where a client that closes its half is gone; some hold the other for ever. */
const farewell = 1000;

export interface EarlyFault {
  readonly error: ConnectError;
  /** What the client is to be answered in; undefined where nothing more can be said, or all has been. */
  readonly protocol: "h2" | "http/1.1" | undefined;
}

/** The client's side of an exchange, on which all is told that comes of it. */
export interface ClientSide {
  readonly socket: TLSSocket;
  /** What is beneath its TLS: reset where the upstream breaks off, so that nothing looks like a clean end. */
  readonly raw: Socket;
  /** As agreed on by ALPN; undefined without it. */
  readonly protocol: string | undefined;
  /** Called when both sides are closed, with the upstream's error if it had one, where there was no early fault. */
  readonly over: (error: Error | undefined) => void;
  /** Whether the gateway is shutting down. */
  readonly isDraining: () => boolean;
}

/**
 * The start of an intercepted connection, until the upstream has said something. A TLS 1.3 server judges the client's certificate after
 * the handshake, so that until its first byte the connection may still turn out to be none: then what the client has said is put
 * back into its socket, for someone who answers it.
 */
export class FirstExchange {
  readonly #client: ClientSide;
  #upstream: Socket;
  #late: LateIntercept | undefined;
  #said: Buffer[] = [];
  #length = 0;

  /** @param late where the upstream may turn out to ask for the client certificate in another way than this connection allows */
  constructor(client: ClientSide, upstream: Socket, late: LateIntercept | undefined) {
    this.#client = client;
    this.#upstream = upstream;
    this.#late = late;
  }

  /** Joins both. Resolves with the fault that came before the upstream's first byte, or without one at that byte or the end. */
  run(name: string): Promise<EarlyFault | undefined> {
    const upstream = this.#upstream;
    const { socket: client, raw, isDraining } = this.#client;
    upstream.allowHalfOpen = true;
    let unwatch = (): void => undefined;
    return new Promise((resolve) => {
      const stop = (): void => {
        unwatch();
        client.off("data", onSaid).off("end", onEnd).off("close", onClientClose);
        upstream.off("data", onFirst).off("drain", onDrain).off("end", onFarEnd).off("close", onFarClose);
      };
      const onSaid = (chunk: Buffer): void => {
        this.#keep(chunk);
        if (!upstream.write(chunk)) client.pause();
      };
      const onDrain = (): void => void client.resume();
      const onEnd = (): void => {
        upstream.end();
        unwatch = boundHalfClosed(raw, upstream, isDraining, () => reset(raw));
      };
      const onClientClose = (): void => {
        stop();
        upstream.destroy();
        resolve(undefined);
      };
      const onFirst = (chunk: Buffer): void => {
        stop();
        const late = this.#late;
        this.#late = undefined;
        const handOver = (): void => {
          this.#said = [];
          client.write(chunk);
          this.#joinAll();
          resolve(undefined);
        };
        if (late === undefined || this.#length > kept || !isWorthAnother(late, this.#said, chunk)) return handOver();
        upstream.pause();
        void this.#replace(late).then((replaced) => (replaced ? this.run(name).then(resolve) : handOver()));
      };
      // Why it ended is known only when it is closed.
      const onFarEnd = (): void => void upstream.destroy();
      const onFarClose = (): void => {
        stop();
        resolve(this.#fault(name));
      };
      client.on("data", onSaid).once("end", onEnd).once("close", onClientClose);
      upstream.on("data", onFirst).on("drain", onDrain).once("end", onFarEnd).once("close", onFarClose);
      if (client.closed) onClientClose();
      else if (upstream.closed) onFarClose();
      else client.resume();
    });
  }

  /** Has the upstream asked again on another connection, while both wait. False: there is none. */
  async #replace({ dialAgain }: LateIntercept): Promise<boolean> {
    const before = this.#upstream;
    this.#client.socket.pause();
    const other = await dialAgain();
    if (other === undefined) return false;
    before.destroy();
    this.#late = other.late;
    this.#upstream = other.socket;
    for (const chunk of this.#said) other.socket.write(chunk);
    return true;
  }

  #keep(chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#length <= kept || this.#said.length === 0) this.#said.push(chunk);
  }

  #joinAll(): void {
    const upstream = this.#upstream;
    const { socket: client, raw, protocol, over, isDraining } = this.#client;
    upstream.once("close", () => {
      if (!upstream.readableEnded) reset(raw);
    });
    if (protocol === "h2") client.once("end", () => void setTimeout(() => reset(upstream), farewell).unref());
    join(client, upstream, over, isDraining);
  }

  /** Undefined where the upstream just closed and nobody had asked it anything: that is the end, and no fault. */
  #fault(name: string): EarlyFault | undefined {
    const upstream = this.#upstream;
    const { socket: client, raw } = this.#client;
    const known = connectionFault(upstream);
    const protocol = this.#httpOf();
    // A client that goes without a word is answered by a close, which means nothing.
    const gone = this.#length === 0 && (client.readableEnded || client.destroyed);
    if (gone || (known === undefined && (this.#length === 0 || protocol === undefined))) {
      if (upstream.errored) reset(raw);
      else lastWords(client, "");
      return undefined;
    }
    const error = known ?? closedUnanswered(name);
    // In HTTP/2 what was not kept would be missed.
    if (protocol === undefined || client.destroyed || (protocol === "h2" && this.#length > kept)) {
      reset(raw);
      return { error, protocol: undefined };
    }
    if (client.readableEnded) {
      // It has said all and waits: there is nothing left to be read again, and one kind of answer to what it said.
      if (protocol === "h2") reset(raw);
      else lastWords(client, serializeAnswer(faultAnswer(error, { close: true })));
      return { error, protocol: undefined };
    }
    client.pause();
    if (this.#said.length > 0) client.unshift(Buffer.concat(this.#said));
    this.#said = [];
    return { error, protocol };
  }

  /** Without ALPN it may be anything: HTTP is told by its first line. */
  #httpOf(): "h2" | "http/1.1" | undefined {
    const { protocol } = this.#client;
    if (protocol === "h2" || protocol === "http/1.1") return protocol;
    if (protocol !== undefined) return undefined;
    const start = this.#said[0]?.toString("latin1", 0, 256) ?? "";
    return /^[A-Z]{3,20} \S+(?: HTTP\/1\.[01]\r?\n|[^\r\n]*$)/.test(start) ? "http/1.1" : undefined;
  }
}
