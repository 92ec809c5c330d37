import { findConnectError, type ConnectError, type Fault } from "../base/errors.js";
import { hostPortOf } from "../base/hostname.js";
import type { ContextOptions } from "../clients/index.js";
import { createSystem } from "../env/index.js";
import { authority, quotePeer } from "../dial/index.js";
import type { Connection, StageEvent, Target } from "../dial/types.js";
import { asWarning } from "../policy/index.js";
import type { IdentitySpec } from "../policy/types.js";
import { reportRoute } from "../route/index.js";
import { judge, nextWay, withBrokenIdentity } from "./faults.js";
import { noAnswerFault } from "./faults-end.js";
import { ask } from "./answer.js";
import { chosenRoute, faultsFor, faultsOf, toFaults, unique, warningsOf } from "./configuration.js";
import { lookAgain } from "./look-again.js";
import { openForDiagnosis } from "./open.js";
import { instead } from "./instead.js";
import { observe, type Observation } from "./observation.js";
import { brokenIdentityFor } from "./own-identity.js";
import { parseTarget } from "./parse-target.js";
import type { Diagnosable, Report, RouteReport, StageReport, TargetReport } from "./types.js";

/** How a diagnosis is followed, and ended. */
export interface DiagnoseOptions {
  readonly signal?: AbortSignal;
  /** Called with each stage of each target as it ends, for progress on a terminal. */
  readonly onStage?: (url: string, stage: StageReport) => void;
}

/** Which URL is looked at when none is named: the API that Claude Code would speak to. */
export function defaultUrl(variables: Readonly<Record<string, string | undefined>>): string {
  return variables["ANTHROPIC_BASE_URL"] || "https://api.anthropic.com/";
}

/**
 * Walks the way to each URL, stage by stage, over the very dialer that programs use, and ends with one real request. Takes
 * a network, or the options for one; with options, settings that `createNetwork` would throw for are reported like all else.
 * Faults of the configuration are all listed, and the walk goes on as far as it gets.
 *
 * @throws ConnectError of stage config where a URL is none; faults found on the way are in the report.
 */
export async function diagnose(
  source: Diagnosable | ContextOptions,
  urls: readonly string[],
  options: DiagnoseOptions = {},
): Promise<Report> {
  const parsed = urls.map(parseTarget);
  const network = "dial" in source ? source : await openForDiagnosis(source);
  const configuration = faultsOf(network);
  const met = [...configuration];
  const targets: TargetReport[] = [];
  const avoided: ConnectError[] = [];
  // One after the other: side by side they would share a proxy's patience, and the timings would mean nothing.
  for (const url of parsed) {
    const own = await faultsFor(network, url);
    met.push(...own);
    const { passed, ...target } = await walk(network, url, toFaults([...configuration, ...own]), options);
    targets.push(target);
    avoided.push(...passed);
  }
  const faults = unique([...toFaults(met), ...targets.flatMap((target) => target.faults)]);
  // What stops a target that was looked at is no mere warning.
  const meant = warningsOf(network).filter(({ cause }) => !met.some((fault) => fault === cause));
  const warnings = unique(toFaults([...meant, ...avoided]));
  return { ok: faults.length === 0, warnings, faults, targets };
}

/** `passed`: what is no fault of the way: proxies that a PAC file names and that could not be reached, where another one was; a refusal. */
interface Walk extends TargetReport {
  readonly passed: readonly ConnectError[];
}

