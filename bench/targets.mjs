/**
 * What sallyport promises about speed, in one place. Every figure is a ratio measured side by side in one run: absolute
 * times say more about the machine than about the code.
 */
export const targets = {
  /** Requests a second, and median latency, against the faster peer of the same kind: at least as good. */
  keepAlive: 1,
  /** New connections a second against the faster peer of the same kind. */
  newConnection: 1,
  /** `import "sallyport"` and `sallyport --version` against `node -e 0`: at most this many times as long. */
  startUp: 1.5,
};

/** A shared machine moves a ratio by a few percent from run to run. Only a miss beyond this fails the run. */
export const margin = 0.1;

/** @returns {"ok" | "close" | "MISSED"} for a ratio that should be at least `target` */
export function atLeast(ratio, target) {
  if (ratio >= target) return "ok";
  return ratio >= target * (1 - margin) ? "close" : "MISSED";
}

/** @returns {"ok" | "close" | "MISSED"} for a ratio that should be at most `target` */
export function atMost(ratio, target) {
  if (ratio <= target) return "ok";
  return ratio <= target * (1 + margin) ? "close" : "MISSED";
}
