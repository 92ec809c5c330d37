import { Call } from "./call.js";
import type { Endpoint } from "./endpoint.js";
import { errorIn } from "./call.js";
import { standardHeaders, ToolHeaders } from "./mcp-headers.js";
import { errorCode, isNotification, isResponse } from "./json-rpc.js";
import type { Id, Message, Notification, Request, Response } from "./json-rpc.js";
import { accepted, type Refusal, type Server, type Sink, type Surroundings } from "./server.js";

/** Lists of tools that are read through to find one: a server that never stops giving pages must not keep a call waiting. */
const mostPages = 50;

/** Whom a request's messages go to. */
export interface Asking extends Pick<Surroundings, "sink" | "fault"> {
  readonly refused?: (refusal: Refusal) => void;
}

/** Protocol 2026-07-28: no session, each request for itself, and closing its stream cancels it. */
export class ModernServer implements Server {
  readonly era = "modern";
  readonly #endpoint: Endpoint;
  readonly #around: Surroundings;
  readonly #pending = new Map<Id, Call>();
  readonly #tools = new ToolHeaders();
  #own = 0;

  constructor(endpoint: Endpoint, around: Surroundings) {
    this.#endpoint = endpoint;
    this.#around = around;
  }

  request(request: Request, text: string): void {
    this.ask(request, text, this.#around);
  }

  /** A request whose messages go elsewhere. `refused` sees a status of failure, and what is no message of MCP, before the sink gets an error. */
  ask(request: Request, text: string, to: Asking): void {
    const { id, method } = request;
    const { sink, fault, refused } = to;
    let isListening = false;
    const call = new Call({
      endpoint: this.#endpoint,
      around: {
        pressure: this.#around.pressure,
        fault,
        sink: (message, line) => {
          if (isNotification(message) && message.method === "notifications/subscriptions/acknowledged")
            isListening = true;
          this.#deliver(request, sink, message, line);
        },
      },
      id,
      text,
      repeatable: method !== "tools/call",
      headers: () => ({
        ...accepted,
        ...standardHeaders(request),
        ...(method === "tools/call" && this.#tools.headersFor(request.params)),
      }),
      refused: (refusal) => {
        if (method === "tools/call" && isMismatch(refusal, id)) return this.#readTools(request).then(() => true);
        refused?.(refusal);
        return false;
      },
      // On stdio the end of a stream cannot be seen: this is what stands for it there.
      lost: () => {
        if (!isListening) return undefined;
        return { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id } };
      },
      done: () => this.#pending.delete(id),
    });
    this.#pending.set(id, call);
    call.start();
  }

  notify(notification: Notification, text: string): void {
    new Call({
      endpoint: this.#endpoint,
      around: this.#around,
      id: undefined,
      text,
      headers: () => ({ ...accepted, ...standardHeaders(notification) }),
    }).start();
  }

  /** There are no requests of the server's in this era. */
  respond(_response: Response): void {}

  has(id: Id): boolean {
    return this.#pending.has(id);
  }

  cancel(_notification: Notification, id: Id): void {
    this.#pending.get(id)?.cancel();
    this.#pending.delete(id);
  }

  close(): Promise<void> {
    for (const call of this.#pending.values()) call.cancel();
    this.#pending.clear();
    return Promise.resolve();
  }

  /** Lists of tools are read on their way to the client. */
  #deliver({ method }: Request, sink: Sink, message: Message, line: string | undefined): void {
    if (method !== "tools/list" || !isResponse(message) || message.result === undefined) {
      sink(message, line);
      return;
    }
    const result = this.#tools.learn(message.result, (tool, reason) =>
      this.#around.tell({ kind: "tool-rejected", tool, reason }),
    );
    if (result === message.result) sink(message, line);
    else sink({ ...message, result });
  }

  /** The schemas, for a call that was refused since it lacks what they ask for. */
  async #readTools(call: Request): Promise<void> {
    const wanted = String(call.params?.["name"]);
    let cursor: unknown;
    for (let page = 0; page < mostPages; page++) {
      const id = `sallyport-tools-${++this.#own}`;
      const params = { _meta: call.params?.["_meta"], ...(cursor !== undefined && { cursor }) };
      const request: Request = { jsonrpc: "2.0", id, method: "tools/list", params };
      const answer = await new Promise<Message>((resolve) =>
        this.ask(request, JSON.stringify(request), {
          fault: () => undefined,
          sink: (message) => {
            if (isResponse(message)) resolve(message);
          },
        }),
      );
      cursor = isResponse(answer) ? answer.result?.["nextCursor"] : undefined;
      if (cursor === undefined || this.#tools.knows(wanted)) return;
    }
  }
}

function isMismatch({ head, body }: Refusal, id: Id): boolean {
  return head.status === 400 && errorIn(body, id)?.error?.code === errorCode.headerMismatch;
}
