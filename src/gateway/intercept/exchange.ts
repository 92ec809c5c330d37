import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { ConnectError } from "../../base/errors.js";
import { connectionFault } from "../../dial/index.js";
import { faultAnswer, serializeAnswer } from "../server/answers.js";
import { boundHalfClosed, join, reset } from "../tunnel/join.js";
import { lastWords } from "../server/last-answer.js";
import { isWorthAnother, type LateOpening } from "./late-certificate.js";

/** Bytes of the caller that are kept to be read once more: a request's head, and what HTTP/2 lets a client send unasked. */
const kept = 131_072;

/** Milliseconds for a server to say goodbye on HTTP/2, where a client that closes its half is gone; some hold the other for ever. */
const farewell = 1000;

export interface EarlyFault {
  readonly error: ConnectError;
  /** What the caller is to be answered in; undefined where nothing more can be said, or all has been. */
  readonly protocol: "h2" | "http/1.1" | undefined;
}

/**
 * The start of an opened connection, until the far side has said something. A TLS 1.3 server judges the client's certificate after
 * the handshake, so that until its first byte the connection may still turn out to be none: then what the caller has said is put
 * back into its socket, for someone who answers it.
 */
export class FirstExchange {
  readonly #caller: TLSSocket;
  #farSide: Socket;
  readonly #raw: Socket;
  readonly #protocol: string | undefined;
  readonly #over: (error: Error | undefined) => void;
  readonly #isDraining: () => boolean;
  #late: LateOpening | undefined;
  #said: Buffer[] = [];
  #length = 0;

  /**
   * @param raw what is beneath the caller's TLS: reset where the far side breaks off, so that nothing looks like a clean end
   * @param protocol as agreed on by ALPN; undefined without it
   * @param late where the far side may turn out to ask for the client certificate in another way than this connection allows
   * @param over called when both are closed, with the far side's error if it had one, where there was no early fault
   * @param isDraining whether the gateway is about to end
   */
  constructor(
    caller: TLSSocket,
    farSide: Socket,
    raw: Socket,
    protocol: string | undefined,
    late: LateOpening | undefined,
    over: (error: Error | undefined) => void,
    isDraining: () => boolean,
  ) {
    this.#over = over;
    this.#isDraining = isDraining;
    this.#late = late;
    this.#caller = caller;
    this.#farSide = farSide;
    this.#raw = raw;
    this.#protocol = protocol;
  }

  /** Joins both. Resolves with the fault that came before the far side's first byte, or without one at that byte or the end. */
  run(name: string): Promise<EarlyFault | undefined> {
    const [caller, farSide] = [this.#caller, this.#farSide];
    farSide.allowHalfOpen = true;
    let unwatch = (): void => undefined;
    return new Promise((resolve) => {
      const stop = (): void => {
        unwatch();
        caller.off("data", onSaid).off("end", onEnd).off("close", onCallerClose);
        farSide.off("data", onFirst).off("drain", onDrain).off("end", onFarEnd).off("close", onFarClose);
      };
      const onSaid = (chunk: Buffer): void => {
        this.#keep(chunk);
        if (!farSide.write(chunk)) caller.pause();
      };
      const onDrain = (): void => void caller.resume();
      const onEnd = (): void => {
        farSide.end();
        unwatch = boundHalfClosed(this.#raw, farSide, this.#isDraining, () => reset(this.#raw));
      };
      const onCallerClose = (): void => {
        stop();
        farSide.destroy();
        resolve(undefined);
      };
      const onFirst = (chunk: Buffer): void => {
        stop();
        const late = this.#late;
        this.#late = undefined;
        const handOver = (): void => {
          this.#said = [];
          caller.write(chunk);
          this.#joinAll();
          resolve(undefined);
        };
        if (late === undefined || this.#length > kept || !isWorthAnother(late, this.#said, chunk)) return handOver();
        farSide.pause();
        void this.#replace(late).then((replaced) => (replaced ? this.run(name).then(resolve) : handOver()));
      };
      // Why it ended is known only when it is closed.
      const onFarEnd = (): void => void farSide.destroy();
      const onFarClose = (): void => {
        stop();
        resolve(this.#fault(name));
      };
      caller.on("data", onSaid).once("end", onEnd).once("close", onCallerClose);
      farSide.on("data", onFirst).on("drain", onDrain).once("end", onFarEnd).once("close", onFarClose);
      if (caller.closed) onCallerClose();
      else if (farSide.closed) onFarClose();
      else caller.resume();
    });
  }

  /** Has the far side asked anew on another connection, while both wait. False: there is none. */
  async #replace({ dialAgain }: LateOpening): Promise<boolean> {
    const before = this.#farSide;
    this.#caller.pause();
    const other = await dialAgain();
    if (other === undefined) return false;
    before.destroy();
    this.#late = other.late;
    this.#farSide = other.socket;
    for (const chunk of this.#said) other.socket.write(chunk);
    return true;
  }

  #keep(chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#length <= kept || this.#said.length === 0) this.#said.push(chunk);
  }

  #joinAll(): void {
    const [caller, farSide, raw] = [this.#caller, this.#farSide, this.#raw];
    farSide.once("close", () => {
      if (!farSide.readableEnded) reset(raw);
    });
    if (this.#protocol === "h2") caller.once("end", () => void setTimeout(() => reset(farSide), farewell).unref());
    join(caller, farSide, this.#over, this.#isDraining);
  }

  /** Undefined where the far side just closed and nobody had asked it anything: that is the end, and no fault. */
  #fault(name: string): EarlyFault | undefined {
    const [caller, farSide] = [this.#caller, this.#farSide];
    const known = connectionFault(farSide);
    const protocol = this.#httpOf();
    // A caller that goes without a word is answered by a close, which means nothing.
    const gone = this.#length === 0 && (caller.readableEnded || caller.destroyed);
    if (gone || (known === undefined && (this.#length === 0 || protocol === undefined))) {
      if (farSide.errored) reset(this.#raw);
      else lastWords(caller, "");
      return undefined;
    }
    const error = known ?? closedUnanswered(name);
    // In HTTP/2 what was not kept would be missed.
    if (protocol === undefined || caller.destroyed || (protocol === "h2" && this.#length > kept)) {
      reset(this.#raw);
      return { error, protocol: undefined };
    }
    if (caller.readableEnded) {
      // It has said all and waits: there is nothing left to be read again, and one kind of answer to what it said.
      if (protocol === "h2") reset(this.#raw);
      else lastWords(caller, serializeAnswer(faultAnswer(error, { close: true })));
      return { error, protocol: undefined };
    }
    caller.pause();
    if (this.#said.length > 0) caller.unshift(Buffer.concat(this.#said));
    this.#said = [];
    return { error, protocol };
  }

  /** Without ALPN it may be anything: HTTP is told by its first line. */
  #httpOf(): "h2" | "http/1.1" | undefined {
    if (this.#protocol === "h2") return "h2";
    if (this.#protocol === "http/1.1") return "http/1.1";
    if (this.#protocol !== undefined) return undefined;
    const start = this.#said[0]?.toString("latin1", 0, 256) ?? "";
    return /^[A-Z]{3,20} \S+(?: HTTP\/1\.[01]\r?\n|[^\r\n]*$)/.test(start) ? "http/1.1" : undefined;
  }
}

function closedUnanswered(name: string): ConnectError {
  return new ConnectError("HTTP_CLOSED", {
    hop: "target",
    message: `${name} closed the connection before it answered`,
    remedy:
      "try again; if it happens each time, ask who runs the server, or a proxy or firewall on the way, what ends these connections",
  });
}
