import { setImmediate } from "../base/timers.js";

/**
 * Calls back once the event loop has asked the system for what came in: what a server has said of an idle connection, its end
 * above all, is heard before the connection gets another request.
 *
 * One `setImmediate` would not do. Set from within the poll phase, it runs right after the events that were fetched together
 * with the current one, and those fetched a moment later still wait.
 */
export function afterPoll(callback: () => void): void {
  setImmediate(() => setImmediate(callback));
}
