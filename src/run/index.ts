export { checkBeforeLaunch, defaultCheck, type Checked, type CheckOptions } from "./check.js";
export { checkNodeOptions, type NodeCheckOptions, type Probe } from "./node-check.js";
export { childEnvironment } from "./child-environment.js";
export { planChild } from "./plan.js";
export type {
  ChildEnvironment,
  ChildEnvironmentOptions,
  ChildPlan,
  GatewayFace,
  GatewayReason,
  Parts,
  PlanOptions,
} from "./types.js";
export { preloadFile } from "./run-file.js";
