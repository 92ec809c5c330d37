import { isConnectError, findConnectError, type ConnectError } from "../../base/errors.js";
import { Answer, type AnswerEvents, type StreamPosition } from "./answer.js";
import type { Endpoint } from "./endpoint.js";
import { answerLost, messageTooLong, notJson, notMcp, relayFailed } from "./faults.js";
import { MessageTooLong } from "./longest.js";
import type { AnswerHead, HeaderFields, Running } from "./http.js";
import { faultAnswer, isObject, isResponse } from "./json-rpc.js";
import type { Id, Message, Notification, Response } from "./json-rpc.js";
import type { Refusal, Surroundings } from "./server.js";

/** A message for the server, and what is to be done about its answer. */
export interface CallSetup {
  readonly endpoint: Endpoint;
  readonly around: Pick<Surroundings, "sink" | "fault" | "pressure">;
  /** Undefined: the message is no request, and has no answer. */
  readonly id: Id | undefined;
  readonly text: string;
  readonly url?: URL;
  readonly repeatable?: boolean;
  /** Asked for each time it is sent. */
  headers(): HeaderFields;
  /** The headers of a GET that takes up a stream which broke off. Undefined: streams cannot be taken up here. */
  resume?(lastId: string): HeaderFields;
  accepted?(head: AnswerHead): void;
  /**
   * The server refused it. True: what was wrong has been put right, send it once more. False: hand on what the server said.
   * Not asked a second time.
   */
  refused?(refusal: Refusal): Promise<boolean> | false;
  /** The stream has ended without the answer. A message in place of the error that the client would get. */
  lost?(): Notification | undefined;
  /** The answer has been handed on, whatever it is. Called once, unless the call was cancelled. */
  done?(outcome: "answered" | "refused" | "failed"): void;
}

/** Attempts to take up a stream that bring nothing new. */
const attemptsAllowed = 5;

/** One message on its way to the server, and all that comes back for it. A request is always answered. */
export class Call implements AnswerEvents {
  readonly #setup: CallSetup;
  #running: Running | undefined;
  #timer: NodeJS.Timeout | undefined;
  #wasRefused = false;
  #over = false;
  #attempts = 0;
  #lastId: string | undefined;
  #invalid: ConnectError | undefined;

  constructor(setup: CallSetup) {
    this.#setup = setup;
  }

  start(): void {
    const { endpoint, text, url, repeatable = false } = this.#setup;
    const headers = this.#setup.headers();
    // A tool may take hours; the client has a bound of its own, and cancels what it no longer waits for.
    const request = {
      method: "POST",
      headers,
      body: text,
      repeatable,
      headersTimeout: 0,
      ...(url && { url }),
    } as const;
    this.#running = endpoint.send(request, new Answer(this));
  }

  cancel(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#running?.cancel();
  }

  accepted(head: AnswerHead): void {
    this.#setup.accepted?.(head);
  }

  message(message: Message, text: string): void {
    if (this.#over) return;
    this.#attempts = 0;
    const { around, id } = this.#setup;
    const isAnswer = isResponse(message) && id !== undefined && message.id === id;
    // What follows the answer is of no use to anybody, and the stream may stay open for long.
    if (isAnswer) this.#end("answered");
    around.sink(message, text, id);
    if (isAnswer || !around.pressure.isFull) return;
    this.#running?.pause();
    around.pressure.whenRoom(() => this.#running?.resume());
  }

  invalid(error: unknown): void {
    this.#invalid = notJson(this.#setup.endpoint.url, error);
    if (this.#setup.id === undefined) this.#setup.around.fault(this.#invalid);
  }

  refused(head: AnswerHead, body: string): void {
    if (this.#over) return;
    const refusal = { head, body };
    const again = this.#wasRefused ? false : (this.#setup.refused?.(refusal) ?? false);
    this.#wasRefused = true;
    if (again === false) {
      this.#refuse(refusal);
      return;
    }
    again.then(
      (isRight) => {
        if (this.#over) return;
        if (isRight) this.start();
        else this.#refuse(refusal);
      },
      (error: Error) => this.#fail(error),
    );
  }

  ended(position: StreamPosition | undefined, isHalf: boolean): void {
    if (this.#over) return;
    if (this.#setup.id === undefined) this.#end("answered");
    else if (this.#invalid !== undefined) this.#fail(this.#invalid);
    else if (!this.#takeUp(position)) this.#lose(answerLost(this.#setup.endpoint.url, isHalf));
  }

  failed(error: Error, position: StreamPosition | undefined): void {
    if (this.#over) return;
    // Taken up again it would be as long.
    if (error instanceof MessageTooLong) this.#fail(messageTooLong(this.#setup.endpoint.url));
    else if (!this.#takeUp(position)) this.#lose(error);
  }

  #lose(error: Error): void {
    const instead = this.#setup.lost?.();
    if (instead === undefined) {
      this.#fail(error);
      return;
    }
    this.#end("failed");
    this.#setup.around.sink(instead);
  }

  /** Whether the rest of the stream is asked for. */
  #takeUp(position: StreamPosition | undefined): boolean {
    const { resume, id, endpoint } = this.#setup;
    if (position?.lastId !== undefined && position.lastId !== this.#lastId) this.#attempts = 0;
    this.#lastId = position?.lastId ?? this.#lastId;
    const lastId = this.#lastId;
    if (resume === undefined || id === undefined || lastId === undefined || this.#attempts >= attemptsAllowed)
      return false;
    this.#attempts++;
    this.#timer = setTimeout(
      () => {
        const request = { method: "GET", headers: resume(lastId), repeatable: true } as const;
        this.#running = endpoint.send(request, new Answer(this));
      },
      position?.retry ?? waitBefore(this.#attempts),
    );
    return true;
  }

  /** What the server says in its own words goes to the client as it is. */
  #refuse({ head, body }: Refusal): void {
    if (this.#over) return;
    const { id, endpoint } = this.#setup;
    const answer = id === undefined ? undefined : errorIn(body, id);
    if (answer === undefined) {
      this.#fail(notMcp(endpoint.url, head, body));
      return;
    }
    this.#end("refused");
    this.#setup.around.sink(answer);
  }

  #fail(error: Error): void {
    if (this.#over) return;
    const { id, around, endpoint } = this.#setup;
    const fault = isConnectError(error) ? error : (findConnectError(error) ?? relayFailed(endpoint.url, error));
    this.#end("failed");
    around.fault(fault);
    if (id !== undefined) around.sink(faultAnswer(id, fault));
  }

  #end(outcome: "answered" | "refused" | "failed"): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#setup.done?.(outcome);
  }
}

/** Milliseconds: a second, and half as much again each time, up to thirty. */
export function waitBefore(attempt: number): number {
  return Math.min(1000 * 1.5 ** (attempt - 1), 30_000);
}

/** The JSON-RPC error in the body of a refusal. Servers that could not read the request's id leave it out, or say null. */
export function errorIn(body: string, id: Id): Response | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (!isObject(value) || !isObject(value["error"])) return undefined;
  const { code, message } = value["error"];
  if (typeof code !== "number" || typeof message !== "string") return undefined;
  if (value["id"] !== id && value["id"] !== null && value["id"] !== undefined) return undefined;
  return { jsonrpc: "2.0", id, error: { ...value["error"], code, message } };
}
