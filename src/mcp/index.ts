export type { IdentityChoice } from "../clients/index.js";
export { createMcpFetch, type McpFetch, type McpFetchOptions } from "./fetch/mcp-fetch.js";
export {
  createTlsClientAuth,
  mtlsAlias,
  type AddTlsClientAuth,
  type TlsClientAuthMetadata,
  type TlsClientAuthMethod,
  type TlsClientAuthOptions,
} from "./fetch/tls-client-auth.js";
export { boundThumbprint, certificateThumbprint, checkTokenBinding } from "./fetch/token-binding.js";
export { refuseClient, runBridge } from "./relay/bridge.js";
export type { BridgeEvent, BridgeHeader, BridgeOptions, Challenge, LoginSource, McpEra, McpLogin } from "./types.js";
export { createLoginSource } from "./login/source.js";
export { forgetLogins } from "./login/store.js";
export { storeLogins, type TokenStore } from "./login/keyring-files.js";
