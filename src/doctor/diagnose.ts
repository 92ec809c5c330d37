import type { TLSSocket } from "node:tls";
import { findConnectError, type ConnectError, type Fault } from "../base/errors.js";
import { hostPortOf } from "../base/hostname.js";
import type { ContextOptions } from "../clients/index.js";
import { authority, tellShown } from "../dial/index.js";
import type { Connection, DialOptions, StageEvent } from "../dial/types.js";
import { createSystem } from "../env/index.js";
import { asWarning } from "../policy/index.js";
import { reportRoute } from "../route/index.js";
import { breakersOnce, type BreakerSearch } from "./breakers-once.js";
import { lookAtChain } from "./chain.js";
import { compareChains, restated } from "./compare.js";
import { alsoOf, nextWay, withBrokenIdentity } from "./faults.js";
import { chosenRoute, faultsFor, faultsOf, toFaults, unique, warningsOf } from "./configuration.js";
import { namedGoal, type Goal } from "./goals.js";
import { mergeReports } from "./merge.js";
import { openForDiagnosis } from "./open.js";
import { brokenIdentityFor } from "./own-identity.js";
import { parseTarget, toTarget, withoutLogin } from "./parse-target.js";
import { withSmallHello } from "./small-hello.js";
import type { ProbeName, Probed } from "./probes/types.js";
import { talk } from "./talk.js";
import { timed } from "./timed.js";
import { findingOf } from "./whose.js";
import type { Diagnosable, Report, RouteReport, ShownChain, StageReport, TargetReport } from "./types.js";

/** How a diagnosis is followed, and ended. */
export interface DiagnoseOptions {
  readonly signal?: AbortSignal;
  /** What else is looked at where a URL is reached, each on a connection of its own. Default: nothing. */
  readonly probes?: readonly ProbeName[];
  /** Milliseconds that the probe `idle` leaves a connection alone. Default: 65 000. */
  readonly idle?: number;
  /** Called with each stage of each target as it ends, for progress on a terminal. */
  readonly onStage?: (url: string, stage: StageReport) => void;
}

/** URLs that are looked at side by side, once the first has shown how the way begins. */
const atOnce = 6;

/**
 * Walks the way to each URL, stage by stage, over the very dialer that programs use, and ends with one real request. Takes
 * a network, or the options for one; with options, settings that `createNetwork` would throw for are reported like all else.
 * Faults of the configuration are all listed, and the walk goes on as far as it gets.
 *
 * @throws ConnectError of stage config where a URL is none; faults found on the way are in the report.
 */
export async function diagnose(
  source: Diagnosable | ContextOptions,
  urls: readonly (string | Goal)[],
  options: DiagnoseOptions = {},
): Promise<Report> {
  return diagnoseWith(breakersOnce(), { source, urls }, options);
}

/** What is looked at under one kind of settings. */
export interface Inquiry {
  readonly source: Diagnosable | ContextOptions;
  readonly urls: readonly (string | Goal)[];
}

/** One report of several inquiries: on the same machine, under settings that differ. What they have in common is looked for once. */
export async function diagnoseAll(inquiries: readonly Inquiry[], options: DiagnoseOptions = {}): Promise<Report> {
  const search = breakersOnce();
  const reports: Report[] = [];
  for (const inquiry of inquiries) reports.push(await diagnoseWith(search, inquiry, options));
  return mergeReports(reports);
}

async function diagnoseWith(
  search: BreakerSearch,
  { source, urls }: Inquiry,
  options: DiagnoseOptions,
): Promise<Report> {
  const goals = urls.map((given) => {
    const goal = typeof given === "string" ? namedGoal(given) : given;
    return { ...goal, parsed: parseTarget(goal.url) };
  });
  const network = "dial" in source ? source : await openForDiagnosis(source);
  const configuration = faultsOf(network);
  const met = [...configuration];
  // The first alone: what it meets at the proxy, a refused login say, the others need not try.
  const walks = inTurn(goals, atOnce, async ({ parsed, ...goal }) => {
    const own = await faultsFor(network, parsed);
    return {
      own,
      walked: await walk(network, parsed, { ...options, goal, configuration: toFaults([...configuration, ...own]) }),
    };
  });
  const [looked, breakers] = await Promise.all([walks, search(network)]);
  const targets: TargetReport[] = [];
  const avoided: ConnectError[] = [];
  met.push(...looked.flatMap(({ own }) => own));
  for (const { passed, ...target } of compareChains(looked.map(({ walked }) => walked))) {
    targets.push(target);
    avoided.push(...passed);
  }
  const faults = unique([...toFaults(met), ...targets.flatMap((target) => (target.needed ? target.faults : []))]);
  // What stops a target that was looked at is no mere warning.
  const meant = warningsOf(network).filter(({ cause }) => !met.some((fault) => fault === cause));
  const warnings = unique([...toFaults([...meant, ...breakers, ...avoided]), ...ofOthers(targets)]);
  return { ok: faults.length === 0, warnings: warnings.map(findingOf), faults: faults.map(findingOf), targets };
}

/** What stands in the way to those that are not needed: each kind once, and none that is told of one that is needed. */
function ofOthers(targets: readonly TargetReport[]): Fault[] {
  const known = new Set(targets.filter(({ needed }) => needed).flatMap(({ faults }) => faults.map(({ code }) => code)));
  const found = new Map<string, { readonly fault: Fault; readonly also: string[] }>();
  for (const { url, needed, faults } of targets) {
    for (const fault of needed ? [] : faults) {
      const first = found.get(fault.code);
      if (first !== undefined) first.also.push(new URL(url).host);
      else if (!known.has(fault.code)) found.set(fault.code, { fault, also: [] });
    }
  }
  return [...found.values()].map(({ fault, also }) => alsoOf(fault, also));
}

