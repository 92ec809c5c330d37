import type { ConnectError, Fault } from "../base/errors.js";
import { contextLoader, type ContextOptions } from "../clients/index.js";
import type { DialContext } from "../dial/types.js";
import { createSystem, readEnvironment } from "../env/index.js";
import { childEnvironment } from "./child-environment.js";
import { ownSignals, runCommand, type CommandEnd } from "./command.js";
import {
  checkPreload,
  interruptible,
  openGateway,
  planLaunch,
  type LaunchGateway,
  type QuickAnswer,
  type StartGateway,
} from "./launch.js";
import type { ChildPlan, GatewayReason, Parts } from "./types.js";

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
  /** `http://127.0.0.1:port`, without the login. */
  readonly url: string;
  /** Why it was needed. */
  readonly reasons: readonly GatewayReason[];
  /** Hosts for which it presents the client certificate. */
  readonly intercept: readonly string[];
}

/**
 * How a command is run: where its settings come from, settings in code, what is checked, and who is told. The command inherits the
 * variables of the `source`: `process.env` by default, and where the source is a policy.
 */
export interface RunCommandOptions extends ContextOptions {
  /** What the command gets: the preload and variables (`all`, the default), or one of them. */
  readonly parts?: Parts;
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
  const { signal, parts, intercept, check, onFault } = options;
  signal?.throwIfAborted();
  const variables = inheritedVariables(options);
  const settings = settingsOf(options);
  const load = contextLoader(() => settings);
  const context = await load();
  const { quickAnswer, startGateway } = dependencies;
  const plan = await planLaunch(context, argv, {
    variables,
    quickAnswer,
    ...(parts && { parts }),
    ...(intercept && { intercept }),
    ...(check !== undefined && { check }),
    ...(signal && { signal }),
  });
  const gateway = await openGateway(plan, {
    context,
    reload: load,
    onFault: (fault) => onFault?.(fault),
    requireToken: options.requireToken === true,
    startGateway,
  });
  try {
    return await launch(argv, { options, context, variables, plan, gateway });
  } finally {
    // Whom the command has left behind loses its way out; waiting for them could take too long.
    await gateway?.destroy();
  }
}

interface Launching {
  readonly options: RunCommandOptions;
  readonly context: DialContext;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly plan: ChildPlan;
  readonly gateway: LaunchGateway | undefined;
}

async function launch(argv: readonly string[], launching: Launching): Promise<CommandEnd> {
  const { options, context, variables: inherited, plan, gateway } = launching;
  const { signal, parts = "all", onOutput, onWarning, onPlan } = options;
  await using environment = await childEnvironment({
    context,
    variables: inherited,
    parts,
    argv,
    ...(gateway !== undefined && { gateway }),
  });
  const { variables, warnings } = environment;
  const aborted = signal && { signal };
  if (options.check !== false) {
    const { system } = context;
    const doubts = await checkPreload(plan, { argv, system, inherited, variables, ...aborted });
    for (const warning of doubts) onWarning?.(warning);
  }
  for (const warning of warnings) onWarning?.(warning);
  onPlan?.(planFor(plan, gateway, environment.readable));
  signal?.throwIfAborted();
  const outcome = await runCommand(environment.argv, {
    variables,
    ...aborted,
    ...(options.forwardSignals !== false && { onSignal: ownSignals }),
    ...(onOutput && {
      output: { stdout: (chunk) => onOutput(chunk, "stdout"), stderr: (chunk) => onOutput(chunk, "stderr") },
    }),
  });
  if (outcome.kind === "not-started") throw outcome.fault;
  signal?.throwIfAborted();
  return outcome.end;
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