async function walk(
  network: Diagnosable,
  url: URL,
  configuration: readonly Fault[],
  options: DiagnoseOptions,
): Promise<Walk> {
  const shown = withoutLogin(url);
  const stages: StageReport[] = [];
  const add = (stage: StageReport): void => {
    stages.push({ ...stage, ms: Math.round(stage.ms * 10) / 10 });
    options.onStage?.(shown, stage);
  };
  const failed: ConnectError[] = [];
  const end = (route: RouteReport | null, fault?: ConnectError): Walk => ({
    url: shown,
    ok: fault === undefined && stages[0]?.ok === true,
    route,
    stages,
    faults: fault === undefined ? [] : [fault.toJSON()],
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
  const dialled = await timed(network, () =>
    network.dial(toTarget(url), { onStage, ...(options.signal === undefined ? {} : { signal: options.signal }) }),
  );
  const { host, port } = toTarget(url);
  const broken = brokenIdentityFor(network, host, port);
  if (!dialled.ok) {
    const fault = withBrokenIdentity(asFault(dialled.error), broken, authorityOf(url));
    // What fails outside of any stage (an identity that cannot be used, say) still has to show on the ladder.
    const told = configuration.some(({ code, message }) => code === fault.code && message === fault.message);
    if (!told && !stages.slice(1).some((stage) => !stage.ok))
      add({ stage: fault.stage, hop: fault.hop, ok: false, ms: dialled.ms, detail: fault.message });
    return end(route, fault);
  }
  const { fault, warning } = await talk(network, dialled.value, url, { add, broken, ...options });
  const walked = end(failed.length === 0 ? route : reportRoute(dialled.value.route), fault);
  return warning === undefined ? walked : { ...walked, passed: [...walked.passed, warning] };
}

/** Milliseconds to wait for an answer: a model may think for minutes before its first byte, a plain GET may not. */
const patience = 15_000;

interface Talked {
  readonly fault?: ConnectError | undefined;
  /** Where the way holds all the same. */
  readonly warning?: ConnectError;
}

interface Talking extends DiagnoseOptions {
  readonly add: (stage: StageReport) => void;
  /** The identity meant for this host, where it could not be loaded. */
  readonly broken: IdentitySpec | undefined;
}

/** The request, and what the answer says of the client certificate. */
async function talk(
  network: Diagnosable,
  connection: Connection,
  url: URL,
  { add, broken, signal }: Talking,
): Promise<Talked> {
  const first = observe(connection, url, network);
  const asking = { firstByte: Math.min(network.policy.timeouts.firstByte, patience), signal };
  const asked = await timed(network, async () => {
    const said = await ask(connection, url, asking);
    const answer = said.again
      ? await ask(await network.dial(toTarget(url), { ...(signal && { signal }) }), url, asking)
      : said;
    const again = await lookAgain(network, { url, target: toTarget(url), answer, observation: first, ...asking });
    return again ?? { answer, observation: first, found: judge(answer, first) };
  });
  const observation = asked.ok ? asked.value.observation : first;
  const found = asked.ok
    ? asked.value.found
    : ((await instead(network, first, signal)) ?? noAnswerFault(asked.error, first));
  const answer = asked.ok ? asked.value.answer : undefined;
  const told = found && withBrokenIdentity(found, broken, observation.target);
  const fault = told?.severity === "warning" ? undefined : told;
  const about = fault === undefined ? certificateDetail(observation, broken) : undefined;
  if (about !== undefined) add({ stage: "client-cert", hop: "target", ok: true, ms: 0, detail: about });
  if (fault !== undefined) {
    add({ stage: fault.stage, hop: fault.hop, ok: false, ms: asked.ms, detail: fault.message });
  } else if (answer !== undefined) {
    const { httpVersion, status, statusText } = answer;
    add({
      stage: "http",
      hop: connection.forward === undefined ? "target" : "proxy",
      ok: true,
      ms: asked.ms,
      detail: quotePeer(`HTTP/${httpVersion} ${status} ${statusText}`),
    });
  }
  return told === undefined || fault !== undefined ? { fault } : { warning: told };
}

function certificateDetail(
  { connection, asked, askedLate, issuer }: Observation,
  broken: IdentitySpec | undefined,
): string | undefined {
  const subject = connection.identity?.subject;
  if (broken !== undefined) return `none is shown: the one configured for this host (${broken.name}) cannot be used`;
  if (subject === undefined)
    return asked === true ? "asked for, none is configured; the server goes on without" : undefined;
  if (askedLate)
    return `${subject} was shown and accepted over TLS 1.2: the server asks for the certificate after the request, which TLS 1.3 and HTTP/2 do not allow here`;
  if (asked === true) return `${subject} was shown and accepted`;
  if (asked === undefined) return `${subject} is configured`;
  return issuer.inspector
    ? `${subject} is configured, but "${issuer.name}" inspects the TLS and does not ask for it`
    : `${subject} is configured; the server did not ask for it`;
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

type Timed<T> = { readonly ms: number } & (
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: unknown }
);

async function timed<T>({ system = createSystem() }: Diagnosable, work: () => Promise<T>): Promise<Timed<T>> {
  const start = system.monotonic();
  try {
    return { ok: true, value: await work(), ms: system.monotonic() - start };
  } catch (error) {
    return { ok: false, error, ms: system.monotonic() - start };
  }
}

/** Anything but a fault is a defect of ours (or an abort), and must not pass for one of the network. */
function asFault(error: unknown): ConnectError {
  const fault = findConnectError(error);
  if (fault === undefined) throw error;
  return fault;
}

export function toTarget(url: URL): Target {
  return { protocol: url.protocol === "http:" ? "http:" : "https:", ...hostPortOf(url) };
}

const authorityOf = (url: URL): string => authority(hostPortOf(url));

/** A URL may carry a login or a token: neither is for a report. */
export function withoutLogin(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
