import type { Fault } from "../base/errors.js";
import { formatHostPort } from "../base/hostname.js";
import { renderChain } from "./ladder-chain.js";
import { verdictOf } from "./verdict.js";
import { clip, indent, wrap, type Paint } from "./layout.js";
import { owners } from "./whose.js";
import type { Finding, Report, RouteReport, StageReport, TargetReport } from "./types.js";

/** The report as text of at most 80 columns: warnings, then a ladder of stages for each target, then each fault with its remedy. */
export function renderReport(report: Report, paint: Paint): string {
  const local = report.faults.filter(
    (fault) =>
      fault.hop === "local" && !report.targets.some((target) => target.faults.some((one) => sameFault(one, fault))),
  );
  const parts = [
    ...report.warnings.map((warning) => renderFault(warning, paint, "warning")),
    ...local.map((fault) => renderFault(fault, paint, "error")),
    ...renderTargets(report, paint),
    verdict(report, paint),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** What is looked at by itself is mostly in order: after the first way the others are a line each, unless somebody has to read more. */
function renderTargets({ targets }: Report, paint: Paint): string[] {
  const said = new Set<string>();
  const news = ({ faults }: TargetReport): boolean =>
    faults.some(({ code, message }) => !said.has(`${code} ${message}`) && said.add(`${code} ${message}`));
  const whole = targets.filter(
    (target, index) => target.purpose === null || index === 0 || (!target.ok && target.needed && news(target)),
  );
  const ladders = whole.map((target) => renderTarget(target, paint));
  const lines = targets.filter((target) => target.purpose !== null).map((target) => renderLine(target, paint));
  return lines.length < 2 ? ladders : [...ladders, lines.join("\n")];
}

function renderLine({ url, purpose, ok, needed, stages, faults }: TargetReport, paint: Paint): string {
  const ms = stages.reduce((sum, stage) => sum + stage.ms, 0);
  const mark = ok ? paint.good("✓") : needed ? paint.bad("✗") : paint.warn("!");
  const found = ok ? `${Math.round(ms)} ms` : (faults[0]?.code ?? "the settings");
  const { host } = new URL(url);
  return `  ${mark} ${clip(purpose ?? "", 24).padEnd(24)}  ${paint.dim(clip(host, 26).padEnd(26))}  ${found}`;
}

function renderTarget(target: TargetReport, paint: Paint): string {
  const way = target.route === null ? "no route" : renderWay(target.route);
  const by = target.inspector === null ? "" : `, TLS opened on the way by ${target.inspector}`;
  const lines = [
    `${paint.bold(target.url)}  ${paint.dim(way + by)}`,
    ...target.stages.map((stage) => renderStage(stage, paint)),
    ...(target.chain === null ? [] : renderChain(target.chain, paint)),
  ];
  const faults = target.faults.map((fault) => renderFault(fault, paint, "error"));
  return [lines.join("\n"), ...faults].join("\n\n");
}

export function renderWay({ kind, hops }: RouteReport): string {
  return kind === "direct"
    ? "direct"
    : `through ${hops.map(({ protocol, host, port }) => `${protocol}://${formatHostPort(host, port)}`).join(", ")}`;
}

const stageWidth = 11;
const hopWidth = 6;
const msWidth = 8;
/** Three columns are left to who moves the ladder in. */
const ladderWidth = 77;
const detailColumn = 4 + stageWidth + 2 + hopWidth + 2 + msWidth + 2;

/** One rung: mark, stage, whose it is, how long it took, and what was found. */
export function renderStage({ stage, hop, ok, ms, detail }: StageReport, paint: Paint): string {
  const mark = ok ? paint.good("✓") : paint.bad("✗");
  const name = stage.padEnd(stageWidth);
  const time = (ms < 0.05 ? "" : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`).padStart(msWidth);
  const [first = "", ...rest] = wrap(detail, ladderWidth - detailColumn);
  const head = `  ${mark} ${ok ? name : paint.bad(name)}  ${paint.dim(hop.padEnd(hopWidth))}  ${paint.dim(time)}  ${first}`;
  return [head.trimEnd(), ...rest.map((line) => " ".repeat(detailColumn) + line)].join("\n");
}

/** `error: … [CODE]`, whose it is where it is not the reader's, and `hint: …`, wrapped. On stderr these stay one line each; inside a report they have to fit. */
export function renderFault(fault: Fault | Finding, paint: Paint, label: "error" | "warning"): string {
  const colour = label === "error" ? paint.bad : paint.warn;
  const message = indent(wrap(`${fault.message} [${fault.code}]`, 80 - label.length - 2), label.length + 2);
  const remedy = indent(wrap(fault.remedy, 80 - 6), 6);
  const others = "owner" in fault && fault.owner !== "you" ? `\n${paint.dim("owner:")} ${owners[fault.owner]}` : "";
  return `${colour(`${label}:`)} ${message}${others}\n${paint.dim("hint:")} ${remedy}`;
}

function verdict(report: Report, paint: Paint): string {
  const { state, text } = verdictOf(report);
  return paint[state](text) + (state === "bad" ? paint.dim(" Each code is explained in docs/faults.md.") : "");
}

export const sameFault = (a: Fault, b: Fault): boolean => a.code === b.code && a.message === b.message;
