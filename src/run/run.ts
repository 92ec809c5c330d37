import { join } from "node:path";
import type { ConnectError, Fault } from "../base/errors.js";
import { contextLoader, type ContextOptions } from "../clients/index.js";
import type { DialContext } from "../dial/types.js";
import { createPrivateFolder, createSystem, readEnvironment } from "../env/index.js";
import type { Capture, CapturedCommand } from "./capture/index.js";
import { childEnvironment } from "./child-environment.js";
import { ownSignals, runCommand, type CommandEnd, type CommandOptions, type CommandOutcome } from "./command.js";
import { captureWithParts, notPorts } from "./faults-plan.js";
import {
  checkPreload,
  interruptible,
  openGateway,
  planLaunch,
  type LaunchGateway,
  type QuickAnswer,
  type StartGateway,
} from "./launch.js";
import type { ChildEnvironment, ChildPlan, GatewayReason, Parts } from "./types.js";

/** How a command gets out: what {@link RunCommandOptions.onPlan} is told, right before the launch. Holds no secret. */
export interface RunPlan {
  /** One line: `through http://proxy.corp:3128 (login alice), certificate CN=alice for api.example.com`. */
  readonly summary: string;
  /** The gateway that runs beside the command, if one does. */
  readonly gateway: RunGateway | undefined;
  /**
   * What the command may read besides, as `--allow-fs-read` has it, where it is Node with `--permission`: the files of sallyport's preload and
   * of the settings. Empty for any other command.
   */
  readonly readable: readonly string[];
}

/** The gateway beside a command. */
export interface RunGateway {
  /** `http://127.0.0.1:port`, without the login; `unix:` and a path of this run's own where the command is captured. */
  readonly url: string;
  /** Why it was needed. */
  readonly reasons: readonly GatewayReason[];
  /** Hosts for which it presents the client certificate. */
  readonly intercept: readonly string[];
}

/** Ports that lead in and out of the namespaces of a captured command. */
export interface RunCapture {
  /** Ports of this machine's 127.0.0.1 that the command reaches under the same numbers. Default: none. */
  readonly hostPorts?: readonly number[];
  /** Ports of the command's 127.0.0.1 that this machine reaches under the same numbers. Default: none. */
  readonly publish?: readonly number[];
}

/**
 * How a command is run: where its settings come from, settings in code, what is checked, and who is told. The command inherits the
 * variables of the `source`: `process.env` by default, and where the source is a policy.
 */
export interface RunCommandOptions extends ContextOptions {
  /** What the command gets: the preload and variables (`all`, the default), or one of them. */
  readonly parts?: Parts;
  /**
   * On Linux: whatever the command and its children open goes by the policy, in namespaces of their own, with no variable read and nothing loaded
   * into them. Default false. Where it cannot be had `run` rejects with CAPTURE_UNAVAILABLE before anything is started. Not together with `parts`.
   */
  readonly capture?: boolean | RunCapture;
  /** Hosts for which the gateway presents a client certificate, in NO_PROXY's grammar. Added to those that identities are limited to. */
  readonly intercept?: readonly string[];
  /**
   * URLs to which the way is checked before the launch, three seconds at the most for all of them; `false`: nothing is checked, Node's
   * reading of NODE_OPTIONS neither. Default: ANTHROPIC_BASE_URL, or for Claude Code `https://api.anthropic.com/`; otherwise none.
   */
  readonly check?: readonly string[] | false;
  /**
   * The gateway asks this user's programs for its token, too. Default false: on Linux it knows them by their user, so that those which can
   * present no login get out.
   */
  readonly requireToken?: boolean;
  /**
   * Takes what the command prints; the command waits for a promise. It has no stdin then. Default: it has the stdin, stdout and stderr of
   * this process, and with them its terminal.
   */
  readonly onOutput?: (chunk: Uint8Array, stream: "stdout" | "stderr") => void | Promise<void>;
  /**
   * SIGINT, SIGTERM, SIGHUP and SIGQUIT that this process gets while the command runs go to the command, and end nothing here. Default
   * true; `false`: they do what they would do without `run`.
   */
  readonly forwardSignals?: boolean;
  /** An abort sends SIGTERM to the command. Once that has ended, or if it was not started yet, `run` rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called once, right before the launch. */
  readonly onPlan?: (plan: RunPlan) => void;
  /** Called before the launch for each thing that is wrong and stops nothing. */
  readonly onWarning?: (warning: ConnectError) => void;
  /** Called for each request that the gateway could not serve: programs often say little of what they were told. */
  readonly onFault?: (fault: Fault) => void;
}

/** What stands on the same floor as run/, and is handed in. Each is asked for when it is needed. */
export interface RunDependencies {
  readonly startGateway: () => Promise<StartGateway>;
  readonly quickAnswer: () => Promise<QuickAnswer>;
}

