import { resolve } from "node:path";
import { faultCodes } from "../../base/codes.js";
import { findConnectError, type Fault } from "../../base/errors.js";
import { contextLoader } from "../../clients/index.js";
import type { DialContext } from "../../dial/types.js";
import {
  childEnvironment,
  interruptible,
  isClaude,
  openGateway,
  planLaunch,
  type ChildEnvironment,
  type ChildPlan,
  type LaunchGateway,
} from "../../run/index.js";
import { NotLaunched, type Context } from "../context.js";
import { OutputClosed } from "../terminal/io.js";
import type { RunFlags } from "../invocation.js";
import { networkOptions, withClaude } from "./network.js";

/** What is gathered before the launch, in this order. */
export interface Prepared {
  readonly load: () => Promise<DialContext>;
  readonly loaded: DialContext;
  readonly plan: ChildPlan;
}

export async function prepare(argv: readonly string[], flags: RunFlags, context: Context): Promise<Prepared> {
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

export async function gatewayFor(
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

export async function environmentFor(
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

/** A reader of our stderr who has gone away is no reason not to run the command, nor to lose its exit status. */
export async function quietly(saying: Promise<void>): Promise<void> {
  try {
    await saying;
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
  }
}

/** Not by a signal, of which 128 and more tell. 255 is what ssh and others say of every failure. */
export const mayHaveFailed = (status: number): boolean => (status > 0 && status < 128) || status === 255;

/** A program that failed may have told its user little of what the gateway told it. */
export async function recall(faults: ReadonlyMap<string, Fault>, { terminal }: Context): Promise<void> {
  for (const fault of [...faults.values()].slice(-3)) {
    if (faultCodes[fault.code].severity === "error") await terminal.fail(fault);
  }
}
