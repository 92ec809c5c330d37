export { isClaude } from "./default-check.js";
export { childEnvironment } from "./child-environment.js";
export { runCommand, type CommandEnd, type CommandOptions, type CommandOutcome } from "./command.js";
export { checkPreload, interruptible, openGateway, planLaunch, type LaunchGateway } from "./launch.js";
export { planChild } from "./plan.js";
export { run, type RunCapture, type RunCommandOptions, type RunGateway, type RunPlan } from "./run.js";
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

/** Namespaces are for those alone who ask for them. */
export const loadCapture = (): Promise<typeof import("./capture/index.js")> => import("./capture/index.js");
