/**
 * sallyport gets a program out through a corporate network. What a program holds is made by {@link createNetwork};
 * the other exports are the parts that it is made from.
 *
 * Importing this module loads errors and codes, and nothing else: each part loads what it needs when it is first called.
 */
import { basedOn, nativeFetch } from "./base/native-fetch.js";
import type { System } from "./base/system.js";
import type {
  ClosableAgent,
  ClosableDispatcher,
  ClosableFetch,
  ContextOptions,
  CreateAgentOptions,
  CreateDispatcherOptions,
  CreateFetchOptions,
  Installation,
  Network,
  NetworkOptions,
} from "./clients/index.js";
import type { Connection, DialContext, DialOptions, Target } from "./dial/index.js";
import type { Diagnosable, DiagnoseOptions, Explanation, Report } from "./doctor/index.js";
import type { EnvironmentOptions, Snapshot } from "./env/index.js";
import type { Gateway, GatewayOptions } from "./gateway/index.js";
import type { Identities } from "./identity/index.js";
import type { Policy, PolicyOptions, TrustSettings } from "./policy/index.js";
import type { Route } from "./route/index.js";
import type { ChildEnvironment, ChildEnvironmentOptions, CommandEnd, RunCommandOptions } from "./run/index.js";
import type { TrustBundle } from "./trust/index.js";

export { faultCodes, type FaultCode, type Severity, type Stage } from "./base/codes.js";
export {
  ConnectError,
  findConnectError,
  isConnectError,
  type ConnectErrorInit,
  type Fault,
  type FaultsAndWarnings,
  type Hop,
} from "./base/errors.js";
export type { IpRange } from "./base/ip.js";
export type { PathMistake } from "./base/faults-path.js";
export { Secret } from "./base/secret.js";
export { createSystem } from "./env/index.js";
export type {
  ConfigFile,
  EnvironmentOptions,
  ReadConfig,
  Snapshot,
  VariableOrigin,
  OsProxyProblem,
  OsProxyServer,
  OsProxySettings,
} from "./env/index.js";
export type {
  CertificateInput,
  FileSetting,
  HostPattern,
  IdentityInput,
  IdentitySpec,
  NoProxyEntry,
  SimpleNames,
  NoProxyRules,
  Policy,
  PolicyOptions,
  ProxyChoice,
  ProxyInput,
  ProxyPathInput,
  ProxyLogin,
  ProxyProtocol,
  ProxyServer,
  LoginScheme,
  AuthHelper,
  ProxyAuth,
  ProxyAuthInput,
  RouteInput,
  RouteRule,
  SecretInput,
  SecretRef,
  Setting,
  SettingReport,
  Source,
  Timeouts,
  TrustSettings,
} from "./policy/index.js";
export type { HopReport, Route, RouteReport } from "./route/index.js";

export type {
  Address,
  FileStat,
  LoginPlace,
  NetworkView,
  ConnectionEnds,
  Endpoint,
  OwnerCheck,
  PathWatch,
  ProxyAddress,
  RunOptions,
  StoredLogin,
  StoredLogins,
  System,
} from "./base/system.js";
export type {
  AgentOptions,
  AgentProtocol,
  Agents,
  ClosableAgent,
  ClosableDispatcher,
  ClosableFetch,
  ContextOptions,
  ContextSource,
  CreateAgentOptions,
  CreateDispatcherOptions,
  CreateFetchOptions,
  DispatcherOptions,
  Installation,
  Network,
  NetworkOptions,
  WebSocketClass,
} from "./clients/index.js";
export type {
  AnswerWatch,
  Connection,
  DialContext,
  Abortable,
  DialOptions,
  Forward,
  ForwardedRequest,
  HttpTarget,
  StageEvent,
  Target,
  TunnelTarget,
} from "./dial/index.js";
export type {
  Diagnosable,
  DiagnoseOptions,
  ProbeName,
  Explanation,
  Finding,
  IdentityReport,
  MissingAuthority,
  Owner,
  Report,
  StageReport,
  ShownCertificate,
  ShownChain,
  TargetReport,
  TrustReport,
} from "./doctor/index.js";
export type { CertificateState } from "./base/certificate-life.js";
export type { CommonNoProxy, Reading } from "./tools/index.js";
export type * from "./gateway/index.js";
export type { BrokenIdentity, Identities, Identity, IdentityMaterial } from "./identity/index.js";
export type {
  ChildEnvironment,
  ChildEnvironmentOptions,
  CommandEnd,
  GatewayFace,
  GatewayReason,
  Parts,
  RunCapture,
  RunCommandOptions,
  RunGateway,
  RunPlan,
} from "./run/index.js";
export type { ChildVariable } from "./tools/types.js";
export type { TrustBundle, TrustSource } from "./trust/index.js";

