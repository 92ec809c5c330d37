import { findConnectError, type Fault } from "../../base/errors.js";
import { checkPreload, type ChildEnvironment, type ChildPlan, type LaunchGateway } from "../../run/index.js";
import { runChild } from "./child.js";
import { NotLaunched, type Context } from "../context.js";
import type { RunFlags } from "../invocation.js";
import { printVariables } from "./run-print.js";
import { environmentFor, gatewayFor, mayHaveFailed, prepare, quietly, recall, type Prepared } from "./run-steps.js";

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
    if (mayHaveFailed(status)) await quietly(recall(faults, context));
    return status;
  } finally {
    // Whom the command has left behind loses its way out; waiting for them could take for ever.
    await gateway?.destroy();
  }
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
