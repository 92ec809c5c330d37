export { configJsonSchemas } from "./config-schema.js";
export { givenOptions, type GivenOptions } from "./portable-options.js";
export { proxyUrl } from "./proxy-spelling.js";
export { onlyServer } from "./only-server.js";
export { choicesOf } from "./proxy-choice.js";
export { formatProxy, formatProxyChoice, parseProxy, serversOf } from "./proxy-url.js";
export { findJsonProblem } from "./json-syntax.js";
export { saysOsOtherwise } from "./os-source.js";
export { policyOptionsIn } from "./options-source.js";
export { resolvePolicy } from "./resolve.js";
export { resolveSecret, type ResolveSecretOptions } from "./resolve-secret.js";
export { settingName } from "./setting-name.js";
export type {
  CertificateInput,
  ConfigSettings,
  IdentityInput,
  PolicyOptions,
  ProxyInput,
  ProxyPathInput,
  ProxyAuthInput,
  RouteInput,
  SecretInput,
} from "./settings.js";
export { parseHostPattern, showPattern } from "./host-pattern.js";
export { raiseSeverity } from "./faults.js";
export { asWarning } from "./faults.js";
export { parseNoProxy, writtenEntries } from "./no-proxy.js";
export type * from "./types.js";
export { sameProxy } from "./same-proxy.js";
