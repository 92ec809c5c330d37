/** From samples to rows: figures, ratios to the peers, and what the targets say to them. */
import { median, pairedRatio } from "../statistics.mjs";
import { aheadOf, atLeast, atMost, targets } from "../targets.mjs";
import { direct, ours, rival } from "./bridges.mjs";

const column = (samples, field) => (name) => samples.get(name).map((sample) => sample[field]);

/** Ratio: how many times as long the row's takes as ours. */
export function startRows(samples) {
  const ms = column(samples, "ms");
  const memory = column(samples, "megabytes");
  return [...samples.keys()].map((name) => {
    const row = { name, ms: median(ms(name)) };
    if (name === direct) return row;
    const megabytes = medianOf(memory(name));
    if (name !== ours) {
      const ratio = pairedRatio(ms(name), ms(ours));
      return { ...row, megabytes, ratio, verdict: aheadOf(ratio) };
    }
    const ofRival = pairedRatio(ms(ours), ms(rival));
    return { ...row, megabytes, ofRival, verdict: atMost(ofRival, targets.mcpFirstList) };
  });
}

/**
 * Added: to the median latency of a call, over the SDK's own HTTP. Ratio: how many times as good ours is. `isServerBound`: the server has
 * more to do for a call than any bridge, so that none can be several times as fast as another.
 */
export function callRows(samples, memory, { inFlight, isServerBound }) {
  const p50s = column(samples, "p50");
  const rates = column(samples, "perSecond");
  return [...samples.keys()].map((name) => {
    const row = { name, p50: median(p50s(name)), perSecond: median(rates(name)), megabytes: memory.get(name) };
    if (name === direct) return row;
    const added = median(p50s(name).map((p50, round) => p50 - p50s(direct)[round]));
    if (name === ours) return { ...row, added, verdict: ownVerdict(added, row.megabytes, inFlight) };
    const ratio = pairedRatio(rates(ours), rates(name));
    const wanted = inFlight > 1 && name === rival && !isServerBound ? targets.mcpInFlight : 1;
    return { ...row, added, ratio, verdict: atLeast(ratio, wanted) };
  });
}

/** With many in flight a call's latency is the queue's, and says nothing of the bridge; memory is then at its most. */
function ownVerdict(added, megabytes, inFlight) {
  const verdicts = [
    ...(inFlight > 1 ? [] : [atMost(added, targets.mcpAddedMs)]),
    ...(megabytes === undefined ? [] : [atMost(megabytes, targets.mcpMegabytes)]),
  ];
  return ["MISSED", "close", "ok"].find((verdict) => verdicts.includes(verdict)) ?? "";
}

function medianOf(values) {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : median(known);
}
