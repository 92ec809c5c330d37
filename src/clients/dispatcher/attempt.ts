import type { Duplex } from "node:stream";
import { isConnectError, type ConnectError } from "../../base/errors.js";
import { authFault } from "../../dial/index.js";
import type { Connection, ForwardedRequest } from "../../dial/types.js";
import { httpFault, pathIsDead } from "../faults.js";
import { answerInDoubt, HeldAnswer, type AnswerHead } from "./answer-in-doubt.js";
import type { Channel, Sending } from "./channel.js";
import type { Again, Exchange } from "./exchange.js";
import { isAtHand, type KeptBody } from "./kept-body.js";
import type { Listener } from "./listener.js";
import { SilentSession } from "./pulse.js";
import { isRepeatable, type Request } from "./request.js";
import { queueMicrotask } from "../../base/timers.js";

/** A request on one channel, in undici's older handler style, which is what its HTTP/1.1 client calls. */
export class Attempt implements Sending {
  readonly #exchange: Exchange;
  readonly #listener: Listener;
  readonly #channel: Channel;
  readonly #used: boolean;
  #sent = false;
  #answered = false;
  #unread = false;
  #over = false;
  #forwarded: ForwardedRequest | undefined;
  #refused: ConnectError | undefined;
  #stop: (reason?: Error) => void = () => undefined;
  #held: HeldAnswer | undefined;
  #doubt: ReturnType<typeof answerInDoubt> | undefined;

  /** @param used the connection is older than the request, so it may have died in the meantime */
  constructor(exchange: Exchange, channel: Channel, used: boolean) {
    this.#exchange = exchange;
    this.#listener = exchange.begun();
    this.#channel = channel;
    this.#used = used;
  }

  get request(): Request {
    return this.#exchange.request;
  }

  get isWanted(): boolean {
    return !this.#exchange.done;
  }

  get keptBody(): KeptBody | undefined {
    return this.#exchange.keptBody;
  }

  /** The request goes to a proxy in absolute form. */
  forwardedAs(forwarded: ForwardedRequest): void {
    this.#forwarded = forwarded;
  }

  /** undici calls this right before it writes the request. */
  onConnect(abort: (reason?: Error) => void): void {
    if (this.#exchange.done) {
      abort();
      return;
    }
    this.#sent = true;
    this.#stop = abort;
    this.#exchange.during(abort);
  }

  onHeadersWritten(socket: Duplex, text: () => string): void {
    this.#exchange.written(socket, text);
  }

