import { called, strayQuestion } from "./faults.js";
import { handshakeId, legacyVersion, metaKey, modernVersion, withMeta } from "./era.js";
import { HeldQuestions } from "./held-questions.js";
import { isNotification, isObject, isRequest, metaOf } from "./json-rpc.js";
import type { Id, Message, Notification, Params, Request, Response } from "./json-rpc.js";
import type { Server, Surroundings } from "./server.js";
import { Subscriptions } from "./subscriptions.js";

/** Results that clients of the modern era may keep, and so must say for how long. */
const kept = /^(?:tools|prompts|resources|resources\/templates)\/list$|^resources\/read$/;

/**
 * A client of the modern era at a server of the legacy one. The handshake is the bridge's; what the server asks becomes a result that asks for
 * input, while its request stays under way until the client comes again; what it says unasked goes to the subscriptions.
 */
export class ModernOnLegacy implements Server {
  readonly era = "legacy";
  readonly surroundings: Surroundings;
  readonly #around: Surroundings;
  readonly #first: Request;
  readonly #url: URL;
  readonly #held: HeldQuestions;
  readonly #subscriptions: Subscriptions;
  #server: Server | undefined;
  #about: Params = {};
  #logLevel: unknown;
  #own = 0;
  /** The method of each request under way, by the id that the server knows it by. */
  readonly #methods = new Map<Id, string>();