/**
 * Reads the environment once and gives all that a program needs: fetch, agents, a dispatcher, WebSocket.
 * @throws {ConnectError} for a setting that is unusable
 */
export async function createNetwork(options?: NetworkOptions): Promise<Network> {
  const clients = await import("./clients/index.js");
  return clients.createNetwork(options);
}

/**
 * A dispatcher for undici 6 and 7 and the built-in fetch, with a network of its own.
 * @throws {ConnectError} for a setting that is unusable
 */
export async function createDispatcher(options?: CreateDispatcherOptions): Promise<ClosableDispatcher> {
  const clients = await import("./clients/index.js");
  return clients.createDispatcher(options);
}

/**
 * An agent for node:https, or with `{ protocol: "http:" }` for node:http, with a network of its own.
 * @throws {ConnectError} for a setting that is unusable
 */
export async function createAgent(options?: CreateAgentOptions): Promise<ClosableAgent> {
  const clients = await import("./clients/index.js");
  return clients.createAgent(options);
}

/** A fetch with a network of its own, which reads its settings at the first call. A setting that is unusable is what it rejects with. */
export function createFetch(options?: CreateFetchOptions): ClosableFetch {
  let made: Promise<ClosableFetch> | undefined;
  const make = (): Promise<ClosableFetch> =>
    (made ??= import("./clients/index.js").then((clients) => clients.createFetch(options)));
  const fetch: typeof globalThis.fetch = async (input, init) => (await make())(input, init);
  const close = async (): Promise<void> => (await make()).close();
  return Object.assign(basedOn(nativeFetch(), fetch), { close, [Symbol.asyncDispose]: close });
}

/** Has the whole process leave by the policy: fetch, node:http, node:https and WebSocket, until it is disposed of. */
export async function install(options?: NetworkOptions): Promise<Installation> {
  const clients = await import("./clients/index.js");
  return clients.install(options);
}

/**
 * Reads, once, what a policy is made from: the variables, and the config files of the user and of the administrator. Rejects for
 * nothing that it finds: a file that cannot be read is noted in the snapshot.
 *
 * The user's file is the one that `<prefix>_CONFIG` names, else `sallyport/config.json` in the user's configuration
 * directory. That place is the same for every prefix, since the file describes the network and not one program. Nothing in
 * the working directory is read unless `<prefix>_CONFIG` names it: a cloned repository must not redirect traffic.
 */
export async function readEnvironment(options?: EnvironmentOptions): Promise<Snapshot> {
  const { readEnvironment: read } = await import("./env/index.js");
  return read(options);
}

/**
 * Makes one policy of what the environment, the config files and the caller say. Reads nothing, and rejects for nothing that is
 * wrong in them: what makes (a part of) the policy unusable is in `faults`, and using that part fails with the fault.
 *
 * Precedence: the managed file's `enforced` part, `options`, variables, the user's file, the managed file's `defaults`, and the proxy
 * settings of the operating system. A setting with one value takes that of the first source that has it; CA files, routes and identities of all sources count.
 */
export async function resolvePolicy(snapshot: Snapshot, options?: PolicyOptions): Promise<Policy> {
  const { resolvePolicy: resolve } = await import("./policy/index.js");
  return resolve(snapshot, options);
}

/**
 * Says how `url` (http, https, ws or wss) is reached, and why. Touches no network.
 *
 * In this order: the first route rule that names the host; direct where no proxy is set; direct for what NO_PROXY names;
 * direct for loopback and link-local targets, unless NO_PROXY holds `<-loopback>`; else the proxy of the URL's scheme. A rule
 * for `*` does not count for loopback and link-local targets either: a rule that means them names them.
 *
 * @throws {ConnectError} PROXY_URL_INVALID, PROXY_SCHEME_UNSUPPORTED or CONFIG_INVALID where the setting that decides is
 * unusable: nothing goes direct by accident. CONFIG_INVALID also for what is not such a URL, and where a PAC file decides, which has to
 * be read first: a network's `route` does that.
 */
export async function selectRoute(policy: Policy, url: string | URL): Promise<Route> {
  const { selectRoute: select } = await import("./route/index.js");
  return select(policy, url);
}

/** Loads and merges the authorities that the settings name. Files that cannot be used are in the bundle's `faults`. */
export async function loadTrust(settings: TrustSettings, system: System): Promise<TrustBundle> {
  const trust = await import("./trust/index.js");
  return trust.loadTrust(settings, system);
}

