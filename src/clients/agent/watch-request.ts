import type { ClientRequest, IncomingMessage } from "node:http";
import { putMethod } from "../../base/own-method.js";
import type { ConnectError } from "../../base/errors.js";
import { authFault, connectionFault, saysSo } from "../../dial/index.js";
import type { Connection, ForwardedRequest, HttpTarget } from "../../dial/types.js";
import { codeOf } from "../../base/error-code.js";
import { answerTimeout, askedTooLate, closed, httpFault, type Progress } from "../faults.js";
import { sentBytes } from "../sent-bytes.js";
import { firstWords } from "./first-words.js";
import type { NodeRequest } from "./node-agent.js";
import type { Why } from "./option-marks.js";
import { maySendTwice, overOlderTls, SecondAttempt, withNewLogin, type Plan } from "./second-attempt.js";
import type { SentBody } from "./sent-body.js";
import { clearTimeout, setTimeout } from "../../base/timers.js";

/** What a caller is told of an error. */
export type Told = (error: Error) => Error;

interface WatchOptions {
  readonly target: HttpTarget;
  /** Milliseconds from the request's end, or the last of it that the peer took, to the head of the answer; 0: no bound. */
  readonly firstByte: number;
  /** What has been sent; undefined where a proxy that refuses the login is not to get it again. */
  readonly body: SentBody | undefined;
  /** The same request once more. */
  readonly again: (path: string, why: Why) => ClientRequest;
  /** Called when the request has emitted `close`. */
  readonly over: () => void;
  /** In whose words an answer tells that it was cut short. */
  readonly told: Told;
}

type Pass = (event: string | symbol, ...args: unknown[]) => boolean;

/**
 * Makes one request tell what is wrong as a ConnectError instead of "socket hang up", and bounds its wait for an answer.
 * Node has no hook for that: the request's own `emit` and `destroy` are what its errors pass through.
 */
export class RequestWatch {
  readonly #request: NodeRequest;
  readonly #options: WatchOptions;
  readonly #abort = new AbortController();
  #connection: Connection | undefined;
  #byCaller = false;
  #answered = false;
  #over = false;
  /** What the request was destroyed with, as long as that has not been told. */
  #failure: Error | undefined;
  #timer: NodeJS.Timeout | undefined;
  #forwarded: ForwardedRequest | undefined;
  /** Before a proxy's form of it was written. */
  #path = "";
  #second: SecondAttempt | undefined;

  constructor(request: NodeRequest, options: WatchOptions) {
    this.#request = request;
    this.#options = options;
    // An aborted signal destroys a request in its constructor, before its agent hears of it.
    if (request.destroyed) this.#giveUp(undefined);
    this.#hookDestroy();
    this.#hookEmit();
  }

  /** Aborts when the caller gives the request up, which a request without a socket tells nobody. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** From here on the request runs on this connection. Gives what it is to a proxy that takes it in absolute form. */
  on(connection: Connection): ForwardedRequest | undefined {
    this.#connection = connection;
    this.#path = this.#request.path;
    const { firstByte, target } = this.#options;
    this.#forwarded = connection.forward?.request(target);
    if (firstByte > 0) this.#bound(firstByte, connection);
    return this.#forwarded;
  }

  #bound(firstByte: number, connection: Connection): void {
    const request = this.#request;
    let sent = sentBytes(connection.socket);
    const timer = setTimeout(() => {
      const before = sent;
      sent = sentBytes(connection.socket);
      // No answer is due while the body is on its way, or while the caller has not handed over more of it.
      if (sent !== before || (!request.writableEnded && connection.socket.writableLength === 0)) timer.refresh();
      else request.destroy(this.#overdue(firstByte));
    }, firstByte);
    // The connection keeps the process running, unless the program lets go of it: then it may end without its answer.
    this.#timer = timer.unref();
    // The body's end is what the time counts from, unless the answer was there before it.
    if (!request.writableFinished) request.once("finish", () => this.#timer?.refresh());
  }

  #overdue(milliseconds: number): ConnectError | undefined {
    const connection = this.#connection;
    return (
      connection &&
      answerTimeout(
        { target: this.#options.target, connection, answered: false, headersTimeout: milliseconds },
        milliseconds,
      )
    );
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #hookDestroy(): void {
    const request = this.#request;
    const destroy = request.destroy;
    putMethod(request, "destroy", (error?: Error) => {
      this.#giveUp(error);
      this.#second?.destroy(error);
      return destroy.call(request, error);
    });
  }

  #giveUp(reason: Error | undefined): void {
    this.#byCaller = true;
    this.#abort.abort(reason);
  }

