/** The report for people: 80 columns, figures to the right. */
import { margin, targets } from "./targets.mjs";

const width = 80;

export function render({ machine, requests, startUp }) {
  const lines = [`sallyport bench · ${machine}`, ""];
  for (const workload of requests.workloads) {
    lines.push(heading(`${workload.title}: proxy with login, client certificate`));
    lines.push(row("", "req/s", "p50 ms", "cpu µs", "req/s", "p50", ""));
    for (const entry of workload.rows) lines.push(requestRow(entry));
    lines.push("");
  }
  lines.push(heading("20 new connections: what is reused"));
  lines.push(row("", "contexts", "resumed", "", "", "", ""));
  for (const proof of requests.proofs) {
    const { verdict = "" } = proof;
    lines.push(row(proof.name, `${proof.built} built`, `${proof.resumed}/${proof.connections}`, "", "", "", verdict));
  }
  lines.push("", heading("start-up"), row("", "ms", "", "", "ratio", "", ""));
  for (const { name, ms, ratio, verdict = "" } of startUp)
    lines.push(row(name, ms.toFixed(1), "", "", times(ratio), "", verdict));
  lines.push("", footnote());
  return lines.join("\n");
}

function requestRow({ name, perSecond, p50, cpu, ratio, p50Ratio, verdict = "" }) {
  const ratios = ratio === undefined ? ["", ""] : [times(ratio), times(p50Ratio)];
  return row(name, perSecond.toFixed(0), p50.toFixed(2), cpu.toFixed(0), ...ratios, verdict);
}

const times = (ratio) => `${ratio.toFixed(2)}x`;

function heading(text) {
  return `── ${text} ${"─".repeat(Math.max(0, width - text.length - 4))}`;
}

function row(name, ...cells) {
  const [a, b, c, d, e, verdict] = cells;
  return `${name.padEnd(27)}${a.padStart(9)}${b.padStart(9)}${c.padStart(9)}${d.padStart(9)}${e.padStart(8)}  ${verdict}`.trimEnd();
}

function footnote() {
  const { keepAlive, newConnection, startUp } = targets;
  return [
    "Ratios are ours against the faster peer of the same kind (undici, fetch, node:https),",
    `above 1 in our favour; targets: keep-alive ${keepAlive}x, new connections ${newConnection}x. Start-up: at most`,
    `${startUp}x of node -e 0. A ratio beyond its target by more than ${margin * 100} % fails the run.`,
  ].join("\n");
}