/** Loads and checks the client certificates that the policy names. What cannot be used is in `faults`. */
export async function loadIdentities(policy: Policy, system: System): Promise<Identities> {
  const identity = await import("./identity/index.js");
  return identity.loadIdentities(policy, system);
}

/** All that {@link dial} needs, from the environment. @throws {ConnectError} for a setting that is unusable */
export async function loadContext(options?: ContextOptions): Promise<DialContext> {
  const clients = await import("./clients/index.js");
  return clients.loadContext(options);
}

/** Opens one connection as the policy has it. @throws {ConnectError} which names stage, hop, cause and remedy */
export async function dial(context: DialContext, target: Target, options?: DialOptions): Promise<Connection> {
  const dialer = await import("./dial/index.js");
  return dialer.dial(context, target, options);
}

/**
 * Walks the way to each URL stage by stage, and says what holds, what fails, and what to do.
 * @param source a network, or the options of one: then settings that are unusable are in the report, all of them
 */
export async function diagnose(
  source: Diagnosable | ContextOptions,
  urls: readonly string[],
  options?: DiagnoseOptions,
): Promise<Report> {
  const doctor = await import("./doctor/index.js");
  return doctor.diagnose(source, urls, options);
}

/**
 * What applies to one URL, and why: the route, the client certificate, the authorities, and how other tools would read the same
 * variables. Nothing is connected to (a PAC file may be fetched to choose the route). Settings that are unusable are among the
 * `warnings`, secrets nowhere.
 * @param options those of {@link createNetwork}
 * @throws {ConnectError} CONFIG_INVALID for what is not a URL of http or https; the fault of the route where none can be chosen
 */
export async function explain(url: string, options?: ContextOptions): Promise<Explanation> {
  const doctor = await import("./doctor/index.js");
  return doctor.explainUrl(url, options);
}

/**
 * Starts a forward proxy on loopback or a Unix socket, which dials as the policy has it: CONNECT, absolute form, and SOCKS 5 on one
 * port. What clients must present is in its `proxyUrl`.
 * @throws {ConnectError} for a setting that is unusable, or an address that cannot be listened on
 */
export async function startGateway(options?: GatewayOptions): Promise<Gateway> {
  const gateway = await import("./gateway/index.js");
  return gateway.startGateway(options);
}

/**
 * The environment of a child process that gets out by a context's policy, whatever program it is. Dispose of it when the child is gone.
 *
 * The context's `prefix`, and the options that were given for it in code, hold in Node children and in their children, too: they lie in
 * a file of mode 0600, passwords and keys among them, and in no variable. A variable that somebody sets for a child later
 * goes before the option that means the same. (`lookup` and `system` are functions, and stay in this process.)
 *
 * ```ts
 * const context = await loadContext();
 * await using environment = await childEnvironment({ context, variables: process.env });
 * const child = spawn("git", ["fetch"], { env: environment.variables, stdio: "inherit" });
 * await once(child, "close");
 * ```
 * @throws {ConnectError} SECRET_COMMAND_FAILED where a secret that a variable needs cannot be had
 */
export async function childEnvironment(options: ChildEnvironmentOptions): Promise<ChildEnvironment> {
  const children = await import("./run/index.js");
  return children.childEnvironment(options);
}

/**
 * The whole of `sallyport run`: checks the way, starts a gateway where the command needs one, runs the command in an environment that
 * leads it out by the policy, and waits for its end. The gateway and the environment's files are gone then, however it ended. Nothing
 * is printed: `onPlan`, `onWarning` and `onFault` are told what there is to say.
 *
 * ```ts
 * const { status } = await run(["npm", "install"], { onPlan: ({ summary }) => console.error(summary) });
 * process.exitCode = status;
 *
 * // On Linux, for a program that reads nothing, beside a database of this machine's.
 * await run(["svn", "update"], { capture: { hostPorts: [5432] } });
 * ```
 * @param argv the command and its arguments; no shell reads them
 * @throws {ConnectError} where the way is closed or a setting is unusable, and CONFIG_INVALID for a command that cannot be started
 * @throws the reason of `signal` after an abort; what `onOutput` throws
 */
export async function run(argv: readonly string[], options: RunCommandOptions = {}): Promise<CommandEnd> {
  const running = await import("./run/index.js");
  return running.run(argv, options, {
    startGateway: async () => (await import("./gateway/index.js")).startGateway,
    quickAnswer: async () => (await import("./doctor/index.js")).quickAnswer,
  });
}