/** The whole of `sallyport run`, but for what that prints. */
export async function run(
  argv: readonly string[],
  options: RunCommandOptions,
  dependencies: RunDependencies,
): Promise<CommandEnd> {
  const { signal, intercept, check, onFault } = options;
  signal?.throwIfAborted();
  const variables = inheritedVariables(options);
  // Before anything else: whether it can be done at all.
  await using capture = await openCapture(options, variables["PATH"]);
  await using folder = capture && (await createPrivateFolder());
  const parts = capture === undefined ? (options.parts ?? "all") : "gateway";
  const settings = settingsOf(options);
  const load = contextLoader(() => settings);
  const context = await load();
  const { quickAnswer, startGateway } = dependencies;
  const plan = await planLaunch(context, argv, {
    variables,
    quickAnswer,
    parts,
    ...(intercept && { intercept }),
    ...(check !== undefined && { check }),
    ...(signal && { signal }),
  });
  const gateway = await openGateway(plan, {
    context,
    reload: load,
    onFault: (fault) => onFault?.(fault),
    requireToken: options.requireToken === true,
    ...(folder && { capture: join(folder.path, "gateway") }),
    startGateway,
  });
  const captured = capture && gateway && folder && { capture, gateway, folder: folder.path };
  try {
    return await launch(argv, { options, parts, context, variables, plan, gateway, captured });
  } finally {
    // Whom the command has left behind loses its way out; waiting for them could take too long.
    await gateway?.destroy();
  }
}

interface Launching {
  readonly options: RunCommandOptions;
  readonly parts: Parts;
  readonly context: DialContext;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly plan: ChildPlan;
  readonly gateway: LaunchGateway | undefined;
  readonly captured: Captured | undefined;
}

interface Captured {
  readonly capture: Capture;
  readonly gateway: LaunchGateway;
  /** For files that nobody else shall read. */
  readonly folder: string;
}

async function openCapture(
  { capture = false, parts, onOutput, system }: RunCommandOptions,
  path: string | undefined,
): Promise<Capture | undefined> {
  if (capture === false) return undefined;
  if (parts !== undefined) throw captureWithParts();
  const { hostPorts = [], publish = [] } = capture === true ? {} : capture;
  if (!hostPorts.every(isPort)) throw notPorts("hostPorts");
  if (!publish.every(isPort)) throw notPorts("publish");
  const opening = await import("./capture/index.js");
  const relays = onOutput !== undefined;
  return opening.openCapture({ system: system ?? createSystem(), path, hostPorts, publish, relays });
}

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535;

async function launch(argv: readonly string[], launching: Launching): Promise<CommandEnd> {
  const { options, parts, context, variables: inherited, plan, gateway, captured } = launching;
  const { signal, onWarning, onPlan } = options;
  await using environment = await childEnvironment({
    context,
    variables: inherited,
    parts,
    captured: captured !== undefined,
    argv,
    ...(gateway !== undefined && { gateway }),
  });
  const { variables, warnings } = environment;
  if (options.check !== false) {
    const { system } = context;
    const doubts = await checkPreload(plan, { argv, system, inherited, variables, ...(signal && { signal }) });
    for (const warning of doubts) onWarning?.(warning);
  }
  for (const warning of warnings) onWarning?.(warning);
  await captured?.capture.ready;
  onPlan?.(planFor(plan, gateway, environment.readable));
  signal?.throwIfAborted();
  const how = commandOptions(options, variables);
  const outcome =
    captured === undefined
      ? await runCommand(environment.argv, how)
      : await runCaptured(captured, environment, {
          argv,
          ...how,
          onFault: (fault) => options.onFault?.(fault.toJSON()),
        });
  if (outcome.kind === "not-started") throw outcome.fault;
  signal?.throwIfAborted();
  return outcome.end;
}

function commandOptions(
  { signal, forwardSignals, onOutput }: RunCommandOptions,
  variables: Readonly<Record<string, string>>,
): CommandOptions {
  return {
    variables,
    ...(signal && { signal }),
    ...(forwardSignals !== false && { onSignal: ownSignals }),
    ...(onOutput && {
      output: { stdout: (chunk) => onOutput(chunk, "stdout"), stderr: (chunk) => onOutput(chunk, "stderr") },
    }),
  };
}

async function runCaptured(
  { capture, gateway, folder }: Captured,
  { authorities }: ChildEnvironment,
  command: Omit<CapturedCommand, "covers" | "onConnection">,
): Promise<CommandOutcome> {
  const { makeCovers } = await import("./capture/index.js");
  const covers = await makeCovers(authorities, folder);
  return capture.run({ ...command, covers, onConnection: (socket, target) => gateway.take(socket, target) });
}

function planFor(
  { summary, reasons, intercept }: ChildPlan,
  gateway: LaunchGateway | undefined,
  readable: readonly string[],
): RunPlan {
  return { summary, gateway: gateway === undefined ? undefined : { url: gateway.url, reasons, intercept }, readable };
}

function inheritedVariables({ source }: RunCommandOptions): Readonly<Record<string, string | undefined>> {
  return source?.variables ?? source?.environment?.variables ?? readEnvironment().variables;
}

/** Of the options those of a context are read, and no others. */
function settingsOf(options: RunCommandOptions): ContextOptions {
  const { signal } = options;
  return signal === undefined
    ? options
    : { ...options, system: interruptible(options.system ?? createSystem(), signal) };
}
