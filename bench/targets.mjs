/**
 * What sallyport promises about speed, in one place. Figures are ratios or differences measured side by side in one run:
 * absolute times say more about the machine than about the code.
 */
export const targets = {
  /** Requests a second, and median latency, against the faster peer of the same kind: at least as good. */
  keepAlive: 1,
  /** New connections a second against the faster peer of the same kind. */
  newConnection: 1,
  /** `import "sallyport"` and `sallyport --version` against `node -e 0`: at most this many times as long. */
  startUp: 1.4,
  /** `sallyport run -- true` against `node -e 0`: at most this many times as long. */
  run: 3.9,
  /** Milliseconds that the gateway adds to the median latency over the same upstream proxy reached directly, at most. */
  gatewayAddedMs: 0.3,
  /** Throughput of a tunnel against a bare pipe of node:net. */
  gatewayBulk: 0.9,
  /** Memory (resident set, MB) of a gateway that holds 2,000 idle tunnels, at most. */
  gatewayIdleMegabytes: 200,
  /** Requests a second in TLS that the gateway opens, against mockttp. */
  gatewayOpened: 2,
  /** Milliseconds that the preload adds to a start of Node over the same without it, at most. */
  preloadMs: 3,
  /** A request to this machine itself under the preload, against the same without it: at most this many times as long. */
  loopback: 1.02,
  /** Milliseconds that the MCP bridge adds to a call's median latency over the SDK's own HTTP client, at most. */
  mcpAddedMs: 0.2,
  /** Calls a second through the bridge with 16 in flight, against mcp-remote. */
  mcpInFlight: 3,
  /** From the bridge's start to the first list of tools, against mcp-remote: at most this many times as long. */
  mcpFirstList: 0.4,
  /** Memory (resident set, MB) of the bridge after its calls, one by one and 16 at a time, at most. */
  mcpMegabytes: 80,
  /** Microseconds of a PAC file's decision about a host that was asked for before, at most. Absolute: a promise of the design. */
  pacKnownMicroseconds: 5,
  /** The same about a new host: the script runs. */
  pacFreshMicroseconds: 100,
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

/** @returns {"ok" | "open" | "MISSED"} for a ratio that should be at most `target` and is known to be between two bounds */
export function atMostWithin({ low, high }, target) {
  if (high <= target) return "ok";
  return low > target ? "MISSED" : "open";
}

/** @returns {"ok" | "close" | "MISSED"} for a ratio to a peer that should be behind us */
export function aheadOf(ratio) {
  return atLeast(ratio, 1);
}
