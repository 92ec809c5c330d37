/** The gateway's part of the report. */
import { fixed, heading, row, rowWithRange, times } from "../layout.mjs";
import { targets } from "../targets.mjs";
import { pipe } from "./verdicts.mjs";

export function gatewayLines({ mitmproxy, latency, bulk, idle, intercepted }) {
  return [
    ...latency.flatMap((workload) => section(workload, ["p50 ms", "added", "range", "cpu µs", "ours"], latencyCells)),
    ...bulk.flatMap((workload) => section(workload, ["MB/s", "of pipe", "range", "cpu/MB", "ours"], bulkCells)),
    ...idleLines(idle),
    ...intercepted.flatMap((workload) =>
      section(workload, ["req/s", "p50 ms", "range", "cpu µs", "ours"], interceptedCells),
    ),
    ...notes(mitmproxy),
  ];
}

function section({ title, rows }, headings, cells) {
  const line = ({ name, failure, ...entry }) =>
    failure === undefined
      ? rowWithRange(name, ...cells(entry), entry.verdict ?? "")
      : `${name.padEnd(22)} broke down: ${failure}`;
  return [heading(title), rowWithRange("", ...headings, ""), ...rows.map(line), ""];
}

function latencyCells({ p50, added, cpu, ratio }) {
  return [fixed(p50, 3), fixed(added?.median, 3), range(added, 3), fixed(cpu, 0), times(ratio)];
}

function bulkCells({ rate, cpu, ofPipe, ratio }) {
  const megabytes = Object.fromEntries(Object.entries(rate).map(([key, value]) => [key, value / 1e6]));
  return [fixed(megabytes.median, 0), times(ofPipe), range(megabytes, 0), fixed(cpu, 0), times(ratio)];
}

function interceptedCells({ rate, p50, cpu, ratio }) {
  return [fixed(rate.median, 0), fixed(p50, 2), range(rate, 0), fixed(cpu, 0), times(ratio)];
}

function idleLines({ title, rows, skipped }) {
  if (skipped !== undefined) return [heading(title), `not measured: ${skipped}`, ""];
  const lines = rows.map(({ name, open, before, after, eachKilobytes, verdict = "" }) =>
    row(name, String(open), fixed(before, 0), fixed(after, 0), fixed(eachKilobytes, 1), "", verdict),
  );
  return [heading(`${title}, memory in MB`), row("", "open", "before", "after", "KB each", "", ""), ...lines, ""];
}

/** The least and the greatest of the rounds. */
const range = (spread, digits) =>
  spread === undefined ? "" : `${fixed(spread.min, digits)}–${fixed(spread.max, digits)}`;

function notes(mitmproxy) {
  const { gatewayAddedMs, gatewayBulk, gatewayIdleMegabytes, gatewayOpened } = targets;
  return [
    mitmproxy === undefined ? "mitmproxy is missing: mitmdump is not installed here." : `mitmproxy is ${mitmproxy}.`,
    "Added: over the same way with nothing in between. Ours: how many times better",
    `ours is than the row's; above 1 is the target beside every peer (${pipe} is`,
    `a floor, and none). Targets of ours: adds at most ${gatewayAddedMs} ms; ${gatewayBulk}x of ${pipe};`,
    `${gatewayIdleMegabytes} MB; ${gatewayOpened}x of mockttp's requests. CPU is that of the forwarder's process alone.`,
    "http-mitm-proxy and mockttp cannot send on to another proxy what they leave closed.",
    "",
  ];
}
