import type { ConnectError } from "../../base/errors.js";
import type { BridgeOptions, McpEra } from "../types.js";
import type { Endpoint } from "./endpoint.js";
import { isModern } from "./era.js";
import { isNotification, isRequest, isResponse } from "./json-rpc.js";
import type { Id, Message, Notification, Request } from "./json-rpc.js";
import { openLane } from "./opening.js";
import type { Server, Surroundings } from "./server.js";

/** What waits for a lane to be open. */
interface Waiting {
  readonly message: Message;
  readonly text: string;
}

/**
 * One way to the server for each era that the client speaks: programs that know both try one, and go on in the other. A lane is open once it
 * is known what the server speaks, and what came meanwhile follows in its order.
 */
export class Lanes {
  readonly #options: BridgeOptions;
  readonly #endpoint: Endpoint;
  readonly #around: Surroundings;
  readonly #open = new Map<McpEra, Server>();
  readonly #waiting = new Map<McpEra, Waiting[]>();
  readonly #settled = new Set<() => void>();
  /** Requests of the client's that have no answer yet, and to which it wants one. */
  readonly #pending = new Set<Id>();

  constructor(options: BridgeOptions, endpoint: Endpoint, around: Surroundings) {
    this.#options = options;
    this.#endpoint = endpoint;
    this.#around = {
      ...around,
      sink: (message, text) => {
        if (isResponse(message) && message.id !== null) this.#answered(message.id);
        around.sink(message, text);
      },
    };
  }

  receive(message: Message, text: string): void {
    if (isRequest(message)) {
      // A subscription is answered when it ends, and that is for its client to say.
      if (message.method !== "subscriptions/listen") this.#pending.add(message.id);
    } else if (isNotification(message)) this.#answered(cancelledId(message));
    const era = this.#eraOf(message);
    const waiting = this.#waiting.get(era);
    const lane = this.#open.get(era);
    if (waiting !== undefined) waiting.push({ message, text });
    // A second handshake begins everything again.
    else if (lane === undefined || (isRequest(message) && message.method === "initialize")) {
      if (isRequest(message)) this.#begin(era, message, text);
    } else hand(lane, message, text);
  }

  /** Resolves when every request has its answer, or after so many milliseconds. */
  async settled(patience: number, signal: AbortSignal): Promise<void> {
    if (this.#pending.size === 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patience);
      const over = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#settled.add(over);
      signal.addEventListener("abort", over, { once: true });
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((lane) => lane.close()));
  }

  #eraOf(message: Message): McpEra {
    if (isRequest(message)) return isModern(message) ? "modern" : "legacy";
    // Only in the legacy era do servers ask and clients answer.
    if (isResponse(message)) return "legacy";
    const id = cancelledId(message);
    if (id !== undefined && this.#open.get("modern")?.has(id) === true) return "modern";
    if (isModern(message)) return "modern";
    return this.#open.has("legacy") || this.#waiting.has("legacy") ? "legacy" : "modern";
  }

  #begin(era: McpEra, request: Request, text: string): void {
    const waiting: Waiting[] = [];
    this.#waiting.set(era, waiting);
    const before = this.#open.get(era);
    this.#open.delete(era);
    const { protocol = "auto" } = this.#options;
    void (before?.close() ?? Promise.resolve())
      .then(() => openLane({ era, request, text, protocol, endpoint: this.#endpoint, around: this.#around }))
      .then((lane) => {
        this.#waiting.delete(era);
        if (lane !== undefined) this.#open.set(era, lane);
        // Without a lane the next request tries again: nothing of what failed is known to last.
        for (const { message, text: line } of waiting) this.receive(message, line);
      })
      .catch((error: ConnectError) => this.#around.fault(error));
  }

  #answered(id: Id | undefined): void {
    if (id === undefined || !this.#pending.delete(id) || this.#pending.size > 0) return;
    for (const resolve of this.#settled) resolve();
    this.#settled.clear();
  }
}

function hand(lane: Server, message: Message, text: string): void {
  if (isRequest(message)) lane.request(message, text);
  else if (isNotification(message)) {
    const id = cancelledId(message);
    if (id === undefined) lane.notify(message, text);
    else if (lane.has(id)) lane.cancel(message, id);
  } else lane.respond(message, text);
}

function cancelledId({ method, params }: Notification): Id | undefined {
  if (method !== "notifications/cancelled") return undefined;
  const id = params?.["requestId"];
  return typeof id === "string" || typeof id === "number" ? id : undefined;
}