  onResponseStarted(): void {
    this.#answered = true;
    this.#channel.proven = true;
    if (!this.#exchange.done) this.#listener.onResponseStarted?.();
  }

  onHeaders(status: number, headers: Buffer[], resume: () => void, statusText: string): boolean {
    this.#answered = true;
    if (this.#forwarded !== undefined && status >= 200) {
      const offered = status === 407 ? offeredLogins(headers) : "";
      this.#forwarded.answered(status, offered);
      if (status === 407) {
        this.#refused = proxyRefusal(this.#channel.connection, offered);
        if (this.#refused !== undefined) throw this.#refused;
      }
    }
    if (status >= 200) {
      const { late } = this.#channel.connection;
      if (late?.answered(status, this.request.path) === true)
        return this.#suspect({ status, headers, resume, statusText });
      this.#exchange.letGo();
    }
    return this.#listener.onHeaders(status, headers, resume, statusText);
  }

  /** The server may have wanted a certificate: the same is asked over TLS 1.2, or else the answer is looked at more closely. */
  #suspect(head: AnswerHead): boolean {
    if (!this.#exchange.mayRepeat || !isRepeatable(this.request)) {
      this.#doubt = answerInDoubt(this.#listener, head, this.#channel.connection, this.request);
      return true;
    }
    this.#held = new HeldAnswer(this.#listener, head, this.#stop, (stop) => this.#exchange.during(stop));
    this.#exchange.hold(this.#held);
    // Not from within the parser.
    queueMicrotask(() => {
      if (!this.#exchange.done) this.#exchange.repeat({ fresh: true, olderTls: true });
    });
    return false;
  }

  onData(chunk: Buffer): boolean {
    const doubt = this.#doubt;
    this.#doubt = undefined;
    return doubt === undefined ? this.#listener.onData(chunk) : doubt(chunk);
  }

  onComplete(trailers: Buffer[] | null): void {
    this.#over = true;
    this.#doubt?.(undefined);
    const open = this.#exchange.finish();
    try {
      if (open) this.#listener.onComplete(trailers);
    } catch (error) {
      // Thrown by the caller's own callback, and the one way left to tell: undici does the same.
      this.#listener.onError(error as Error);
    }
    this.#channel.release();
  }

  onUpgrade(status: number, headers: Buffer[] | null, socket: Duplex): void {
    this.#over = true;
    this.#channel.surrender();
    if (this.#exchange.finish()) this.#listener.onUpgrade(status, headers, socket);
    else socket.destroy();
  }

  onUnread(): void {
    this.#unread = true;
  }

  onBodySent(chunk: Buffer): void {
    this.#listener.onBodySent?.(chunk);
  }

  onRequestSent(): void {
    this.#listener.onRequestSent?.();
  }

  onError(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#channel.release();
    this.#held?.ended();
    if (this.#exchange.done || this.#held?.waiting === true) return;
    if (this.#forwarded !== undefined && this.#refused !== undefined) {
      this.#exchange.logInAgain(this.#forwarded, this.#refused);
      return;
    }
    const fault = this.#explain(error);
    const again = this.#again(error, fault);
    if (again === undefined) this.#exchange.fail(fault);
    else this.#exchange.repeat(again);
  }

  /** The request itself, or its body, is at fault: nothing that the network did, whatever the error's code says. */
  onLocalError(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#channel.release();
    this.#exchange.fail(error);
  }

  #explain(error: Error): Error {
    const { request } = this;
    const { connection, proven } = this.#channel;
    if (error instanceof SilentSession)
      return pathIsDead({ target: request.target, connection, answered: this.#answered }, error.milliseconds, error);
    return httpFault(error, {
      target: request.target,
      connection,
      answered: this.#answered,
      proven,
      ...this.#channel.limits(request),
    });
  }

  /**
   * Whether the request may go out once more (RFC 9110 section 9.2.2). Never written, or refused by the server before it was
   * looked at (RFC 9113 section 8.7): always. Else only when it is repeatable, no byte of the answer came, and a connection
   * that had been idle is what died: a new one that fails would fail again.
   */
  #again(error: Error, fault: Error): Again | undefined {
    if (!this.#exchange.mayRepeat || this.#answered) return undefined;
    const { request } = this;
    const http1 = this.#channel.wantsHttp1(error);
    const unread = this.#unread || this.#channel.refused(error) || (!this.#sent && error === this.#channel.spent);
    if (unread) return bodyUntouched(request, this.#sent) ? { fresh: true } : undefined;
    if (http1) return isRepeatable(request) ? { fresh: true } : undefined;
    if (!this.#used || this.#exchange.attempts > 1 || !isRepeatable(request)) return undefined;
    if (error instanceof SilentSession) return { fresh: true };
    const gone =
      this.#channel.connection.socket.destroyed &&
      isConnectError(fault) &&
      (fault.code === "TCP_RESET" || fault.code === "HTTP_CLOSED");
    return gone ? { fresh: true } : undefined;
  }
}

/** On a connection to a proxy, a 407 is the proxy's own: no answer of the origin that was asked for. */
function proxyRefusal({ route, forward }: Connection, offered: string): ConnectError | undefined {
  const proxy = route.hops.at(-1);
  return proxy && authFault(offered, proxy, forward?.hasLogin === true);
}

function offeredLogins(headers: readonly Buffer[]): string {
  return headers
    .filter((_, at) => at % 2 === 1 && headers[at - 1]?.toString("latin1").toLowerCase() === "proxy-authenticate")
    .join(", ");
}

/** A body that is read only once, and was begun, cannot be sent again whatever the server says. */
function bodyUntouched(request: Request, sent: boolean): boolean {
  return !sent || isAtHand(request.options.body);
}
