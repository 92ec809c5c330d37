import { resolve } from "node:path";
import { faultCodes } from "../../base/codes.js";
import { findConnectError, type Fault } from "../../base/errors.js";
import type { System } from "../../base/system.js";
import { loadContext, type ContextOptions } from "../../clients/index.js";
import type { DialContext } from "../../dial/types.js";
import { createSystem } from "../../env/index.js";
import type { Gateway } from "../../gateway/types.js";
import {
  checkBeforeLaunch,
  checkNodeOptions,
  childEnvironment,
  defaultCheck,
  planChild,
  type Checked,
  type ChildEnvironment,
  type ChildPlan,
} from "../../run/index.js";
import { runChild } from "./child.js";
import { NotLaunched, type Context } from "../context.js";
import { OutputClosed } from "../terminal/io.js";
import { networkOptions } from "./network.js";
import { probeProgram } from "./probe.js";
import type { RunFlags } from "../program.js";
import { printVariables } from "./run-print.js";

/** What is gathered before the launch, in this order. */
interface Prepared {
  readonly options: ContextOptions;
  readonly loaded: DialContext;
  readonly plan: ChildPlan;
}

/**
 * `sallyport run`: a command with an environment that leads it out by the policy, and a gateway beside it where it needs one. Its exit
 * status becomes ours. Nothing but the command writes to stdout, and nobody else reads stdin.
 */
export async function runCommand(argv: readonly string[], flags: RunFlags, context: Context): Promise<number> {
  const prepared = await prepare(argv, flags, context);
  const faults = new Map<string, Fault>();
  const gateway = await openGateway(prepared, faults);
  try {
    await using environment = await environmentFor(prepared, gateway, flags, context);
    if (flags.print === true) {
      await printVariables(prepared.plan, environment, flags, context);
      return 0;
    }
    if (flags.check !== false) await checkPreload(argv, prepared, environment, context);
    await quietly(announce(prepared.plan, gateway, environment, context));
    context.io.signal.throwIfAborted();
    const status = await runChild(argv, environment.variables, context, flags);
    // 128 and more: a signal's doing, or an interruption's.
    if (status > 0 && status < 128) await quietly(recall(faults, context));
    return status;
  } finally {
    // Whom the command has left behind loses its way out; waiting for them could take for ever.
    await gateway?.destroy();
  }
}

async function prepare(argv: readonly string[], flags: RunFlags, context: Context): Promise<Prepared> {
  const options = interruptible(networkOptions(flags, context), context);
  const loaded = await (flags.print === true || flags.check === false
    ? loadContext(options)
    : asCheck(loadContext(options)));
  const urls = urlsToCheck(argv, flags, context.variables);
  const { only: parts = "all", intercept = [], check, print } = flags;
  // Before anything is dialled: a host that cannot be intercepted is a mistake on the command line.
  const plan = planChild(loaded, { parts, intercept, urls });
  if (check === false || print === true || urls.length === 0) return { options, loaded, plan };
  const checked = await asCheck(lookAhead(loaded, urls, context));
  return {
    options,
    loaded,
    plan: planChild(loaded, { parts, intercept, urls: checked.filter(mayAsk).map(({ url }) => url) }),
  };
}

/** A command that asks for a password ends with us: it is no part of what was to be run. */
function interruptible(options: ContextOptions, { io }: Context): ContextOptions {
  const system = options.system ?? createSystem();
  const run: System["run"] = (command, { signal, ...rest } = {}) =>
    system.run(command, { ...rest, signal: signal === undefined ? io.signal : AbortSignal.any([signal, io.signal]) });
  return { ...options, system: { ...system, run } };
}

/** A server that asked for no certificate will get none: its TLS need not be intercepted. */
const mayAsk = ({ asked }: Checked): boolean => asked !== false;

function urlsToCheck(argv: readonly string[], flags: RunFlags, variables: Context["variables"]): readonly string[] {
  if (Array.isArray(flags.check)) return flags.check as readonly string[];
  const url = defaultCheck(argv, variables);
  return url === undefined ? [] : [url];
}

