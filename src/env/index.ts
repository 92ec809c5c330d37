export { readEnvironment, type EnvironmentOptions, type ReadConfig } from "./read.js";
export { createSystem, withLookup } from "./system.js";
export type { ConfigFile, Snapshot } from "./snapshot.js";
