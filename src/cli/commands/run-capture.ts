import { join } from "node:path";
import type { Fault } from "../../base/errors.js";
import { createPrivateFolder, createSystem } from "../../env/index.js";
import { loadCapture, type ChildEnvironment, type LaunchGateway } from "../../run/index.js";
import type { Context } from "../context.js";
import { captureAlone, captureWithParts, notAPort } from "../faults-usage.js";
import type { RunFlags } from "../invocation.js";
import { childOptions, statusOf } from "./child.js";
import { printVariables } from "./run-print.js";
import { environmentFor, gatewayFor, mayHaveFailed, prepare, quietly, recall, type Prepared } from "./run-steps.js";

/**
 * `sallyport run --capture`: a command in namespaces of its own, from which every connection comes out through a gateway of ours. It is told of no proxy,
 * and nothing is loaded into it.
 */
export async function runCaptured(argv: readonly string[], flags: RunFlags, context: Context): Promise<number> {
  if (flags.capture !== true) throw captureAlone(flags.publish === undefined ? "--host-port" : "--publish");
  if (flags.only !== undefined) throw captureWithParts();
  const hostPorts = portsOf("--host-port", flags.hostPort);
  const publish = portsOf("--publish", flags.publish);
  const { makeCovers, openCapture } = await loadCapture();
  const { io, variables } = context;
  // Before anything else: whether it can be done at all.
  await using capture =
    flags.print === true
      ? undefined
      : await openCapture({
          system: createSystem(),
          path: variables["PATH"],
          hostPorts,
          publish,
          relays: io.capture === true,
        });
  // Nothing but the gateway gets it out.
  const alone: RunFlags = { ...flags, only: "gateway" };
  const prepared = await prepare(argv, alone, context);
  const faults = new Map<string, Fault>();
  await using folder = await createPrivateFolder();
  const gateway = await gatewayFor(prepared, faults, flags, join(folder.path, "gateway"));
  try {
    await using environment = await environmentFor(prepared, gateway, { argv, flags: alone }, context);
    if (capture === undefined || gateway === undefined) {
      await printVariables(prepared.plan, environment, flags, context);
      return 0;
    }
    await capture.ready;
    await quietly(announce(prepared, environment, context));
    io.signal.throwIfAborted();
    const outcome = await capture.run({
      argv,
      ...childOptions(environment.variables, context),
      covers: await makeCovers(environment.authorities, folder.path),
      onConnection: (socket, target) => gateway.take(socket, target),
      onFault: (fault) => faults.set(fault.code, fault.toJSON()),
    });
    const status = await statusOf(outcome, context, flags);
    if (mayHaveFailed(status)) await quietly(recall(faults, context));
    return status;
  } finally {
    await closed(gateway);
  }
}

const closed = async (gateway: LaunchGateway | undefined): Promise<void> => gateway?.destroy();

async function announce(
  { plan: { summary, intercept } }: Prepared,
  { warnings }: ChildEnvironment,
  { terminal }: Context,
): Promise<void> {
  await terminal.warn(warnings);
  const certificate = intercept.length === 0 ? "" : `, with the client certificate for ${intercept.join(", ")}`;
  await terminal.note(terminal.err.dim(`sallyport: ${summary}; captured${certificate}`));
}

function portsOf(option: string, values: readonly string[] = []): number[] {
  return values.map((value) => {
    const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
    if (port < 1 || port > 65_535) throw notAPort(option);
    return port;
  });
}
