export { filesOf } from "./files.js";
export { warnOfFailure } from "./faults.js";
export { LiveContext, type LiveSettings, type Loaded, type Loading, unchanging } from "./live-context.js";
export type { LiveEvent } from "./types.js";

/** Milliseconds between two looks at files whose changes are not noticed as they happen. */
export const usualInterval = 5000;
