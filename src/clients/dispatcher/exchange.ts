import type { Duplex } from "node:stream";
import { isConnectError, type ConnectError } from "../../base/errors.js";
import { authFault } from "../../dial/index.js";
import type { Connection, ForwardedRequest } from "../../dial/types.js";
import { httpFault } from "../faults.js";
import { AnswerInDoubt, HeldAnswer, type AnswerHead } from "./answer-in-doubt.js";
import type { Channel } from "./channel.js";
import { keepBody, type KeptBody } from "./kept-body.js";
import type { Listener } from "./listener.js";
import { isRepeatable, type Request } from "./request.js";

/** How a failed attempt may be made good: on a new connection, over HTTP/1.1 or TLS 1.2 where the server insists on it. */
export interface Again {
  readonly fresh: true;
  readonly http1: boolean;
  readonly olderTls?: boolean;
}

/** Any more, and a server that refuses every stream would be asked for ever. */
const attemptsAllowed = 3;

/** Who looks after exchanges. */
export interface ExchangeHandler {
  again(exchange: Exchange, how: Again): void;
  over(exchange: Exchange): void;
  /** What a request fails with whose caller aborts it without a reason. */
  aborted(): Error;
}

/** One request of a caller, from dispatch to its end, over as many attempts as that takes. Its listener hears of one. */
export class Exchange {
  readonly request: Request;
  readonly #listener: Listener;
  readonly #handler: ExchangeHandler;
  #attempts = 0;
  #done = false;
  #loggedInAgain = false;
  #keptBody: KeptBody | undefined;
  /** What the caller gets where a further attempt gets no answer. */
  #held: HeldAnswer | undefined;
  /** What stops whatever is going on at the moment: a dial, a wait, a request under way. */
  #cancel: ((reason: Error) => void) | undefined;

  constructor(request: Request, listener: Listener, handler: ExchangeHandler) {
    this.request = request;
    this.#listener = listener;
    this.#handler = handler;
  }

  get done(): boolean {
    return this.#done;
  }

  get attempts(): number {
    return this.#attempts;
  }