/** Whatever the check finds, settings included, is one answer to whoever launches: the way is not open. */
async function asCheck<T>(checking: Promise<T>): Promise<T> {
  try {
    return await checking;
  } catch (error) {
    const fault = findConnectError(error);
    // What cannot even be understood, a URL or the config file, is a mistake of usage.
    throw fault === undefined || fault.code === "CONFIG_INVALID" ? error : new NotLaunched(fault);
  }
}

async function lookAhead(loaded: DialContext, urls: readonly string[], { io }: Context): Promise<readonly Checked[]> {
  const { quickAnswer } = await import("../../doctor/index.js");
  return checkBeforeLaunch(loaded, urls, {
    signal: io.signal,
    ask: (connection, url, patience) => quickAnswer(loaded, connection, url, { patience, signal: io.signal }),
  });
}

async function openGateway(
  { options, loaded, plan }: Prepared,
  faults: Map<string, Fault>,
): Promise<Gateway | undefined> {
  if (!plan.gateway) return undefined;
  const { startGateway } = await import("../../gateway/index.js");
  let first: DialContext | undefined = loaded;
  return startGateway({
    intercept: plan.intercept,
    statusPage: false,
    // Whoever was asked for a passphrase is not asked again for the same settings; later ones are read when a file has changed.
    load: async () => {
      const context = first ?? (await loadContext(options));
      first = undefined;
      return context;
    },
    onEvent: (event) => {
      if (event.kind !== "fault") return;
      // The latest of each kind, the latest last.
      faults.delete(event.fault.code);
      faults.set(event.fault.code, event.fault);
    },
  });
}

async function environmentFor(
  { loaded }: Prepared,
  gateway: Gateway | undefined,
  flags: RunFlags,
  { variables }: Context,
): Promise<ChildEnvironment> {
  return childEnvironment({
    context: loaded,
    // A command may have another working directory.
    variables: flags.config === undefined ? variables : { ...variables, SALLYPORT_CONFIG: resolve(flags.config) },
    parts: flags.only ?? "all",
    ...(gateway !== undefined && { gateway }),
  });
}

/** Node programs are reached by what NODE_OPTIONS loads into them. */
async function checkPreload(
  argv: readonly string[],
  { loaded, plan }: Prepared,
  environment: ChildEnvironment,
  { io, terminal, variables }: Context,
): Promise<void> {
  const nodeOptions = variables["NODE_OPTIONS"];
  if (plan.preload === "none" || nodeOptions === undefined) return;
  const { system } = loaded;
  const probe = probeProgram(io.signal);
  const checking = checkNodeOptions({ argv, nodeOptions, variables: environment.variables, system, probe });
  await quietly(
    terminal.warn(
      await checking.catch((error: unknown) => {
        const fault = findConnectError(error);
        throw fault === undefined ? error : new NotLaunched(fault);
      }),
    ),
  );
}

async function announce(
  { summary, reasons }: ChildPlan,
  gateway: Gateway | undefined,
  { warnings }: ChildEnvironment,
  { terminal }: Context,
): Promise<void> {
  await terminal.warn(warnings);
  const why = reasons.map(({ text }) => text).join("; ");
  const beside =
    gateway === undefined ? "" : `; gateway on ${new URL(gateway.url).host}${why === "" ? "" : ` (${why})`}`;
  await terminal.note(terminal.err.dim(`sallyport: ${summary}${beside}`));
}

/** A reader of our stderr who has gone away is no reason not to run the command, nor to lose its exit status. */
async function quietly(saying: Promise<void>): Promise<void> {
  try {
    await saying;
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
  }
}

/** A program that failed may have told its user little of what the gateway told it. */
async function recall(faults: ReadonlyMap<string, Fault>, { terminal }: Context): Promise<void> {
  for (const fault of [...faults.values()].slice(-3)) {
    if (faultCodes[fault.code].severity === "error") await terminal.fail(fault);
  }
}
