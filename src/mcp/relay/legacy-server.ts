import type { ConnectError } from "../../base/errors.js";
import { Call } from "./call.js";
import type { Endpoint } from "./endpoint.js";
import { sessionLost } from "./faults.js";
import type { AnswerHead, HeaderFields } from "./http.js";
import { isObject, isResponse } from "./json-rpc.js";
import type { Id, Message, Notification, Request, Response } from "./json-rpc.js";
import { Listening } from "./legacy-stream.js";
import { accepted, type Refusal, type Server, type Surroundings } from "./server.js";

/** What came of the handshake. */
export type Handshake =
  | { readonly kind: "answered"; readonly response: Response; readonly text: string | undefined }
  | ({ readonly kind: "refused" } & Refusal)
  | { readonly kind: "failed"; readonly answer: Response; readonly fault: ConnectError | undefined };

/** How long the end may take, in milliseconds. */
const patienceAtTheEnd = 1000;

/** How often the stream of a session may find it lost, with no request answered in between. */
const mostIdleRecoveries = 3;

/**
 * What makes servers ask the client something (elicitation, sampling, roots). Many ask on the session's own stream, and what they say
 * before it is open is lost, so that both wait for each other until one gives up.
 */
const mayAskBack: ReadonlySet<string> = new Set(["tools/call", "prompts/get", "resources/read"]);

/** Streamable HTTP as protocols 2025-03-26 to 2025-11-25 have it: a handshake, sessions, streams that can be taken up again. */
export class LegacyServer implements Server {
  readonly era = "legacy";
  readonly #endpoint: Endpoint;
  readonly #around: Surroundings;
  readonly #pending = new Map<Id, Call>();
  #session: string | undefined;
  #version: string | undefined;
  /** The client's own, to be sent once more where a session is lost. */
  #initialize: Request | undefined;
  #listening: Listening | undefined;
  /** Resolves when the server knows that the client is ready: whatever overtook that would be refused. */
  #ready: Promise<void> = Promise.resolve();
  #recovering: Promise<boolean> | undefined;
  #recoveries = 0;
  /** Since a request was answered. */
  #idleRecoveries = 0;
  #closed = false;
  /** What is on its way to the server and has no answer. */
  readonly #told = new Set<Promise<void>>();
  /** What a new session has to be told again, by what it is about. */
  readonly #state = new Map<string, Request>();

  constructor(endpoint: Endpoint, around: Surroundings) {
    this.#endpoint = endpoint;
    this.#around = around;
  }

  /** Sends `initialize`. Its answer is not handed to the sink: whoever called decides what it means. */
  open(request: Request, text: string): Promise<Handshake> {
    this.#initialize = request;
    return this.#shakeHands(request, text);
  }

