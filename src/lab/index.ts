export {
  createAuthority,
  encryptKey,
  type Authority,
  type AuthorityOptions,
  type Issued,
  type IssueOptions,
} from "./ca.js";
export { startLab } from "./lab.js";
export { startStandardLab } from "./standard.js";
export { labVariables, type LabVariablesOptions } from "./variables.js";
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
