export {
  contextLoader,
  gatherContext,
  loadContext,
  loadSettings,
  settingsLoader,
  type ContextOptions,
} from "./context.js";
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
export { createNetwork, withIdentity, type Agents, type Network, type NetworkOptions } from "./network.js";
export type { IdentityChoice } from "./own-identity.js";
export {
  createAgent,
  createDispatcher,
  createFetch,
  type ClosableAgent,
  type ClosableDispatcher,
  type ClosableFetch,
  type CreateAgentOptions,
  type CreateDispatcherOptions,
  type CreateFetchOptions,
} from "./closable.js";
export { install, type Installation } from "./install.js";
export { makeAgent, type AgentOptions, type AgentProtocol, drainAgent, shutAgent } from "./agent/agent.js";
export { AgentCore } from "./agent/core.js";
export { SentBody } from "./agent/sent-body.js";
export { nameSuffix, tunnelled, wantsTunnel, whySecond, type MarkedOptions } from "./agent/option-marks.js";
export { isBrokenHttp2 } from "./http2-reasons.js";
export { afterPoll } from "./after-poll.js";
export { makeDispatcher, type DispatcherOptions } from "./dispatcher/dispatcher.js";
export type { WebSocketClass } from "./websocket.js";
export { dialled, type ConnectOptions, type NodeAgent, type NodeRequest } from "./agent/node-agent.js";
export { announcesBody, requestFields, revalued, without, type RawHeaders } from "./forward/headers.js";
export { askUpstream, forwardRequest, forwardUpgrade, lastResponse, type Forwarding } from "./forward/exchange.js";
export { ownOptions } from "./agent/own-options.js";
