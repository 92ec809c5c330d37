export { filesOf } from "./files.js";
export { warnOfFailure } from "./faults.js";
export { LiveContext, type LiveEvent, type LiveSettings, type Loaded, type Loading } from "./live-context.js";

/** Milliseconds between two looks at files whose changes are not noticed as they happen. */
export const usualInterval = 5000;
