import type { Agent } from "node:https";
import type { Dispatcher } from "undici";
import { makeAgent, type AgentOptions, type AgentProtocol } from "./agent/agent.js";
import { loadContext, type ContextOptions } from "./context.js";
import { makeDispatcher, type DispatcherOptions } from "./dispatcher/dispatcher.js";
import { makeFetch } from "./fetch.js";

export { gatherContext, loadContext, loadSettings, settingsLoader, type ContextOptions } from "./context.js";
export type { ContextSource } from "./source.js";
export {
  filesOf,
  LiveContext,
  usualInterval,
  warnOfFailure,
  type LiveEvent,
  type LiveSettings,
  type Loading,
} from "./live/index.js";
export { createNetwork, type Network, type NetworkOptions } from "./network.js";
export { install, type Installation } from "./install.js";
export { makeAgent, type AgentOptions, type AgentProtocol, drainAgent, shutAgent } from "./agent/agent.js";
export { makeDispatcher, type DispatcherOptions } from "./dispatcher/dispatcher.js";
export type { WebSocketClass } from "./websocket.js";
export { dialled, type ConnectOptions, type NodeAgent, type NodeRequest } from "./agent/node-agent.js";
export { announcesBody, requestFields, revalued, without, type RawHeaders } from "./forward/headers.js";
export { askUpstream, forwardRequest, forwardUpgrade, lastResponse, type Forwarding } from "./forward/exchange.js";
export { ownOptions } from "./agent/own-options.js";

/**
 * A dispatcher for undici 6 and 7, and for the built-in fetch of Node 20 to 26 (`fetch(url, { dispatcher })`), which reads its
 * settings once. HTTP/2 and HTTP/1.1 with keep-alive, also through tunnels.
 * @throws {ConnectError} for a setting that is unusable
 */
export async function createDispatcher(options: ContextOptions & DispatcherOptions = {}): Promise<Dispatcher> {
  return makeDispatcher(await loadContext(options), options);
}

/**
 * An agent for node:https, or for node:http with `protocol: "http:"`, which reads its settings once.
 * @throws {ConnectError} for a setting that is unusable
 */
export async function createAgent(
  options: ContextOptions & AgentOptions & { readonly protocol?: AgentProtocol } = {},
): Promise<Agent> {
  return makeAgent(await loadContext(options), options.protocol ?? "https:", options);
}

/**
 * A function with the global fetch's signature, which returns `globalThis.Response`. The settings are read at its first call;
 * a fault of theirs is then what it rejects with, and what later calls try anew.
 */
export function createFetch(options: ContextOptions & DispatcherOptions = {}): typeof globalThis.fetch {
  let dispatcher: Promise<Dispatcher> | undefined;
  return makeFetch(() => {
    dispatcher ??= createDispatcher(options).catch((error: unknown) => {
      dispatcher = undefined;
      throw error;
    });
    return dispatcher;
  });
}
