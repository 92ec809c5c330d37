import { diagnose, renderReport, type Report, type StageReport } from "../../doctor/index.js";
import { exitCode, type Io } from "../terminal/io.js";
import { codeFor, type Context } from "../context.js";
import { checkConfigured } from "./doctor-configured.js";
import { readProbes } from "./doctor-probes.js";
import { networkOptions, withClaude } from "./network.js";
import type { DoctorFlags } from "../program.js";
import type { Terminal } from "../terminal/terminal.js";

/** `sallyport doctor`: walks the way to each URL, or to all that is configured. */
export async function doctorCommand(urls: readonly string[], flags: DoctorFlags, context: Context): Promise<number> {
  const { terminal, io } = context;
  using progress = patience(io, terminal);
  const follow = { signal: io.signal, onStage: progress.passed, ...readProbes(flags.probe) };
  const { report, configured } =
    urls.length === 0
      ? await checkConfigured(flags, context, follow)
      : { report: await diagnose(withClaude(networkOptions(flags, context), "under"), urls, follow), configured: "" };
  if (flags.json === true) await terminal.json(report);
  else await terminal.print(configured + renderReport(report, terminal.out));
  return exitOf(report);
}

interface Patience extends Disposable {
  readonly passed: (url: string, stage: StageReport) => void;
}

/** After a second a person at a terminal wants to know that something happens, and where it takes its time. */
function patience({ stderr }: Io, { note, err }: Terminal): Patience {
  let place = "reading the settings";
  const timer = stderr.isTTY
    ? setInterval(() => void note(err.dim(`still working: ${place}`)).catch(() => undefined), 1000)
    : undefined;
  return {
    passed: (url, { stage, hop }) => (place = `${url}, after ${stage} (${hop})`),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** Configuration goes first: what it breaks cannot be blamed on the network. */
function exitOf(report: Report): number {
  const codes = report.faults.map((fault) => codeFor(fault));
  if (codes.includes(exitCode.usage)) return exitCode.usage;
  return report.ok ? exitCode.fine : exitCode.network;
}
