export { createAuthority, encryptKey } from "./ca.js";
export type { Authority, AuthorityOptions, Issued, IssueOptions } from "./ca.js";
export { startLab } from "./lab.js";
export { startStandardLab } from "./standard.js";
export { labVariables } from "./variables.js";
export type { LabVariablesOptions } from "./variables.js";
export type {
  Lab,
  LabAuthorities,
  LabClientFiles,
  LabEcho,
  LabEvent,
  LabFiles,
  LabLog,
  LabOrigin,
  LabProxy,
  OriginFault,
  OriginOptions,
  ProxyFault,
  ProxyOptions,
  StandardLab,
} from "./types.js";
