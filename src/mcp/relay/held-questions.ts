import { isObject, type Id, type Message, type Request, type Response } from "./json-rpc.js";

/** A request that is under way at the server. */
interface Held {
  /** Under which the client waits for it; undefined while it is the client's turn. */
  outer: Id | undefined;
  /** The token for progress that the server knows, and the one that the client gave last. */
  readonly token: unknown;
  current: unknown;
  /** What the server asks, by the name under which the client was told of it. */
  readonly questions: Map<string, Request>;
  readonly state: string;
  /** The server has answered while it was the client's turn. */
  early: Response | undefined;
}

const prefix = "sallyport:";

/** Questions of a legacy server for a modern client: the request stays under way while the client goes and comes again. */
export class HeldQuestions {
  readonly #toClient: (message: Message) => void;
  readonly #held = new Map<Id, Held>();
  #own = 0;

  constructor(toClient: (message: Message) => void) {
    this.#toClient = toClient;
  }

  begin(id: Id, token: unknown): void {
    const state = `${prefix}${++this.#own}`;
    this.#held.set(id, { outer: id, token, current: token, questions: new Map(), state, early: undefined });
  }

  isRetry({ params }: Request): boolean {
    const state = params?.["requestState"];
    return typeof state === "string" && state.startsWith(prefix);
  }

  /** The client comes again with its answers. False: to a request that is not under way. */
  retry({ id, params = {} }: Request, respond: (response: Response) => void): boolean {
    const [inner, held] = [...this.#held].find(([, { state }]) => state === params["requestState"]) ?? [];
    if (inner === undefined || held === undefined || held.outer !== undefined) return false;
    held.outer = id;
    const meta = params["_meta"];
    if (isObject(meta) && meta["progressToken"] !== undefined) held.current = meta["progressToken"];
    const answers = isObject(params["inputResponses"]) ? params["inputResponses"] : {};
    for (const [key, { id: question }] of held.questions) {
      const result = answers[key];
      if (!isObject(result)) continue;
      held.questions.delete(key);
      respond({ jsonrpc: "2.0", id: question, result });
    }
    if (held.early !== undefined) {
      this.#held.delete(inner);
      this.#toClient({ ...held.early, id });
      return true;
    }
    // What the server asked meanwhile, and what the client left out.
    this.#pass(held);
    return true;
  }

  /** False: no such request is under way. */
  ask(inner: Id, question: Request): boolean {
    const held = this.#held.get(inner);
    if (held === undefined) return false;
    held.questions.set(`question-${++this.#own}`, question);
    this.#pass(held);
    return true;
  }

  /** The request is over, with this answer: the client gets it as soon as it waits for one. */
  finish(inner: Id, answer: Response): void {
    const held = this.#held.get(inner);
    if (held === undefined) return;
    if (held.outer === undefined) held.early = answer;
    else {
      this.#held.delete(inner);
      this.#toClient({ ...answer, id: held.outer });
    }
  }

  /** The client has given it up. */
  end(inner: Id): void {
    this.#held.delete(inner);
  }

  /** The id under which the server knows what the client calls `outer`. */
  inner(outer: Id): Id | undefined {
    for (const [id, held] of this.#held) if (held.outer === outer) return id;
    return undefined;
  }

  /** The token that the client gave last, where that is another one than the server knows. */
  token(known: unknown): string | number | undefined {
    for (const { token, current } of this.#held.values()) {
      if (token === known && current !== token && (typeof current === "string" || typeof current === "number"))
        return current;
    }
    return undefined;
  }

  #pass(held: Held): void {
    const { outer, questions, state } = held;
    if (outer === undefined || questions.size === 0) return;
    held.outer = undefined;
    const inputRequests = Object.fromEntries(
      [...questions].map(([key, { method, params }]) => [key, { method, ...(params !== undefined && { params }) }]),
    );
    const result = { resultType: "input_required", inputRequests, requestState: state };
    this.#toClient({ jsonrpc: "2.0", id: outer, result });
  }
}
