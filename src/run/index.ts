export { checkBeforeLaunch, isClaude } from "./check.js";
export { childEnvironment } from "./child-environment.js";
export { runCommand, type CommandEnd } from "./command.js";
export { checkPreload, interruptible, openGateway, planLaunch, type LaunchGateway } from "./launch.js";
export { planChild } from "./plan.js";
export { run, type RunCommandOptions, type RunGateway, type RunPlan } from "./run.js";
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
