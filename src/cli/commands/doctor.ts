import { defaultUrl, diagnose, renderReport, type Report, type StageReport } from "../../doctor/index.js";
import { exitCode, type Io } from "../terminal/io.js";
import { codeFor, type Context } from "../context.js";
import { networkOptions, withClaude } from "./network.js";
import { type GlobalFlags } from "../program.js";
import type { Terminal } from "../terminal/terminal.js";
import { invalidBaseUrl } from "../faults.js";

/** `sallyport doctor`: walks the way to each URL. */
export async function doctorCommand(urls: readonly string[], flags: GlobalFlags, context: Context): Promise<number> {
  const { terminal, io } = context;
  // Without a URL the question is how Claude Code fares, whose settings go before the shell's.
  const options = withClaude(networkOptions(flags, context), urls.length === 0 ? "over" : "under");
  const targets = urls.length === 0 ? [anthropicUrl(options.source.environment.variables)] : urls;
  using progress = patience(io, terminal);
  const report = await diagnose(options, targets, { signal: io.signal, onStage: progress.passed });
  if (flags.json === true) await terminal.json(report);
  else await terminal.print(renderReport(report, terminal.out));
  return exitOf(report);
}

/** The variable is to be named where it is at fault, and not "the URLs given". */
function anthropicUrl(variables: Context["variables"]): string {
  const url = defaultUrl(variables);
  if (/^https?:/i.test(url) && URL.canParse(url)) return url;
  throw invalidBaseUrl();
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
