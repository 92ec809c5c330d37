import type { ConnectOptions, NodeRequest } from "./node-agent.js";

// What is told of a request by its options, so that it comes by all of node:http's own machinery. Known to all copies of this file: the
// preload's hooks and its engine are two bundles.

/** Marks the options of requests that need a tunnel, so that their pool is one of its own. */
export const tunnelled: unique symbol = Symbol.for("sallyport.tunnelled");

/** Marks the options of requests that need TLS 1.2, likewise. */
export const older: unique symbol = Symbol.for("sallyport.older-tls");

/** Says of a request that it stands for another one, and why. */
export const second: unique symbol = Symbol.for("sallyport.second-attempt");

/** Why a request goes out once more: its proxy has refused the login, or its server may have wanted a certificate and could not ask. */
export type Why = "login" | "older TLS";

export interface MarkedOptions extends ConnectOptions {
  readonly [tunnelled]?: boolean;
  readonly [older]?: boolean;
  readonly [second]?: Why;
}

/** Whether these are the options of a request that stands for another one. */
export function whySecond(options: MarkedOptions): Why | undefined {
  return options[second];
}

/** Behind the name of a pool: sockets for one kind of request are not given to another. */
export function nameSuffix(options: MarkedOptions | undefined): string {
  return `${options?.[tunnelled] === true ? ":tunnel" : ""}${options?.[older] === true ? ":tls1.2" : ""}`;
}

/** CONNECT, and upgrades (WebSocket): what follows is not HTTP, so a proxy must not take it for that. */
export function wantsTunnel(request: NodeRequest): boolean {
  return request.method === "CONNECT" || request.hasHeader("upgrade") || /\r\nupgrade:/i.test(request._header ?? "");
}