  constructor(around: Surroundings, first: Request, url: URL) {
    this.#around = around;
    this.#first = first;
    this.#url = url;
    this.surroundings = { ...around, sink: (message, text, related) => this.#fromServer(message, text, related) };
    this.#held = new HeldQuestions((message) => around.sink(message));
    this.#subscriptions = new Subscriptions({
      toClient: (message) => around.sink(message),
      toServer: (method, params) => this.#tell(method, params),
    });
  }

  /** What the client has not said, since its era has no such thing. */
  handshake(): Request {
    const meta = metaOf(this.#first);
    const { [metaKey.client]: clientInfo, [metaKey.capabilities]: capabilities } = meta;
    return {
      jsonrpc: "2.0",
      id: handshakeId,
      method: "initialize",
      params: {
        protocolVersion: legacyVersion,
        clientInfo: isObject(clientInfo) ? clientInfo : { name: "sallyport", version: "unknown" },
        capabilities: isObject(capabilities) ? capabilities : {},
      },
    };
  }

  begin(server: Server, about: Params): void {
    this.#server = server;
    this.#about = about;
    const ready: Notification = { jsonrpc: "2.0", method: "notifications/initialized" };
    server.notify(ready, JSON.stringify(ready));
  }

  request(request: Request, _text: string): void {
    const { id, method, params } = request;
    if (method === "server/discover") this.#answer(id, this.#discovery());
    else if (method === "subscriptions/listen") this.#subscriptions.open(request);
    else if (this.#held.isRetry(request)) {
      const taken = this.#held.retry(request, (response) => this.#server?.respond(response, JSON.stringify(response)));
      if (!taken) this.#around.sink(unknownState(id));
    } else {
      this.#setLevel(metaOf(request)[metaKey.logLevel]);
      const plain = { ...request, params: undressed(params) };
      this.#methods.set(id, method);
      this.#held.begin(id, metaOf(request)["progressToken"]);
      this.#server?.request(plain, JSON.stringify(plain));
    }
  }

  notify(notification: Notification): void {
    const plain = { ...notification, params: undressed(notification.params) };
    this.#server?.notify(plain, JSON.stringify(plain));
  }

  respond(): void {
    // Clients of this era answer by a request.
  }

  has(id: Id): boolean {
    return this.#subscriptions.has(id) || this.#held.inner(id) !== undefined;
  }

  cancel(notification: Notification, id: Id): void {
    if (this.#subscriptions.close(id)) return;
    const inner = this.#held.inner(id);
    if (inner === undefined) return;
    this.#held.end(inner);
    this.#methods.delete(inner);
    this.#server?.cancel({ ...notification, params: { ...undressed(notification.params), requestId: inner } }, inner);
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  #discovery(): Params {
    const { capabilities, serverInfo, instructions } = this.#about;
    const { tasks: _tasks, ...rest } = isObject(capabilities) ? capabilities : {};
    return {
      supportedVersions: [modernVersion],
      capabilities: rest,
      ...(typeof instructions === "string" && { instructions }),
      ttlMs: 0,
      cacheScope: "private",
      _meta: { [metaKey.server]: isObject(serverInfo) ? serverInfo : { name: called(this.#url), version: "unknown" } },
    };
  }

  #answer(id: Id, result: Params): void {
    this.#around.sink({ jsonrpc: "2.0", id, result: complete(result) });
  }

  #setLevel(level: unknown): void {
    if (typeof level !== "string" || level === this.#logLevel) return;
    this.#logLevel = level;
    const capabilities = this.#about["capabilities"];
    if (isObject(capabilities) && "logging" in capabilities) this.#tell("logging/setLevel", { level });
  }

  /** A request of the bridge's own, whose answer is of no interest. */
  #tell(method: string, params: Params): void {
    const request: Request = { jsonrpc: "2.0", id: `sallyport-own-${++this.#own}`, method, params };
    this.#server?.request(request, JSON.stringify(request));
  }

  #fromServer(message: Message, text: string | undefined, related: Id | undefined): void {
    if (isRequest(message)) this.#question(message, related);
    else if (isNotification(message)) this.#notification(message, text);
    else this.#result(message);
  }

  #result(response: Response): void {
    const { id: inner, result } = response;
    const method = inner === null ? undefined : this.#methods.get(inner);
    // Of the bridge's own requests nobody hears.
    if (inner === null || method === undefined) return;
    this.#methods.delete(inner);
    const isError = result === undefined;
    this.#held.finish(inner, isError ? response : { ...response, result: complete(completed(method, result)) });
  }

  /** What the server asks belongs to a request of the client's: to the one on whose stream it came, or the only one that there is. */
  #question(question: Request, related: Id | undefined): void {
    const answer = (response: Response): void => this.#server?.respond(response, JSON.stringify(response));
    if (question.method === "ping") {
      answer({ jsonrpc: "2.0", id: question.id, result: {} });
      return;
    }
    const only = this.#methods.size === 1 ? [...this.#methods.keys()][0] : undefined;
    const inner = related ?? only;
    if (inner !== undefined && this.#held.ask(inner, question)) return;
    answer({ jsonrpc: "2.0", id: question.id, error: { code: -32603, message: strayQuestion } });
  }

  #notification(notification: Notification, text: string | undefined): void {
    const { method, params } = notification;
    if (this.#subscriptions.deliver(notification)) return;
    const token = method === "notifications/progress" ? this.#held.token(params?.["progressToken"]) : undefined;
    if (token !== undefined) this.#around.sink({ ...notification, params: { ...params, progressToken: token } });
    else if (method === "notifications/progress" || method === "notifications/message")
      this.#around.sink(notification, text);
  }
}

const complete = (result: Params): Params => ({ resultType: "complete", ...result });

function undressed(params: Params | undefined): Params {
  const { version, client, capabilities, logLevel } = metaKey;
  return withMeta(params, {
    [version]: undefined,
    [client]: undefined,
    [capabilities]: undefined,
    [logLevel]: undefined,
  });
}

function completed(method: string, result: Params): Params {
  const tools = result["tools"];
  const lifted = Array.isArray(tools) ? { ...result, tools: tools.map(withoutExecution) } : result;
  return kept.test(method) ? { ttlMs: 0, cacheScope: "private", ...lifted } : lifted;
}

/** The modern era has no `execution`, and its clients refuse what they do not know. */
function withoutExecution(tool: unknown): unknown {
  if (!isObject(tool)) return tool;
  const { execution: _execution, ...rest } = tool;
  return rest;
}

function unknownState(id: Id): Response {
  const message = "requestState is not one of this bridge's, or the request that it belongs to is over";
  return { jsonrpc: "2.0", id, error: { code: -32602, message } };
}
