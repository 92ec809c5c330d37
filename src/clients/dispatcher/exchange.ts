import type { Duplex } from "node:stream";
import { isConnectError } from "../../base/errors.js";
import type { ForwardedRequest } from "../../dial/types.js";
import type { HeldAnswer } from "./answer-in-doubt.js";
import { isAtHand, keepBody, type KeptBody } from "./kept-body.js";
import type { Listener } from "./listener.js";
import type { Request } from "./request.js";
import type { Trace } from "./trace.js";

/** How a failed attempt may be made good: on a new connection, over TLS 1.2 where the server insists on it. */
export interface Again {
  readonly fresh: true;
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
  /** An error in the words in which its caller is told of it. */
  told(error: Error): Error;
}

/** One request of a caller, from dispatch to its end, over as many attempts as that takes. Its listener hears of one. */
export class Exchange {
  #request: Request;
  readonly #trace: Trace | undefined;
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

  /** @param trace publishes it, where somebody listens */
  constructor(request: Request, listener: Listener, handler: ExchangeHandler, trace?: Trace) {
    this.#request = request;
    this.#trace = trace;
    this.#listener = trace?.listener ?? listener;
    this.#handler = handler;
  }

  get request(): Request {
    return this.#request;
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

  /** An attempt starts; gives whom it tells what comes of it. */
  begun(): Listener {
    this.#attempts++;
    // Not before: what is published may be changed until it is written.
    if (this.#trace !== undefined) this.#request = this.#trace.changed(this.#request);
    return this.#listener;
  }

  /** Its headers are being written. */
  written(socket: Duplex, headers: () => string): void {
    this.#trace?.written(socket, headers);
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
    if (this.#end()) this.#listener.onError(this.#handler.told(error));
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
        if (renewed) this.repeat({ fresh: true });
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