  /**
   * Hands the caller its abort function at once, before there is a connection: undici does so only when the request is
   * written, so that an abort during a slow connect goes unheard.
   */
  begin(): void {
    this.#listener.onConnect((reason) => {
      if (!this.#done) this.abandon(reason ?? this.#handler.aborted());
    });
  }

  /** What an abort by the caller stops from now on. */
  during(cancel: ((reason: Error) => void) | undefined): void {
    this.#cancel = cancel;
  }

  /** Starts an attempt on a channel. `used`: the connection is older than the request, so it may have died in the meantime. */
  attempt(channel: Channel, used: boolean): Attempt {
    this.#attempts++;
    return new Attempt(this, this.#listener, channel, used);
  }

  /** Fails it, and stops what goes on for it. */
  abandon(error: Error): void {
    const cancel = this.#cancel;
    this.letGo();
    this.fail(error);
    cancel?.(error);
  }

  fail(error: Error): void {
    const held = this.#held;
    this.#held = undefined;
    // What is said of the certificate is what the server meant; anything else says nothing of the request.
    const meant = isConnectError(error) && error.stage === "client-cert";
    if (held !== undefined && !meant && held.release()) return;
    held?.drop();
    if (this.#end()) this.#listener.onError(error);
  }

  hold(held: HeldAnswer): void {
    this.#held = held;
  }

  /** A better answer than the one that is held has come. */
  letGo(): void {
    const held = this.#held;
    this.#held = undefined;
    held?.drop();
  }

  /** True for the one call that ends the exchange. */
  finish(): boolean {
    return this.#end();
  }

  repeat(how: Again): void {
    this.#cancel = undefined;
    this.#handler.again(this, how);
  }

  /** The body as it is to be sent to a proxy that may refuse its login, and be sent the whole request again with another. */
  get keptBody(): KeptBody | undefined {
    this.#keptBody ??= keepBody(this.request.options.body);
    return this.#keptBody;
  }

  /**
   * Repeats it with another login, where there is one and the request can be sent again: a proxy that wants a login has passed
   * nothing on. Once, whatever the second answer is.
   */
  logInAgain(forwarded: ForwardedRequest, refused: Error): void {
    if (this.#done) return;
    const { body } = this.request.options;
    if (this.#loggedInAgain || !(this.#keptBody?.isWhole ?? isAtHand(body))) {
      this.fail(refused);
      return;
    }
    this.#loggedInAgain = true;
    const abort = new AbortController();
    this.during((reason) => abort.abort(reason));
    forwarded.renewed(abort.signal).then(
      (renewed) => {
        if (this.#done) return;
        if (renewed) this.repeat({ fresh: true, http1: false });
        else this.fail(refused);
      },
      (error: Error) => this.fail(error),
    );
  }

  get mayRepeat(): boolean {
    return !this.#done && this.#attempts < attemptsAllowed;
  }

  #end(): boolean {
    if (this.#done) return false;
    this.#done = true;
    this.#cancel = undefined;
    // Its source may have something to close, and whatever that says is of no interest by now.
    this.#keptBody?.drop().catch(() => undefined);
    this.#handler.over(this);
    return true;
  }
}

/** A request on one channel, in undici's older handler style, which is what its HTTP/1.1 client calls. */
export class Attempt implements Listener {
  readonly exchange: Exchange;
  readonly #listener: Listener;
  readonly #channel: Channel;
  readonly #used: boolean;
  #sent = false;
  #answered = false;
  #over = false;
  #forwarded: ForwardedRequest | undefined;
  #refused: ConnectError | undefined;
  #stop: (reason?: Error) => void = () => undefined;
  #held: HeldAnswer | undefined;
  #doubt: AnswerInDoubt | undefined;

  constructor(exchange: Exchange, listener: Listener, channel: Channel, used: boolean) {
    this.exchange = exchange;
    this.#listener = listener;
    this.#channel = channel;
    this.#used = used;
  }

  get request(): Request {
    return this.exchange.request;
  }

  /** The request goes to a proxy in absolute form. */
  forwardedAs(forwarded: ForwardedRequest): void {
    this.#forwarded = forwarded;
  }

  /** undici calls this right before it writes the request. */
  onConnect(abort: (reason?: Error) => void): void {
    if (this.exchange.done) {
      abort();
      return;
    }
    this.#sent = true;
    this.#stop = abort;
    this.exchange.during(abort);
  }

  onResponseStarted(): void {
    this.#answered = true;
    this.#channel.proven = true;
    if (!this.exchange.done) this.#listener.onResponseStarted?.();
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
      this.exchange.letGo();
    }
    return this.#listener.onHeaders(status, headers, resume, statusText);
  }

  /** The server may have wanted a certificate: the same is asked over TLS 1.2, or else the answer is looked at more closely. */
  #suspect(head: AnswerHead): boolean {
    if (!this.exchange.mayRepeat || !isRepeatable(this.request)) {
      this.#doubt = new AnswerInDoubt(this.#listener, head, this.#channel.connection, this.request);
      return true;
    }
    this.#held = new HeldAnswer(this.exchange, this.#listener, head, this.#stop);
    this.exchange.hold(this.#held);
    // Not from within the parser.
    queueMicrotask(() => {
      if (!this.exchange.done) this.exchange.repeat({ fresh: true, http1: false, olderTls: true });
    });
    return false;
  }

  onData(chunk: Buffer): boolean {
    const doubt = this.#doubt;
    this.#doubt = undefined;
    return doubt === undefined ? this.#listener.onData(chunk) : doubt.judge(chunk);
  }

  onComplete(trailers: Buffer[] | null): void {
    this.#over = true;
    this.#doubt?.judge(undefined);
    const open = this.exchange.finish();
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
    if (this.exchange.finish()) this.#listener.onUpgrade(status, headers, socket);
    else socket.destroy();
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
    if (this.exchange.done || this.#held?.waiting === true) return;
    if (this.#forwarded !== undefined && this.#refused !== undefined) {
      this.exchange.logInAgain(this.#forwarded, this.#refused);
      return;
    }
    const fault = this.#explain(error);
    const again = this.#again(error, fault);
    if (again === undefined) this.exchange.fail(fault);
    else this.exchange.repeat(again);
  }

  /** The request itself, or its body, is at fault: nothing that the network did, whatever the error's code says. */
  onLocalError(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#channel.release();
    this.exchange.fail(error);
  }

  #explain(error: Error): Error {
    const { request } = this;
    const { connection, proven } = this.#channel;
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
    if (!this.exchange.mayRepeat || this.#answered) return undefined;
    const { request } = this;
    const http1 = this.#channel.wantsHttp1(error);
    if (http1 || this.#channel.refused(error) || (!this.#sent && error === this.#channel.spent)) {
      return bodyUntouched(request, this.#sent) ? { fresh: true, http1 } : undefined;
    }
    if (!this.#used || this.exchange.attempts > 1 || !isRepeatable(request)) return undefined;
    const gone =
      this.#channel.connection.socket.destroyed &&
      isConnectError(fault) &&
      (fault.code === "TCP_RESET" || fault.code === "HTTP_CLOSED");
    return gone ? { fresh: true, http1: false } : undefined;
  }
}

/** On a connection to a proxy, a 407 is the proxy's own: no answer of the origin that was asked for. */
function proxyRefusal({ route }: Connection, offered: string): ConnectError | undefined {
  const proxy = route.hops.at(-1);
  return proxy && authFault(offered, { hop: "proxy", host: proxy.host, port: proxy.port }, proxy.login !== undefined);
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

function isAtHand(body: unknown): boolean {
  return body === undefined || body === null || typeof body === "string" || ArrayBuffer.isView(body);
}