/** Works on the first, then on the rest, `most` at a time; what comes of them is in their order. */
async function inTurn<T, R>(items: readonly T[], most: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  const waiting = [...items.entries()];
  const next = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) done[one[0]] = await work(one[1]);
  };
  const [first] = waiting.splice(0, 1);
  if (first !== undefined) done[0] = await work(first[1]);
  await Promise.all(Array.from({ length: most }, next));
  return done;
}

/** `passed`: what is no fault of the way: proxies that a PAC file names and that could not be reached, where another one was; a refusal. */
interface Walk extends TargetReport {
  readonly passed: readonly ConnectError[];
}

interface Walking extends DiagnoseOptions {
  readonly goal: Goal;
  readonly configuration: readonly Fault[];
}

async function walk(network: Diagnosable, url: URL, walking: Walking): Promise<Walk> {
  const { goal, configuration, ...options } = walking;
  const shown = withoutLogin(url);
  const stages: StageReport[] = [];
  const add = (stage: StageReport): void => {
    stages.push({ ...stage, ms: Math.round(stage.ms * 10) / 10 });
    options.onStage?.(shown, stage);
  };
  const failed: ConnectError[] = [];
  const end = (route: RouteReport | null, fault?: ConnectError, chain: ShownChain | null = null): Walk => ({
    url: shown,
    purpose: goal.purpose,
    needed: goal.needed,
    ok: fault === undefined && stages[0]?.ok === true,
    route,
    stages,
    faults: fault === undefined ? [] : [findingOf(fault.toJSON())],
    inspector: fault?.code === "TLS_INSPECTED" ? (chain?.certificates[0]?.issuer ?? null) : null,
    chain,
    passed: fault === undefined ? failed.map((each) => asWarning(each, nextWay())) : [],
  });

  add(configStage(network, configuration));
  const { route } = await chosenRoute(network, url);
  const onStage = (event: StageEvent): void => {
    // A setting that cannot be used is on the ladder already, as its first rung.
    if (event.stage === "config" && configuration.length > 0) return;
    add({ stage: event.stage, hop: event.hop, ok: event.ok, ms: event.ms, detail: event.detail });
    if (event.error !== undefined) failed.push(event.error);
  };
  let certificates: readonly Buffer[] = [];
  const onSecure = (socket: TLSSocket): void => tellShown(socket, (chain) => (certificates = chain));
  const dialled = await timed(network, () =>
    network.dial(toTarget(url), { onStage, onSecure, ...(options.signal && { signal: options.signal }) }),
  );
  const { host, port } = toTarget(url);
  const broken = brokenIdentityFor(network, host, port);
  if (!dialled.ok) {
    const refused = withBrokenIdentity(asFault(dialled.error), broken, authorityOf(url));
    const said = (await withSmallHello(network, url, refused, options.signal)) ?? refused;
    const { fault, chain } = await lookAtChain(network, { fault: said, url, shown: certificates });
    // What fails outside of any stage (an identity that cannot be used, say) still has to show on the ladder.
    const told = configuration.some(({ code, message }) => code === fault.code && message === fault.message);
    if (!told && !stages.slice(1).some((stage) => !stage.ok))
      add({ stage: fault.stage, hop: fault.hop, ok: false, ms: dialled.ms, detail: fault.message });
    return { ...end(route, fault, chain), stages: restated(stages, refused, fault) };
  }
  const { fault, warnings, inspector } = await talk(network, dialled.value, url, {
    add,
    broken,
    named: goal.purpose === null,
    ...options,
  });
  const probed = fault === undefined ? await probe(network, url, options) : [];
  for (const { stage } of probed) add(stage);
  const walked = end(failed.length === 0 ? route : reportRoute(dialled.value.route), fault);
  return {
    ...walked,
    inspector,
    passed: [...walked.passed, ...warnings, ...probed.flatMap(({ warning }) => warning ?? [])],
  };
}

/** A second over a minute: the commonest time-out of proxies and firewalls. */
const usualIdle = 65_000;

async function probe(
  network: Diagnosable,
  url: URL,
  { probes = [], idle = usualIdle, signal }: DiagnoseOptions,
): Promise<readonly Probed[]> {
  if (probes.length === 0) return [];
  const { runProbes } = await import("./probes/index.js");
  const { monotonic } = network.system ?? createSystem();
  const open = (dialOptions: DialOptions = {}): Promise<Connection> =>
    network.dial(toTarget(url), { ...dialOptions, ...(signal && { signal }) });
  return runProbes(probes, { url, open, monotonic, idle, patience: 5000, signal });
}

function configStage(network: Diagnosable, faults: readonly Fault[]): StageReport {
  const { trust, identities } = network;
  const shown =
    identities.origins.length === 0
      ? "no client certificate"
      : identities.origins.map((identity) => identity.subject).join("; ");
  const detail =
    faults.length === 0
      ? `${trust.certificates.length} authorities, ${shown}`
      : `${faults.length} ${faults.length === 1 ? "fault" : "faults"}: ${faults.map((fault) => fault.code).join(", ")}`;
  return { stage: "config", hop: "local", ok: faults.length === 0, ms: 0, detail };
}

/** Anything but a fault is a defect of ours (or an abort), and must not pass for one of the network. */
function asFault(error: unknown): ConnectError {
  const fault = findConnectError(error);
  if (fault === undefined) throw error;
  return fault;
}

const authorityOf = (url: URL): string => authority(hostPortOf(url));
