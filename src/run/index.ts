export type {
  ChildEnvironment,
  ChildEnvironmentOptions,
  ChildPlan,
  ChildVariable,
  GatewayFace,
  GatewayReason,
  Parts,
  VariableValues,
} from "./types.js";
