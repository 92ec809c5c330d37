import type { Endpoint } from "./endpoint.js";
import { legacyVersion, metaKey, modernVersion, withMeta } from "./era.js";
import { InputRounds } from "./input-rounds.js";
import { isNotification, isObject, isRequest, isResponse, metaOf } from "./json-rpc.js";
import type { Id, Message, Notification, Params, Request, Response } from "./json-rpc.js";
import { ModernServer } from "./modern-server.js";
import { called } from "./faults.js";
import type { Server, Surroundings } from "./server.js";

/**
 * A client of the legacy era at a server of the modern one. What the handshake said goes with each request, what the server asks for in a
 * result is asked of the client, and what the client is to hear unasked comes by a subscription.
 */
export class LegacyOnModern implements Server {
  readonly era = "modern";
  readonly server: ModernServer;
  readonly #endpoint: Endpoint;
  readonly #around: Surroundings;
  readonly #initialize: Request;
  readonly #rounds: InputRounds;
  #capabilities: Params = {};
  #logLevel: unknown;
  readonly #resources = new Set<string>();
  #listening: string | undefined;
  #own = 0;

  constructor(endpoint: Endpoint, around: Surroundings, initialize: Request) {
    this.#endpoint = endpoint;
    this.#around = around;
    this.#initialize = initialize;
    this.server = new ModernServer(endpoint, { ...around, sink: (message, text) => this.#fromServer(message, text) });
    this.#rounds = new InputRounds({
      toClient: (message) => around.sink(message),
      again: (request) => this.server.request(request, JSON.stringify(request)),
    });
  }

  discovery(): Request {
    return this.#dressed({ jsonrpc: "2.0", id: "sallyport-discover", method: "server/discover" });
  }

  /** Answers `initialize` with what the server says of itself. */
  begin(discovered: Params): void {
    const { capabilities, instructions } = discovered;
    this.#capabilities = isObject(capabilities) ? capabilities : {};
    const asked = this.#initialize.params?.["protocolVersion"];
    const serverInfo = metaOf({ params: discovered })[metaKey.server] ?? discovered["serverInfo"];
    this.#around.sink({
      jsonrpc: "2.0",
      id: this.#initialize.id,
      result: {
        protocolVersion: typeof asked === "string" && asked <= legacyVersion ? asked : legacyVersion,
        // Levels of the log are wishes of each request in the modern era: every server takes them.
        capabilities: { ...this.#capabilities, logging: {} },
        serverInfo: isObject(serverInfo) ? serverInfo : { name: called(this.#endpoint.url), version: "unknown" },
        ...(typeof instructions === "string" && { instructions }),
      },
    });
  }

  request(request: Request, _text: string): void {
    const { id, method, params } = request;
    const uri = String(params?.["uri"]);
    if (method === "logging/setLevel") this.#logLevel = params?.["level"];
    else if (method === "resources/subscribe") this.#resources.add(uri);
    else if (method === "resources/unsubscribe") this.#resources.delete(uri);
    else if (method !== "ping") {
      const dressed = this.#dressed(request);
      this.#rounds.begin(dressed);
      this.server.request(dressed, JSON.stringify(dressed));
      return;
    }
    if (method.startsWith("resources/")) this.#listen();
    this.#around.sink({ jsonrpc: "2.0", id, result: {} });
  }

  notify({ method }: Notification): void {
    if (method === "notifications/initialized") this.#listen();
    // That roots have changed the server learns when it asks for them.
  }

  respond(response: Response): void {
    this.#rounds.respond(response);
  }

  has(id: Id): boolean {
    return this.#rounds.has(id);
  }

  cancel(notification: Notification, id: Id): void {
    const current = this.#rounds.cancel(id);
    if (current !== undefined) this.server.cancel(notification, current);
  }

  close(): Promise<void> {
    return this.server.close();
  }

  #dressed(request: Request): Request {
    const { clientInfo, capabilities } = this.#initialize.params ?? {};
    const params = withMeta(request.params, {
      [metaKey.version]: modernVersion,
      [metaKey.client]: clientInfo,
      [metaKey.capabilities]: isObject(capabilities) ? capabilities : {},
      [metaKey.logLevel]: this.#logLevel,
    });
    return { ...request, params };
  }

  #fromServer(message: Message, text: string | undefined): void {
    if (isResponse(message)) this.#answer(message);
    else if (isNotification(message)) this.#notification(message, text);
    else if (isRequest(message)) this.#around.sink(message, text);
  }

  #answer(response: Response): void {
    if (response.id === this.#listening) {
      this.#listening = undefined;
      return;
    }
    if (this.#rounds.take(response)) return;
    const id = this.#rounds.end(response.id);
    if (response.result === undefined) {
      this.#around.sink({ ...response, id });
      return;
    }
    const { resultType: _type, ttlMs: _ttl, cacheScope: _scope, ...result } = response.result;
    this.#around.sink({ ...response, id, result });
  }

  #notification(notification: Notification, text: string | undefined): void {
    const { method, params } = notification;
    if (method === "notifications/subscriptions/acknowledged") return;
    if (method === "notifications/cancelled" && params?.["requestId"] === this.#listening) {
      this.#listening = undefined;
      setTimeout(() => this.#listen(), 1000).unref();
      return;
    }
    if (!(metaKey.subscription in metaOf(notification))) this.#around.sink(notification, text);
    else this.#around.sink({ ...notification, params: withMeta(params, { [metaKey.subscription]: undefined }) });
  }

  /** One subscription for all that the client may want to hear. */
  #listen(): void {
    if (this.#listening !== undefined)
      this.server.cancel({ jsonrpc: "2.0", method: "notifications/cancelled" }, this.#listening);
    this.#listening = undefined;
    const changes = (name: string): boolean => {
      const capability = this.#capabilities[name];
      return isObject(capability) && capability["listChanged"] === true;
    };
    const notifications = {
      ...(changes("tools") && { toolsListChanged: true }),
      ...(changes("prompts") && { promptsListChanged: true }),
      ...(changes("resources") && { resourcesListChanged: true }),
      ...(this.#resources.size > 0 && { resourceSubscriptions: [...this.#resources] }),
    };
    if (Object.keys(notifications).length === 0) return;
    this.#listening = `sallyport-listen-${++this.#own}`;
    const request = this.#dressed({
      jsonrpc: "2.0",
      id: this.#listening,
      method: "subscriptions/listen",
      params: { notifications },
    });
    this.server.request(request, JSON.stringify(request));
  }
}
