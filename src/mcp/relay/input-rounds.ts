import { tooManyRounds } from "./faults.js";
import { isObject, type Id, type Message, type Params, type Request, type Response } from "./json-rpc.js";

/** A request of the client's that the server answers with questions, as often as it likes. */
interface Asked {
  /** The client's request, under its own id. */
  readonly request: Request;
  /** Under which the current round runs. */
  current: Id;
  rounds: number;
  /** The questions that the client has not answered yet: the server's name for each, by the id under which the client was asked. */
  readonly open: Map<Id, string>;
  answers: Record<string, unknown>;
  state: unknown;
}

/** As many as the SDKs take part in. */
const mostRounds = 10;

/** Pause before a request is sent again that the server answered with nothing but "later", in milliseconds. */
const pacing = 250;

export interface RoundsSetup {
  toClient(message: Message): void;
  again(request: Request): void;
}

/** Multi round-trip requests, for a client that knows only questions of their own. */
export class InputRounds {
  readonly #setup: RoundsSetup;
  /** By the id of the client's request. */
  readonly #asked = new Map<Id, Asked>();
  readonly #byRound = new Map<Id, Asked>();
  readonly #byQuestion = new Map<Id, Asked>();
  #own = 0;

  constructor(setup: RoundsSetup) {
    this.#setup = setup;
  }

  begin(request: Request): void {
    const { id } = request;
    const asked: Asked = { request, current: id, rounds: 0, open: new Map(), answers: {}, state: undefined };
    this.#asked.set(id, asked);
    this.#byRound.set(id, asked);
  }

  has(id: Id): boolean {
    return this.#asked.has(id);
  }

  /** Takes an answer that is a list of questions. False: it is the last word. */
  take({ id, result }: Response): boolean {
    const asked = id === null ? undefined : this.#byRound.get(id);
    if (asked === undefined || result?.["resultType"] !== "input_required") return false;
    this.#byRound.delete(asked.current);
    if (++asked.rounds > mostRounds) {
      this.#fail(asked, { code: -32603, message: tooManyRounds(mostRounds) });
      return true;
    }
    asked.state = result["requestState"];
    asked.answers = {};
    const questions = isObject(result["inputRequests"]) ? Object.entries(result["inputRequests"]) : [];
    for (const [key, question] of questions) this.#ask(asked, key, question);
    if (asked.open.size === 0) setTimeout(() => this.#again(asked), pacing);
    return true;
  }

  /** The client's answer to a question. */
  respond({ id, result, error }: Response): void {
    const asked = id === null ? undefined : this.#byQuestion.get(id);
    if (asked === undefined || id === null) return;
    this.#byQuestion.delete(id);
    const key = asked.open.get(id);
    asked.open.delete(id);
    if (error !== undefined) this.#fail(asked, error);
    else if (key !== undefined) {
      asked.answers[key] = result;
      if (asked.open.size === 0) this.#again(asked);
    }
  }

  /** A request is over. Gives the id that the client knows it by. */
  end(round: Id | null): Id | null {
    const asked = round === null ? undefined : this.#byRound.get(round);
    if (asked === undefined) return round;
    this.#forget(asked);
    return asked.request.id;
  }

  /** Gives the id of the round that is under way. */
  cancel(id: Id): Id | undefined {
    const asked = this.#asked.get(id);
    if (asked === undefined) return undefined;
    for (const question of asked.open.keys())
      this.#setup.toClient({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: question } });
    this.#forget(asked);
    return asked.current;
  }

  #ask(asked: Asked, key: string, question: unknown): void {
    if (!isObject(question) || typeof question["method"] !== "string") return;
    const id = `sallyport-question-${++this.#own}`;
    asked.open.set(id, key);
    this.#byQuestion.set(id, asked);
    const params = isObject(question["params"]) ? { params: question["params"] } : {};
    this.#setup.toClient({ jsonrpc: "2.0", id, method: question["method"], ...params });
  }

  #again(asked: Asked): void {
    if (this.#asked.get(asked.request.id) !== asked) return;
    asked.current = `sallyport-round-${++this.#own}`;
    this.#byRound.set(asked.current, asked);
    const { inputResponses: _before, requestState: _state, ...params }: Params = asked.request.params ?? {};
    this.#setup.again({
      ...asked.request,
      id: asked.current,
      params: {
        ...params,
        ...(Object.keys(asked.answers).length > 0 && { inputResponses: asked.answers }),
        ...(asked.state !== undefined && { requestState: asked.state }),
      },
    });
  }

  #fail(asked: Asked, error: NonNullable<Response["error"]>): void {
    this.#forget(asked);
    this.#setup.toClient({ jsonrpc: "2.0", id: asked.request.id, error });
  }

  #forget(asked: Asked): void {
    this.#asked.delete(asked.request.id);
    this.#byRound.delete(asked.current);
    for (const question of asked.open.keys()) this.#byQuestion.delete(question);
    asked.open.clear();
  }
}
