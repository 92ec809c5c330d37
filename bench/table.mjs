/** The report for people. */
import { gatewayLines } from "./gateway/table.mjs";
import { exactTimes, fixed, heading, row, times } from "./layout.mjs";
import { mcpLines } from "./mcp/table.mjs";
import { margin, targets } from "./targets.mjs";

/** Parts that were not asked for are undefined. */
export function render({ machine, load, requests, startUp, gateway, preload, mcp, pac }) {
  const lines = [`sallyport bench · ${machine} · load ${load.before.toFixed(1)} at the start`, ""];
  if (requests !== undefined) lines.push(...requestLines(requests));
  if (gateway !== undefined) lines.push(...gatewayLines(gateway));
  if (startUp !== undefined) lines.push(...startUpLines(startUp));
  if (preload !== undefined) lines.push(...preloadLines(preload));
  if (mcp !== undefined) lines.push(...mcpLines(mcp));
  if (pac !== undefined) lines.push(...pacLines(pac));
  return [...lines, footnote()].join("\n");
}

function requestLines({ workloads, proofs }) {
  const lines = [];
  for (const workload of workloads) {
    lines.push(heading(`${workload.title}: proxy with login, client certificate`));
    lines.push(row("", "req/s", "p50 ms", "cpu µs", "req/s", "p50", ""));
    for (const entry of workload.rows) lines.push(requestRow(entry));
    lines.push("");
  }
  lines.push(heading("20 new connections: what is reused"));
  lines.push(row("", "contexts", "resumed", "", "", "", ""));
  for (const proof of proofs) {
    const { verdict = "" } = proof;
    lines.push(row(proof.name, `${proof.built} built`, `${proof.resumed}/${proof.connections}`, "", "", "", verdict));
  }
  return [
    ...lines,
    "",
    "Ratios are ours against the faster peer of the same kind (undici, fetch,",
    `node:https), above 1 in our favour; targets: keep-alive ${targets.keepAlive}x, new connections ${targets.newConnection}x.`,
    "",
  ];
}

function startUpLines(rows) {
  const lines = [heading("start-up"), row("", "ms", "", "", "ratio", "", "")];
  for (const { name, ms, ratio, verdict = "" } of rows)
    lines.push(row(name, ms.toFixed(1), "", "", times(ratio), "", verdict));
  return [...lines, "", `At most ${targets.startUp}x of node -e 0.`, ""];
}

/** What each command adds: the median of the differences round by round, and the difference of the least. */
function preloadLines(results) {
  const lines = [];
  for (const { title, rows = [], loopback } of results) {
    if (loopback !== undefined) {
      lines.push(heading(title), row("", "cpu µs", "preload", "ratio", "at least", "at most", ""));
      for (const { name, bare, preloaded, ratio, low, high, same, verdict } of loopback) {
        const figures = (each) => [each.ratio, each.low, each.high].map(exactTimes);
        lines.push(row(name, fixed(bare, 0), fixed(preloaded, 0), ...figures({ ratio, low, high }), verdict));
        lines.push(row("  without it, twice", "", "", ...figures(same), ""));
      }
      lines.push("");
      continue;
    }
    lines.push(heading(title), row("", "ms", "least", "added", "to least", "", ""));
    for (const { name, ms, min, added, addedToMin, verdict = "" } of rows)
      lines.push(row(name, fixed(ms, 1), fixed(min, 1), fixed(added, 1), fixed(addedToMin, 1), "", verdict));
    lines.push("");
  }
  return [
    ...lines,
    "--import is compared with --import of an empty module, all else with the first",
    `row; at most ${targets.preloadMs} ms. What goes to this machine itself is left alone: at most ${times(targets.loopback)},`,
    "by processor time, between bounds of 95 % confidence; open: the target is between them.",
    "",
  ];
}

function pacLines(rows) {
  const lines = [];
  for (const [kind, title] of [
    ["known", "a PAC file's decision about a host that was asked for before"],
    ["fresh", "the same about a new host"],
  ]) {
    lines.push(heading(title), row("", "µs", "least", "", "ratio", "", ""));
    for (const { name, microseconds, least, ratio, verdict = "" } of rows.filter((each) => each.kind === kind))
      lines.push(row(name, microseconds.toFixed(2), least.toFixed(2), "", times(ratio), "", verdict));
    lines.push("");
  }
  return [
    ...lines,
    `Ratios are the peer's time by ours; the least at most ${targets.pacKnownMicroseconds} µs and ${targets.pacFreshMicroseconds} µs. The peer, whose`,
    "script runs in the same thread, has read its file before.",
    "",
  ];
}

function requestRow({ name, perSecond, p50, cpu, ratio, p50Ratio, verdict = "" }) {
  const ratios = ratio === undefined ? ["", ""] : [times(ratio), times(p50Ratio)];
  return row(name, perSecond.toFixed(0), p50.toFixed(2), cpu.toFixed(0), ...ratios, verdict);
}

function footnote() {
  return `Each figure is the median of its rounds. A miss by more than ${margin * 100} %, twice, fails the run.`;
}
