import type { BridgeOptions } from "../types.js";
import type { Endpoint } from "./endpoint.js";
import { isNotification, isRequest, type Id, type Message } from "./json-rpc.js";
import { LegacyServer } from "./legacy-server.js";
import type { Surroundings } from "./server.js";

export class Lanes {
  readonly #server: LegacyServer;
  readonly #around: Surroundings;

  constructor(_options: BridgeOptions, endpoint: Endpoint, around: Surroundings) {
    this.#around = around;
    this.#server = new LegacyServer(endpoint, around);
  }

  receive(message: Message, text: string): void {
    if (isRequest(message) && message.method === "initialize") {
      void this.#server.open(message, text).then((shaken) => {
        if (shaken.kind === "answered") this.#around.sink(shaken.response, shaken.text);
        else if (shaken.kind === "failed") {
          if (shaken.fault !== undefined) this.#around.fault(shaken.fault);
          this.#around.sink(shaken.answer);
        }
      });
    } else if (isRequest(message)) this.#server.request(message, text);
    else if (isNotification(message)) {
      const id = message.params?.["requestId"] as Id | undefined;
      if (message.method === "notifications/cancelled" && id !== undefined) this.#server.cancel(message, id);
      else this.#server.notify(message, text);
    } else this.#server.respond(message, text);
  }

  async settled(_patience: number, _signal: AbortSignal): Promise<void> {}

  close(): Promise<void> {
    return this.#server.close();
  }
}
