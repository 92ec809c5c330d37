export { readEnvironment, type EnvironmentOptions, type ReadConfig } from "./read.js";
export { createSystem } from "./system.js";
export type { ConfigFile, Snapshot } from "./snapshot.js";
