import type { Socket } from "node:net";
import type { ConnectError, Fault } from "../base/errors.js";
import type { System } from "../base/system.js";
import type { Connection, DialContext } from "../dial/types.js";
import type { Checked } from "./check.js";
import { defaultCheck } from "./default-check.js";
import { checkNodeOptions } from "./node-check.js";
import { findPermission } from "./permission.js";
import { planChild, proxiesOf } from "./plan.js";
import { probeProgram } from "./probe.js";
import type { ChildPlan, GatewayFace, Parts } from "./types.js";

type Variables = Readonly<Record<string, string | undefined>>;

/** What doctor/ asks over a connection before the launch; run/ is a sibling of it, and is handed it. */
export type QuickAnswer = (
  context: DialContext,
  connection: Connection,
  url: URL,
  options: { readonly patience: number; readonly signal?: AbortSignal },
) => Promise<ConnectError | undefined>;

export interface LaunchOptions {
  readonly variables: Variables;
  readonly parts?: Parts;
  readonly intercept?: readonly string[];
  /** URLs to check; `false`: none. Default: {@link defaultCheck}'s. */
  readonly check?: readonly string[] | false;
  /** Nothing is connected to, and the URLs that would be are taken for reachable. */
  readonly dry?: boolean;
  readonly signal?: AbortSignal;
  readonly quickAnswer: () => Promise<QuickAnswer>;
}

/**
 * How a command gets out, with its way checked.
 * @throws {ConnectError} the fault of the first URL that has one; CONFIG_INVALID for a host that cannot be intercepted
 */
export async function planLaunch(
  context: DialContext,
  argv: readonly string[],
  options: LaunchOptions,
): Promise<ChildPlan> {
  const { parts = "all", intercept = [], check, dry = false, signal } = options;
  const urls = urlsToCheck(argv, check, options.variables);
  // Before anything is dialled: a host that cannot be intercepted is a mistake of whoever asked for it.
  const storedLogin = await hasStoredLogin(context);
  const restricted = findPermission(argv, options.variables["NODE_OPTIONS"]) !== undefined;
  const plan = planChild(context, { parts, intercept, urls, storedLogin, restricted });
  if (check === false || dry || urls.length === 0) return plan;
  // The dialer is the greatest part of what there is to load, and most commands are checked against nothing.
  const [quickAnswer, { checkBeforeLaunch, takesOtherScheme }] = await Promise.all([
    options.quickAnswer(),
    import("./check.js"),
  ]);
  const aborted = signal && { signal };
  const checked = await checkBeforeLaunch(context, urls, {
    ...aborted,
    ask: (connection, url, patience) => quickAnswer(context, connection, url, { patience, ...aborted }),
  });
  const asking = checked.filter(mayAsk).map(({ url }) => url);
  const otherScheme = proxiesOf(context.policy).some(takesOtherScheme);
  return planChild(context, { parts, intercept, urls: asking, storedLogin, otherScheme, restricted });
}

/** Whoever starts it is told at once of one that cannot be used. @throws {ConnectError} PROXY_LOGIN_UNREADABLE */
async function hasStoredLogin({ policy, system }: DialContext): Promise<boolean> {
  for (const proxy of proxiesOf(policy)) {
    if (proxy.login === undefined && (await system.storedLogins?.find(proxy)) !== undefined) return true;
  }
  return false;
}

/** A server that asked for no certificate will get none: its TLS need not be intercepted. */
const mayAsk = ({ asked }: Checked): boolean => asked !== false;

function urlsToCheck(argv: readonly string[], check: LaunchOptions["check"], variables: Variables): readonly string[] {
  if (check !== undefined && check !== false) return check;
  const url = defaultCheck(argv, variables);
  return url === undefined ? [] : [url];
}

/** As much of a gateway as a command beside it needs. */
export interface LaunchGateway extends GatewayFace {
  readonly url: string;
  /** Serves a connection that was captured. */
  take(client: Socket, target: { readonly host: string; readonly port: number }): void;
  /** `same-user`: programs of this user need no token. */
  readonly admits: "token" | "same-user" | "everyone";
  destroy(): Promise<void>;
}

/** What gateway/ does; run/ is a sibling of it, and is handed it. */
export type StartGateway = (
  options: {
    readonly intercept: readonly string[];
    readonly statusPage: false;
    readonly sameUser: boolean;
    readonly captures: boolean;
    readonly listen?: { readonly path: string };
    readonly load: () => Promise<DialContext>;
    readonly onEvent: (event: { readonly kind: string; readonly fault?: Fault }) => void;
  },
  starter: "run",
) => Promise<LaunchGateway>;

export interface LaunchGatewayOptions {
  readonly context: DialContext;
  /** Loads the settings again when a file of theirs has changed. */
  readonly reload: () => Promise<DialContext>;
  /** What the gateway told a program that came to it. */
  readonly onFault: (fault: Fault) => void;
  /** Ask programs of this user for the token, too. */
  readonly requireToken: boolean;
  /** The Unix socket of a gateway whose clients are handed over, in a private folder: then no port is listened on. */
  readonly capture?: string;
  readonly startGateway: () => Promise<StartGateway>;
}

/** The gateway that a plan asks for. */
export async function openGateway(
  plan: ChildPlan,
  { context, reload, onFault, requireToken, capture, startGateway }: LaunchGatewayOptions,
): Promise<LaunchGateway | undefined> {
  if (!plan.gateway) return undefined;
  const start = await startGateway();
  let first: DialContext | undefined = context;
  return start(
    {
      intercept: plan.intercept,
      statusPage: false,
      sameUser: !requireToken,
      captures: capture !== undefined,
      ...(capture !== undefined && { listen: { path: capture } }),
      // Whoever was asked for a passphrase is not asked again for the same settings; later ones are read when a file has changed.
      load: async () => {
        const loaded = first ?? (await reload());
        first = undefined;
        return loaded;
      },
      onEvent: ({ kind, fault }) => {
        if (kind === "fault" && fault !== undefined) onFault(fault);
      },
    },
    "run",
  );
}

export interface PreloadCheck {
  readonly argv: readonly string[];
  readonly system: System;
  /** Those that the command's were made from. */
  readonly inherited: Variables;
  /** The command's. */
  readonly variables: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Node programs are reached by what NODE_OPTIONS loads into them: whether Node will read it.
 * @returns what is worth a warning
 * @throws {ConnectError} CONFIG_INVALID where the command would not start, or without the preload
 */
export async function checkPreload(plan: ChildPlan, check: PreloadCheck): Promise<readonly ConnectError[]> {
  const nodeOptions = check.inherited["NODE_OPTIONS"];
  if (plan.preload === "none" || nodeOptions === undefined) return [];
  const { argv, variables, system, signal } = check;
  return checkNodeOptions({ argv, nodeOptions, variables, system, probe: probeProgram(signal) });
}

/** A command that asks for a password ends with us: it is no part of what was to be run. */
export function interruptible(system: System, ours: AbortSignal): System {
  const run: System["run"] = (command, { signal, ...rest } = {}) =>
    system.run(command, { ...rest, signal: signal === undefined ? ours : AbortSignal.any([signal, ours]) });
  return { ...system, run };
}
