import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { isConnectError } from "../../base/errors.js";
import { hangUp } from "../../base/hang-up.js";
import type { ForwardedRequest } from "../../dial/types.js";
import { ownRequest } from "../own-request.js";
import type { ConnectOptions, NodeRequest } from "./node-agent.js";
import { second, type MarkedOptions, type Why } from "./option-marks.js";
import type { SentBody } from "./sent-body.js";

/** How that is done. */
export interface Plan {
  readonly why: Why;
  /**
   * The body, as soon as the request can go out; undefined where it cannot.
   * @throws what keeps it from going out
   */
  body(signal: AbortSignal): Promise<Buffer | undefined>;
  /** What is told where no answer comes of it, because of `error` if it did go out. Undefined: the first answer. */
  failure(error: Error | undefined): Error | undefined;
  /** A request like the first one, without its body. */
  make(): ClientRequest;
}

/** The same request by the same agent, from the head that was written: some of its parts are in no other place. */
export function sameAgain(request: NodeRequest, options: ConnectOptions, path: string, why: Why): ClientRequest {
  const { signal: _signal, ...rest } = options as ConnectOptions & { readonly signal?: AbortSignal };
  const { agent, method } = request;
  const asked: MarkedOptions = { ...rest, agent, method, path, headers: fieldsOf(request), [second]: why };
  const made = ownRequest(asked);
  made.maxHeadersCount = request.maxHeadersCount;
  return made;
}

/** With another login, where there is one by now and the body is little enough to have been kept. */
export function withNewLogin(
  request: NodeRequest,
  { refused, forwarded, body }: { refused: Error; forwarded: ForwardedRequest; body: SentBody },
): Omit<Plan, "make"> {
  return {
    why: "login",
    body: async (signal) => {
      if (!(await forwarded.renewed(signal))) return undefined;
      const content = await body.whole();
      // Trailers may be announced, or follow from the body: there is no telling whether they would be right again.
      return request._trailer === "" ? content : undefined;
    },
    failure: (error) => error ?? refused,
  };
}

/** Over TLS 1.2. What the server then says of the certificate is what it meant; any other failure says nothing of the request. */
export const overOlderTls: Omit<Plan, "make"> = {
  why: "older TLS",
  body: () => Promise.resolve(Buffer.alloc(0)),
  failure: (error) => (isConnectError(error) && error.stage === "client-cert" ? error : undefined),
};

/** What may be sent twice (RFC 9110 section 9.2.2), where all of it is at hand: no body. */
export function maySendTwice(request: NodeRequest): boolean {
  const head = request._header ?? "";
  return (
    ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"].includes(request.method) &&
    request.writableEnded &&
    !/\r\ntransfer-encoding:/i.test(head) &&
    !/\r\ncontent-length: *0*[1-9]/i.test(head)
  );
}

/** The header fields of a written head, name, value, name, value…: they go out as they stand. */
function fieldsOf({ _header: head }: NodeRequest): string[] {
  return (head ?? "")
    .split("\r\n")
    .slice(1)
    .filter((line) => line.includes(":"))
    .flatMap((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);
}

type Emit = (event: string, ...args: unknown[]) => boolean;

/**
 * The second life of a request whose first answer is not the one to give. For node:http the first one is over or will be, so a
 * request of its own takes its place, and what that one hears is emitted on the first. Begins with the first answer, and ends with
 * the `close` that it emits; or the first answer is handed over after all, and nothing has been tried.
 */
export class SecondAttempt {
  readonly #request: ClientRequest;
  readonly #emit: Emit;
  readonly #first: IncomingMessage;
  readonly #plan: Plan;
  readonly #abort = new AbortController();
  #inner: ClientRequest | undefined;
  #state: "waiting" | "answered" | "handed over" | "over" = "waiting";
  #byCaller = false;
  /** The `close` of the first request, which nobody has heard of. */
  #firstClosed = false;

  /** @param emit emits on the request, past who listens to what it emits itself */
  constructor(request: ClientRequest, emit: Emit, first: IncomingMessage, plan: Plan) {
    this.#request = request;
    this.#emit = emit;
    this.#first = first;
    this.#plan = plan;
    // Of a proxy's refusal nothing is wanted.
    if (plan.why === "login") first.on("error", () => undefined).resume();
    this.#begin().catch((error: Error) => this.#fail(error));
  }

  /** Whether what the first request emits is for its listeners. */
  passes(event: string | symbol): boolean {
    if (this.#state === "handed over") return true;
    if (event === "close") this.#firstClosed = true;
    return event === "finish";
  }

  /** The caller has given it up. */
  destroy(error: Error | undefined): void {
    if (this.#state === "handed over") return;
    this.#byCaller = true;
    const reason = error ?? hangUp();
    if (this.#inner === undefined) this.#fail(reason);
    else this.#inner.destroy(error);
    this.#abort.abort(reason);
  }

  async #begin(): Promise<void> {
    const content = await this.#plan.body(this.#abort.signal);
    if (this.#state !== "waiting") return;
    if (content === undefined) return this.#withoutAnswer(undefined);
    const inner = this.#plan.make();
    this.#inner = inner;
    this.#listen(inner);
    inner.end(content.length > 0 ? content : undefined);
    // The caller's body has gone into its connection until now; one that does not end must not be read for ever.
    if (this.#plan.why === "login") this.#first.destroy();
  }

  #listen(inner: ClientRequest): void {
    inner.once("response", (answer: IncomingMessage) => {
      this.#state = "answered";
      // Not where the first answer is still to be read: node:http goes by `res` when its connection ends.
      if (this.#plan.why === "login") Object.assign(this.#request, { res: answer });
      if (!this.#emit("response", answer)) answer.resume();
    });
    inner.once("upgrade", (answer: IncomingMessage, socket: Socket, head: Buffer) => {
      this.#state = "answered";
      this.#emit("upgrade", answer, socket, head);
    });
    for (const event of ["information", "timeout"]) inner.on(event, (...given) => this.#emit(event, ...given));
    inner.on("error", (error) => {
      if (this.#state === "waiting" && !this.#byCaller) this.#withoutAnswer(error);
      else if (this.#state === "waiting" || this.#state === "answered") this.#emit("error", error);
    });
    inner.once("close", () => this.#end());
  }

  #withoutAnswer(error: Error | undefined): void {
    const failure = this.#plan.failure(error);
    if (failure !== undefined) return this.#fail(failure);
    this.#state = "handed over";
    if (this.#firstClosed) this.#first.once("close", () => this.#emit("close"));
    if (!this.#emit("response", this.#first)) this.#first.resume();
  }

  #fail(error: Error): void {
    if (this.#state !== "waiting") return;
    this.#state = "over";
    // As node:http does it: not within the call that brings it about.
    process.nextTick(() => {
      this.#first.destroy();
      this.#emit("error", error);
      this.#emit("close");
    });
  }

  #end(): void {
    if (this.#state === "handed over" || this.#state === "over") return;
    this.#state = "over";
    // Read to its end, its connection is free.
    this.#first.resume();
    this.#emit("close");
  }
}
