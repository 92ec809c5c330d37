import { setTimeout as pause } from "node:timers/promises";
import { clip, renderFault, type Report, type TargetReport } from "../../doctor/index.js";
import type { Context } from "../context.js";
import { invalidInterval, loginIsWatched, watchAlone } from "../faults-watch.js";
import { isSeconds } from "./doctor-probes.js";
import type { DoctorFlags } from "../invocation.js";

/** Milliseconds between two walks. Default 5 s, at least 1 s: each walk makes connections and a request. */
const usual = 5000;
/** Changes that stay on the screen. */
const most = 8;

/** @throws UsageError for what does not go with --watch, or is no interval */
export function readInterval({ interval, watch, json, html }: DoctorFlags): number {
  if (interval !== undefined && watch !== true) throw watchAlone("--interval");
  if (watch === true && json === true) throw watchAlone("--json");
  if (watch === true && html !== undefined) throw watchAlone("--html");
  if (interval === undefined) return usual;
  if (!isSeconds(interval)) throw invalidInterval();
  return Number(interval) * 1000;
}

/**
 * Walks again and again, until a signal ends it. On a terminal one screen is drawn anew; elsewhere each change is a line. The settings are read
 * again for each walk.
 *
 * A refused login ends it: to send it again with each walk would lock the account.
 * @throws {ConnectError} PROXY_AUTH_REJECTED then; the signal's reason
 */
export async function watchPath(walk: () => Promise<Report>, interval: number, context: Context): Promise<never> {
  const { io } = context;
  const screen = io.stdout.isTTY ? new Screen(context) : new Lines(context);
  for (;;) {
    const report = await walk();
    await screen.show(report);
    const refused = report.faults.find(({ code }) => code === "PROXY_AUTH_REJECTED");
    if (refused !== undefined) throw loginIsWatched(refused);
    await pause(interval, undefined, { signal: io.signal });
  }
}

/** A target's state in a word, and whether it is a good one. */
function stateOf({ ok, stages, faults, needed }: TargetReport): {
  readonly word: string;
  readonly mark: "good" | "bad" | "warn";
} {
  if (!ok) return { word: faults[0]?.code ?? "the settings", mark: needed ? "bad" : "warn" };
  return { word: `works, ${Math.round(stages.reduce((sum, { ms }) => sum + ms, 0))} ms`, mark: "good" };
}

/** What is told once, and again when it is otherwise: times differ with each walk. */
const told = ({ ok, faults }: TargetReport): string => (ok ? "works" : `${faults[0]?.code} ${faults[0]?.message}`);

const clock = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

/** What has become of each target since the last walk. */
class Changes {
  readonly #last = new Map<string, string>();

  of({ targets }: Report): readonly TargetReport[] {
    return targets.filter((target) => {
      const now = told(target);
      const before = this.#last.get(target.url);
      this.#last.set(target.url, now);
      return before !== now;
    });
  }
}

class Lines {
  readonly #context: Context;
  readonly #changes = new Changes();

  constructor(context: Context) {
    this.#context = context;
  }

  async show(report: Report): Promise<void> {
    for (const target of this.#changes.of(report)) {
      const message = target.ok ? "" : `: ${target.faults[0]?.message ?? ""}`;
      await this.#context.terminal.print(`${clock()} ${target.url} ${stateOf(target).word}${message}\n`);
    }
  }
}

class Screen {
  readonly #context: Context;
  readonly #changes = new Changes();
  readonly #log: string[] = [];

  constructor(context: Context) {
    this.#context = context;
  }

  async show(report: Report): Promise<void> {
    const { terminal } = this.#context;
    const paint = terminal.out;
    const width = Math.min(40, Math.max(...report.targets.map(({ url }) => url.length)));
    const line = (target: TargetReport): string => {
      const { word, mark } = stateOf(target);
      const sign = mark === "good" ? "✓" : mark === "bad" ? "✗" : "!";
      return `  ${paint[mark](sign)} ${clip(target.url, width).padEnd(width)}  ${word}`;
    };
    for (const target of this.#changes.of(report))
      this.#log.push(`  ${paint.dim(clock())} ${line(target).trimStart()}`);
    this.#log.splice(0, Math.max(0, this.#log.length - most));
    const faults = report.faults.slice(0, 2).map((fault) => renderFault(fault, paint, "error"));
    const parts = [
      `${paint.bold("The way out")}  ${paint.dim(`${clock()}, Ctrl-C ends it`)}`,
      report.targets.map(line).join("\n"),
      ...faults,
      [paint.dim("Changes"), ...this.#log].join("\n"),
    ];
    // From the top left corner, and what stood below is cleared (ECMA-48: CUP, ED).
    await terminal.print(`\u001b[H\u001b[J${parts.join("\n\n")}\n`);
  }
}
