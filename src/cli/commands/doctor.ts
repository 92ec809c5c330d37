import {
  diagnose,
  openForDiagnosis,
  renderReport,
  reportPage,
  type DiagnoseOptions,
  type Report,
  type ReportSurroundings,
  type StageReport,
} from "../../doctor/index.js";
import { exitCode, type Io } from "../terminal/io.js";
import { codeFor, type Context } from "../context.js";
import { checkConfigured, type Configured } from "./doctor-configured.js";
import { reservePage } from "./doctor-page.js";
import { readProbes } from "./doctor-probes.js";
import { readInterval, watchPath } from "./doctor-watch.js";
import { networkOptions, withClaude } from "./network.js";
import type { DoctorFlags } from "../invocation.js";
import type { Terminal } from "../terminal/terminal.js";

/** `sallyport doctor`: walks the way to each URL, or to all that is configured. */
export async function doctorCommand(urls: readonly string[], flags: DoctorFlags, context: Context): Promise<number> {
  const { terminal, io } = context;
  const probes = readProbes(flags.probe);
  const interval = readInterval(flags);
  await using page = flags.html === undefined ? undefined : await reservePage(flags.html);
  using progress = patience(io, terminal, flags.watch !== true);
  const follow = { signal: io.signal, onStage: progress.passed, ...probes };
  const look = (): Promise<Configured> =>
    urls.length === 0 ? checkConfigured(flags, context, follow) : check(urls, flags, context, follow);
  if (flags.watch === true) return watchPath(async () => (await look()).report, interval, context);
  const looked = await look();
  const { report, configured } = looked;
  await page?.write(await reportPage(report, around(looked, context)));
  if (flags.json === true) await terminal.json(report);
  else {
    await terminal.print(configured + renderReport(report, terminal.out));
    if (page !== undefined) await terminal.print(terminal.out.dim(`The same as a page: ${page.path}`) + "\n");
  }
  return exitOf(report);
}

async function check(
  urls: readonly string[],
  flags: DoctorFlags,
  context: Context,
  follow: DiagnoseOptions,
): Promise<Configured> {
  const options = withClaude(networkOptions(flags, context), "under");
  const network = await openForDiagnosis(options);
  const report = await diagnose(network, urls, follow);
  return { report, environment: options.source.environment, settings: network.policy.settings, configured: "" };
}

function around({ environment, settings }: Configured, { version }: Context): ReportSurroundings {
  const { home, platform } = environment;
  return { settings, home, platform, version, nodeVersion: process.versions.node, now: Date.now() };
}

interface Patience extends Disposable {
  readonly passed: (url: string, stage: StageReport) => void;
}

/** After a second a person at a terminal wants to know that something happens, and where it takes its time. */
function patience({ stderr }: Io, { note, err }: Terminal, isWanted: boolean): Patience {
  let place = "reading the settings";
  const timer =
    isWanted && stderr.isTTY
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