  #hookEmit(): void {
    const request = this.#request;
    const emit = request.emit;
    putMethod(request, "emit", ((event: string | symbol, ...args: unknown[]): boolean => {
      const pass: Pass = (name, ...passed) => this.#pass(emit, name, ...passed);
      // What becomes of the first attempt concerns nobody.
      if (this.#second?.passes(event) === false) return true;
      if (event === "error") this.#failure = undefined;
      if (event === "error") return this.#tell(args[0] as Error, (error) => pass("error", error));
      if (event === "response" || event === "upgrade" || event === "connect") {
        this.#answered = true;
        this.#rest();
        const message = args[0] as IncomingMessage;
        const refused = this.#proxyAnswer(message);
        if (refused !== undefined) {
          this.#refuse(message, refused, pass);
          return true;
        }
        this.#hookMessage(message);
        if (event === "response" && this.#connection?.late?.answered(message.statusCode ?? 0, request.path) === true)
          return this.#suspect(message, pass);
      }
      return pass(event, ...args);
    }) as typeof request.emit);
  }

  #pass(emit: ClientRequest["emit"], event: string | symbol, ...args: readonly unknown[]): boolean {
    if (event === "close") {
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure !== undefined) emit.call(this.#request, "error", failure);
      this.#rest();
      if (!this.#over) this.#options.over();
      this.#over = true;
    }
    return emit.call(this.#request, event, ...args);
  }

  #refuse(message: IncomingMessage, refused: ConnectError, pass: Pass): void {
    const { body } = this.#options;
    const forwarded = this.#forwarded;
    if (forwarded === undefined || body === undefined) {
      message.resume();
      this.#fail(refused, pass);
    } else this.#askAgain(message, pass, withNewLogin(this.#request, { refused, forwarded, body }));
  }

  #askAgain(message: IncomingMessage, pass: Pass, plan: Omit<Plan, "make">): void {
    const make = (): ClientRequest => this.#options.again(this.#path, plan.why);
    this.#second = new SecondAttempt(this.#request, pass, message, { ...plan, make });
  }

  /** The server may have wanted a certificate: the same is asked over TLS 1.2, or else the answer is looked at more closely. */
  #suspect(message: IncomingMessage, pass: Pass): boolean {
    if (maySendTwice(this.#request)) this.#askAgain(message, pass, overOlderTls);
    else {
      const progress = this.#progress();
      firstWords(
        message,
        (words) => {
          if (progress === undefined || !saysSo(words)) pass("response", message);
          else this.#fail(askedTooLate(progress, this.#request.method), pass);
        },
        () => this.#fail(progress === undefined ? new Error("aborted") : closed(progress), pass),
      );
    }
    return true;
  }

  /**
   * After its answer has come, Node 26 says nothing of why a request was destroyed; and one whose socket has gone meanwhile
   * counts as destroyed.
   */
  #fail(error: Error, pass: Pass): void {
    const request = this.#request;
    this.#failure = error;
    if (!request.destroyed) return void request.destroy(error);
    this.#failure = undefined;
    pass("error", error);
  }

  /**
   * Node says "socket hang up" at the peer's FIN. What ended the connection, an alert that follows for one, is known at its close: not
   * where there was an answer on it before, and the callback of `end` may be told meanwhile.
   */
  #tell(error: Error, emit: (error: Error) => boolean): boolean {
    const socket = this.#connection?.socket;
    const known = this.#byCaller || this.#request.reusedSocket || !isHangUp(error);
    if (known || socket === undefined || socket.closed) return emit(this.#explain(error));
    socket.prependOnceListener("close", () => emit(this.#explain(error)));
    socket.destroy();
    return true;
  }

  /** An answer that is cut short is destroyed with "aborted", whatever the reason was. */
  #hookMessage(message: IncomingMessage): void {
    const destroy = message.destroy;
    const { told } = this.#options;
    message.destroy = (error?: Error) =>
      destroy.call(message, error === undefined ? undefined : told(this.#explain(error)));
  }

  #explain(error: Error): Error {
    const progress = this.#progress();
    if (this.#byCaller || progress === undefined) return error;
    return isHangUp(error)
      ? (connectionFault(progress.connection.socket) ?? closed(progress, error))
      : httpFault(error, progress);
  }

  #progress(): Progress | undefined {
    const connection = this.#connection;
    return (
      connection && {
        target: this.#options.target,
        connection,
        answered: this.#answered,
        // Over HTTP/1.1 the dialer itself sees whether there was an answer before.
        proven: false,
        headersTimeout: this.#options.firstByte,
        bodyTimeout: 0,
      }
    );
  }

  /** On a connection to a proxy, a 407 is the proxy's own: no answer of the origin that was asked for. */
  #proxyAnswer({ statusCode = 0, headers }: IncomingMessage): ConnectError | undefined {
    const proxy = this.#connection?.route.hops.at(-1);
    if (this.#forwarded === undefined || proxy === undefined) return undefined;
    const offered = headers["proxy-authenticate"]?.toString() ?? "";
    this.#forwarded.answered(statusCode, offered);
    if (statusCode !== 407) return undefined;
    return authFault(offered, proxy, this.#connection?.forward?.hasLogin === true);
  }
}

/** Node's words for a socket that ended, with the code of a reset. */
function isHangUp(error: Error): boolean {
  return codeOf(error) === "ECONNRESET" && (error.message === "socket hang up" || error.message === "aborted");
}
