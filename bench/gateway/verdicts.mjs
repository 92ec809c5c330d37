/** From samples to the rows of the table: figures, ratios to the peers, and what the targets say to them. */
import { pairedRatio } from "../statistics.mjs";
import { aheadOf, atLeast, atMost, targets } from "../targets.mjs";
import { spread } from "./rounds.mjs";

export const ours = "sallyport gateway";
export const pipe = "a bare pipe";
/** Nothing in between. */
export const direct = "direct";

/** `describe` makes the row of a forwarder that came through; one that broke down has a row that says so. */
function rows(results, describe) {
  return [...results].map(([name, { samples, failure }]) =>
    failure === undefined ? { name, ...describe(name, samples) } : { name, failure },
  );
}

const columns = (results, field) => (name) => results.get(name).samples.map((sample) => sample[field]);

const cpuEach = (samples) => spread(samples.map(({ cpu, count }) => cpu / count)).median;

export function latencyRows(results) {
  const p50s = columns(results, "p50");
  return rows(results, (name, samples) => {
    const row = { p50: spread(p50s(name)).median, cpu: cpuEach(samples) };
    if (name === direct) return row;
    const added = spread(p50s(name).map((p50, round) => p50 - p50s(direct)[round]));
    if (name === ours) return { ...row, added, verdict: atMost(added.median, targets.gatewayAddedMs) };
    return { ...row, added, ...versus(name, pairedRatio(p50s(name), p50s(ours))) };
  });
}

export function bulkRows(results) {
  const rates = columns(results, "bytesPerSecond");
  return rows(results, (name, samples) => {
    const cpu = spread(samples.map(({ cpu: used, bytes }) => (used / bytes) * 1e6)).median;
    const row = { rate: spread(rates(name)), cpu, ofPipe: pairedRatio(rates(name), rates(pipe)) };
    if (name === ours) return { ...row, verdict: atLeast(row.ofPipe, targets.gatewayBulk) };
    return { ...row, ...versus(name, pairedRatio(rates(ours), rates(name))) };
  });
}

export function interceptedRows(results) {
  const rates = columns(results, "perSecond");
  return rows(results, (name, samples) => {
    const p50 = spread(samples.map((sample) => sample.p50)).median;
    const row = { rate: spread(rates(name)), p50, cpu: cpuEach(samples) };
    if (name === direct || name === ours) return row;
    const ratio = pairedRatio(rates(ours), rates(name));
    const verdict = name === "mockttp" ? atLeast(ratio, targets.gatewayOpened) : aheadOf(ratio);
    return { ...row, ratio, verdict };
  });
}

/** A pipe of bytes is a floor, and nothing that could be used instead. */
function versus(name, ratio) {
  return name === pipe ? { ratio } : { ratio, verdict: aheadOf(ratio) };
}
