import type { ClientRequest, IncomingMessage } from "node:http";
import type { ForwardedRequest } from "../../dial/types.js";

/** How a request may go out once more with another login. */
export interface Repetition {
  /** The body that the caller has given, once that is all there; undefined where it cannot be sent again. */
  body(): Promise<Buffer | undefined>;
  /** A request like the first one, without its body. */
  make(): ClientRequest;
}

type Emit = (event: string, ...args: unknown[]) => boolean;

/**
 * The second life of a request whose login a proxy has refused: the first one is over for node:http, so a request of its own takes
 * its place, and what that one hears is emitted on the first. Begins with the refusal, and ends with the `close` that it emits.
 */
export class SecondAttempt {
  readonly #request: ClientRequest;
  readonly #emit: Emit;
  readonly #abort = new AbortController();
  #inner: ClientRequest | undefined;
  #over = false;

  /** @param emit emits on the request, past who listens to what it emits itself */
  constructor(request: ClientRequest, emit: Emit) {
    this.#request = request;
    this.#emit = emit;
  }

  /** Fails with `refused` where there is no other login, or the body is gone. `answer` is the proxy's, of which nothing is wanted. */
  begin(refused: Error, answer: IncomingMessage, forwarded: ForwardedRequest, repetition: Repetition): void {
    answer.on("error", () => undefined).resume();
    this.#repeat(forwarded, repetition)
      .then(
        (repeated) => {
          if (!repeated) this.#fail(refused);
        },
        (error: Error) => this.#fail(error),
      )
      // The caller's body has gone into its connection until now; one that does not end must not be read for ever.
      .finally(() => answer.destroy())
      .catch((error: Error) => this.#fail(error));
  }

  /** The caller has given it up. */
  destroy(error: Error | undefined): void {
    const reason = error ?? hangUp();
    if (this.#inner === undefined) this.#fail(reason);
    else this.#inner.destroy(error);
    this.#abort.abort(reason);
  }

  async #repeat(forwarded: ForwardedRequest, { body, make }: Repetition): Promise<boolean> {
    if (!(await forwarded.renewed(this.#abort.signal))) return false;
    const content = await body();
    if (content === undefined) return false;
    if (this.#over) return true;
    const inner = make();
    this.#inner = inner;
    this.#listen(inner);
    inner.end(content.length > 0 ? content : undefined);
    return true;
  }

  #listen(inner: ClientRequest): void {
    inner.once("response", (answer: IncomingMessage) => {
      Object.assign(this.#request, { res: answer });
      if (!this.#emit("response", answer)) answer.resume();
    });
    for (const event of ["information", "timeout"]) inner.on(event, (...given) => this.#emit(event, ...given));
    inner.once("error", (error) => this.#emit("error", error));
    inner.once("close", () => this.#end());
  }

  #fail(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    // As node:http does it: not within the call that brings it about.
    process.nextTick(() => {
      this.#emit("error", error);
      this.#emit("close");
    });
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#emit("close");
  }
}

/** What node:http says where a request is destroyed without a reason. */
function hangUp(): Error {
  return Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
}
