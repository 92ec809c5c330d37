import type { Dispatcher } from "undici";
import { loadUndici } from "./undici.js";

/** The class of the global `WebSocket`, and undici's: the second argument may carry headers as well. */
export type WebSocketClass = typeof import("undici").WebSocket;

/** undici's WebSocket, on a dispatcher. Through a proxy it always goes through a tunnel (RFC 6455 section 4.1). */
export function makeWebSocket(dispatcher: () => Dispatcher): WebSocketClass {
  const { WebSocket: Base } = loadUndici();
  return class WebSocket extends Base {
    constructor(url: string | URL, protocols?: ConstructorParameters<WebSocketClass>[1]) {
      const init = typeof protocols === "string" || Array.isArray(protocols) ? { protocols } : protocols;
      super(url, { ...init, dispatcher: dispatcher() });
    }
  };
}
