import { resolve } from "node:path";
import { faultCodes } from "../../base/codes.js";
import { findConnectError, type Fault } from "../../base/errors.js";
import { contextLoader } from "../../clients/index.js";
import type { DialContext } from "../../dial/types.js";
import {
  checkPreload,
  childEnvironment,
  interruptible,
  isClaude,
  openGateway,
  planLaunch,
  type ChildEnvironment,
  type ChildPlan,
  type LaunchGateway,
} from "../../run/index.js";
import { runChild } from "./child.js";
import { NotLaunched, type Context } from "../context.js";
import { OutputClosed } from "../terminal/io.js";
import { networkOptions, withClaude } from "./network.js";
import type { RunFlags } from "../program.js";
import { printVariables } from "./run-print.js";

/** What is gathered before the launch, in this order. */
interface Prepared {
  readonly load: () => Promise<DialContext>;
  readonly loaded: DialContext;
  readonly plan: ChildPlan;
}

/**
 * `sallyport run`: a command with an environment that leads it out by the policy, and a gateway beside it where it needs one. Its exit
 * status becomes ours. Nothing but the command writes to stdout, and nobody else reads stdin.
 *
 * It is `run()` of run/ step by step, since more is said and asked for on the way: which step failed decides the exit status.
 */
export async function runCommand(argv: readonly string[], flags: RunFlags, context: Context): Promise<number> {
  if (flags.capture === true || flags.hostPort !== undefined || flags.publish !== undefined) {
    const { runCaptured } = await import("./run-capture.js");
    return runCaptured(argv, flags, context);
  }
  const prepared = await prepare(argv, flags, context);
  const faults = new Map<string, Fault>();
  const gateway = await gatewayFor(prepared, faults, flags);
  try {
    await using environment = await environmentFor(prepared, gateway, { argv, flags }, context);
    if (flags.print === true) {
      await printVariables(prepared.plan, environment, flags, context);
      return 0;
    }
    if (flags.check !== false) await warnOfPreload(argv, prepared, environment, context);
    await quietly(announce(prepared.plan, gateway, environment, context));
    context.io.signal.throwIfAborted();
    const status = await runChild(environment.argv, environment.variables, context, flags);
    // 128 and more: a signal's doing, or an interruption's.
    if (status > 0 && status < 128) await quietly(recall(faults, context));
    return status;
  } finally {
    // Whom the command has left behind loses its way out; waiting for them could take for ever.
    await gateway?.destroy();
  }
}

async function prepare(argv: readonly string[], flags: RunFlags, context: Context): Promise<Prepared> {
  const { io } = context;
  const asFor = networkOptions(flags, context);
  const network = isClaude(argv) ? withClaude(asFor, "over") : asFor;
  const options = { ...network, system: interruptible(network.system, io.signal) };
  const { only: parts = "all", intercept = [], check, print = false } = flags;
  const load = contextLoader(() => options);
  const loaded = await (print || check === false ? load() : asCheck(load()));
  const planning = planLaunch(loaded, argv, {
    variables: network.source.environment.variables,
    parts,
    intercept,
    ...((check === false || Array.isArray(check)) && { check: check as readonly string[] | false }),
    dry: print,
    signal: io.signal,
    quickAnswer: async () => (await import("../../doctor/index.js")).quickAnswer,
  });
  return { load, loaded, plan: await asCheck(planning) };
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

async function gatewayFor(
  { load, loaded, plan }: Prepared,
  faults: Map<string, Fault>,
  { requireToken = false }: RunFlags,
  capture?: string,
): Promise<LaunchGateway | undefined> {
  return openGateway(plan, {
    context: loaded,
    reload: load,
    onFault: (fault) => {
      // The latest of each kind, the latest last.
      faults.delete(fault.code);
      faults.set(fault.code, fault);
    },
    requireToken,
    ...(capture !== undefined && { capture }),
    startGateway: async () => (await import("../../gateway/index.js")).startGateway,
  });
}

async function environmentFor(
  { loaded }: Prepared,
  gateway: LaunchGateway | undefined,
  { argv, flags }: { readonly argv: readonly string[]; readonly flags: RunFlags },
  { variables }: Context,
): Promise<ChildEnvironment> {
  return childEnvironment({
    context: loaded,
    argv,
    // A command may have another working directory.
    variables: flags.config === undefined ? variables : { ...variables, SALLYPORT_CONFIG: resolve(flags.config) },
    parts: flags.only ?? "all",
    captured: flags.capture === true,
    ...(gateway !== undefined && { gateway }),
  });
}

async function warnOfPreload(
  argv: readonly string[],
  { loaded: { system }, plan }: Prepared,
  { variables }: ChildEnvironment,
  { io: { signal }, terminal, variables: inherited }: Context,
): Promise<void> {
  const checking = checkPreload(plan, { argv, system, inherited, variables, signal });
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
  gateway: LaunchGateway | undefined,
  { warnings, readable }: ChildEnvironment,
  { terminal }: Context,
): Promise<void> {
  await terminal.warn(warnings);
  const why = reasons.map(({ text }) => text).join("; ");
  const open = gateway?.admits === "same-user" ? ", open to this user's programs" : "";
  const beside =
    gateway === undefined ? "" : `; gateway on ${new URL(gateway.url).host}${why === "" ? "" : ` (${why})`}${open}`;
  const rights = readable.length === 0 ? "" : "; Node's --permission, with the right to read sallyport's own files";
  await terminal.note(terminal.err.dim(`sallyport: ${summary}${beside}${rights}`));
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

/** What `--capture` has in common with it. */
export { environmentFor, gatewayFor, prepare, quietly, recall, type Prepared };