  #shakeHands(request: Request, text: string): Promise<Handshake> {
    return new Promise((resolve) => {
      let session: string | undefined;
      let fault: ConnectError | undefined;
      const call = new Call({
        endpoint: this.#endpoint,
        around: {
          ...this.#around,
          sink: (message, line) => {
            if (!isResponse(message) || message.id !== request.id) {
              this.#around.sink(message, line);
              return;
            }
            if (line === undefined) {
              resolve({ kind: "failed", answer: message, fault });
              return;
            }
            if (message.result !== undefined) {
              this.#session = session;
              this.#version = versionIn(message);
            }
            resolve({ kind: "answered", response: message, text: line });
          },
          fault: (given) => (fault = given),
        },
        id: request.id,
        text,
        repeatable: true,
        headers: () => accepted,
        resume: (lastId) => ({
          accept: "text/event-stream",
          "last-event-id": lastId,
          ...(session !== undefined && { "mcp-session-id": session }),
        }),
        accepted: ({ headers }) => (session = headers["mcp-session-id"] ?? session),
        refused: (refusal) => {
          resolve({ kind: "refused", ...refusal });
          call.cancel();
          return false;
        },
      });
      call.start();
    });
  }

  request(request: Request, text: string): void {
    const { id, method } = request;
    this.#remember(request);
    const session = (): string | undefined => this.#session;
    let sent: string | undefined;
    const call = new Call({
      endpoint: this.#endpoint,
      around: this.#around,
      id,
      text,
      repeatable: method !== "tools/call",
      headers: () => {
        sent = session();
        return { ...accepted, ...this.#identification };
      },
      resume: (lastId) => ({ ...this.#identification, accept: "text/event-stream", "last-event-id": lastId }),
      refused: ({ head, body }) => isLost(head, body, sent) && this.#recoverFor(method, sent),
      done: (outcome) => {
        this.#pending.delete(id);
        if (outcome === "answered") this.#idleRecoveries = 0;
      },
    });
    this.#pending.set(id, call);
    void this.#ready
      .then(() => this.#streamFor(method))
      .then(() => {
        if (this.#pending.get(id) === call) call.start();
      });
  }

  notify(notification: Notification, text: string): void {
    const begins = notification.method === "notifications/initialized";
    const sent = this.#send(text);
    if (!begins) return;
    this.#ready = sent.then(() => this.#listen());
  }

  respond(_response: Response, text: string): void {
    void this.#send(text);
  }

  has(id: Id): boolean {
    return this.#pending.has(id);
  }

  cancel(notification: Notification, id: Id): void {
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    // An answer that is already on its way may be read to its end: the client expects as much.
    void this.#send(JSON.stringify(notification)).then(() => call?.cancel());
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listening?.close();
    for (const call of this.#pending.values()) call.cancel();
    this.#pending.clear();
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => (timer = setTimeout(resolve, patienceAtTheEnd)));
    await Promise.race([this.#takeLeave(), tooLong]);
    clearTimeout(timer);
  }

  /** What the client said last is not to be lost; then the session is over. */
  async #takeLeave(): Promise<void> {
    await Promise.all(this.#told);
    if (this.#session === undefined) return;
    const headers = { ...this.#identification };
    await new Promise<void>((resolve) => {
      const over = (): void => resolve();
      const reader = { head: over, data: () => undefined, end: over, fail: over };
      this.#endpoint.send({ method: "DELETE", headers, headersTimeout: patienceAtTheEnd }, reader);
    });
  }

  get #identification(): HeaderFields {
    return {
      ...(this.#session !== undefined && { "mcp-session-id": this.#session }),
      ...(this.#version !== undefined && { "mcp-protocol-version": this.#version }),
    };
  }

  /** A message without an answer. Resolves when the server has taken or refused it. */
  #send(text: string): Promise<void> {
    const told = this.#tell(text).finally(() => this.#told.delete(told));
    this.#told.add(told);
    return told;
  }

  #tell(text: string): Promise<void> {
    return new Promise((resolve) => {
      let sent: string | undefined;
      new Call({
        endpoint: this.#endpoint,
        around: this.#around,
        id: undefined,
        text,
        headers: () => {
          sent = this.#session;
          return { ...accepted, ...this.#identification };
        },
        refused: ({ head, body }) => isLost(head, body, sent) && this.#recover(sent),
        done: () => resolve(),
      }).start();
    });
  }

  #listen(): void {
    this.#listening?.close();
    if (this.#closed) return;
    const session = this.#session;
    this.#listening = new Listening({
      endpoint: this.#endpoint,
      around: this.#around,
      headers: () => this.#identification,
      lost: (head, body) => {
        const lost = isLost(head, body, session);
        // A server that forgets each session at once is asked for another one by the next request, and not for ever by this stream.
        if (lost && this.#idleRecoveries++ < mostIdleRecoveries) void this.#recover(session).catch(() => undefined);
        return lost;
      },
    });
    this.#listening.start();
  }

  /** A new session in place of one that is gone, once for all who found out. @throws {ConnectError} */
  #recover(lost: string | undefined): Promise<boolean> {
    if (this.#session !== lost) return Promise.resolve(true);
    this.#recovering ??= this.#begin().finally(() => (this.#recovering = undefined));
    return this.#recovering;
  }

  async #recoverFor(method: string, lost: string | undefined): Promise<boolean> {
    const isNew = await this.#recover(lost);
    await this.#streamFor(method);
    return isNew;
  }

  /** What a call may have to wait for before it is sent. */
  #streamFor(method: string): Promise<void> | undefined {
    return mayAskBack.has(method) ? this.#listening?.asked : undefined;
  }

  async #begin(): Promise<boolean> {
    if (this.#initialize === undefined) return false;
    this.#listening?.close();
    const request: Request = { ...this.#initialize, id: `sallyport-${++this.#recoveries}` };
    const shaken = await this.#shakeHands(request, JSON.stringify(request));
    if (shaken.kind !== "answered" || shaken.response.result === undefined) throw sessionLost(this.#endpoint.url);
    await this.#send(JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }));
    this.#listen();
    for (const told of this.#state.values()) this.#tellAgain(told);
    return true;
  }

  /** Subscriptions and the level of the log are the session's. */
  #remember(request: Request): void {
    const { method, params } = request;
    const uri = String(params?.["uri"]);
    if (method === "logging/setLevel") this.#state.set(method, request);
    else if (method === "resources/subscribe") this.#state.set(`resource ${uri}`, request);
    else if (method === "resources/unsubscribe") this.#state.delete(`resource ${uri}`);
  }

  #tellAgain(request: Request): void {
    const id = `sallyport-${++this.#recoveries}`;
    const silent = { ...this.#around, sink: () => undefined, fault: () => undefined };
    new Call({
      endpoint: this.#endpoint,
      around: silent,
      id,
      text: JSON.stringify({ ...request, id }),
      headers: () => ({ ...accepted, ...this.#identification }),
    }).start();
  }
}

function versionIn({ result }: Message & { readonly result?: unknown }): string | undefined {
  const version = isObject(result) ? result["protocolVersion"] : undefined;
  return typeof version === "string" ? version : undefined;
}

/** By the specification it is 404. Servers in the field say 400 as well, in words about sessions. */
function isLost({ status }: AnswerHead, body: string, session: string | undefined): boolean {
  if (session === undefined) return false;
  return status === 404 || (status === 400 && /session|not initiali[sz]ed/i.test(body));
}
