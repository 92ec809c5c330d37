import http, { type RequestListener, type Server, type ServerOptions } from "node:http";
import type { GatewayState } from "../types.js";
import { refuseUnreadable } from "./http-refusals.js";
import type { Unanswered } from "./unanswered.js";

/** Milliseconds that a kept connection may be idle: longer than most clients keep theirs, so that they close first. */
const idleTime = 65_000;

/** Reads requests within the gateway's bounds, and refuses what cannot be read. Who makes one says what a CONNECT and an upgrade lead to. */
export function createHttpServer(
  state: GatewayState,
  unanswered: Unanswered,
  onRequest: RequestListener,
  options: ServerOptions = {},
): Server {
  const { maximumHeadSize, headTimeout } = state.options;
  const server = http.createServer({
    maxHeaderSize: maximumHeadSize,
    // Missing ones are answered here, in the gateway's own words.
    requireHostHeader: false,
    headersTimeout: headTimeout,
    // Uploads may take as long as they like.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.max(50, Math.min(1000, headTimeout / 4)),
    keepAliveTimeout: idleTime,
    ...options,
  });
  // By default fields beyond the 1000th are dropped without a word, be they a second Host. The size bounds their number.
  server.maxHeadersCount = 0;
  server.on("request", onRequest);
  // Whether the body may come is the origin's to say.
  server.on("checkContinue", onRequest);
  server.on("clientError", (error, socket) => refuseUnreadable(error, socket, state, unanswered));
  return server;
}
