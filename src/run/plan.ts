import { formatHostPort, hostPortOf } from "../base/hostname.js";
import { isLinkLocal, isLoopback, parseIp } from "../base/ip.js";
import { identityMeantFor } from "../dial/index.js";
import type { DialContext } from "../dial/types.js";
import { choicesOf, serversOf } from "../policy/index.js";
import type { IdentitySpec, Policy, ProxyChoice, ProxyServer, SecretRef } from "../policy/types.js";
import { unspeakable } from "../tools/index.js";
import { nothingToPresent } from "./faults-plan.js";
import type { ChildPlan, GatewayReason, PlanOptions } from "./types.js";

type Settings = Pick<DialContext, "policy" | "trust" | "identities">;

/**
 * How a command gets out: whether it needs a gateway and why, what its Node processes do, and which hosts the gateway intercepts. Made
 * from the settings alone.
 * @throws {ConnectError} CONFIG_INVALID where a host is to be intercepted and there is no certificate to present
 */
export function planChild(context: Settings, options: PlanOptions = {}): ChildPlan {
  const { parts = "all" } = options;
  const intercept = hostsToIntercept(context, options);
  const reasons = gatewayReasons(context, intercept, options);
  const gateway = parts === "gateway" || (parts === "all" && reasons.length > 0);
  return {
    preload: preloadMode(context.policy, { parts, gateway, restricted: options.restricted === true }),
    reasons: parts === "all" || parts === "gateway" ? reasons : [],
    gateway,
    intercept: gateway ? intercept : [],
    summary: summarize(context, intercept),
  };
}

export interface NodeChildren {
  readonly parts: PlanOptions["parts"];
  readonly gateway: boolean;
  readonly restricted: boolean;
}

/**
 * A secret that comes from a command is asked for once, by the gateway; Node children then go there as all others do. Where all is
 * at hand they dial themselves, which spares them a hop and presents certificates to every host. A program that may not read what it likes is
 * left to the gateway too, so that it needs no right to read keys, nor to start commands and threads; unless it would lose a certificate.
 */
export function preloadMode(policy: Policy, { parts, gateway, restricted }: NodeChildren): ChildPlan["preload"] {
  if (parts === "env" || parts === "gateway") return "none";
  if (!gateway) return "dials";
  const loses = policy.identities.some(({ hosts }) => hosts === "all");
  const isAsked = secretsOf(policy).some(({ kind }) => kind === "command") || needsHelper(policy);
  return (restricted && !loses) || isAsked ? "gateway" : "dials";
}

function hostsToIntercept(context: Settings, { intercept = [], urls = [] }: PlanOptions): string[] {
  if (intercept.length > 0 && context.identities.origins.length === 0) throw nothingToPresent(context.policy.prefix);
  const asked = urls.filter((url) => URL.canParse(url)).map((url) => new URL(url));
  return [...new Set([...intercept, ...asked.filter((url) => presentsTo(context, url)).map(hostOf)])];
}

/** Loopback never reaches the gateway: no child is told to send it there. */
function presentsTo(context: Settings, url: URL): boolean {
  const { host, port } = hostPortOf(url);
  return url.protocol === "https:" && !isLocal(host) && identityMeantFor(context, host, port) !== undefined;
}

function isLocal(host: string): boolean {
  const address = parseIp(host);
  if (address !== undefined) return isLoopback(address) || isLinkLocal(address);
  return host === "localhost" || host.endsWith(".localhost");
}

function hostOf(url: URL): string {
  const { host, port } = hostPortOf(url);
  return url.port === "" ? host : formatHostPort(host, port);
}

/** What plain variables cannot express for every program. */
function gatewayReasons(
  { policy, identities }: Settings,
  intercept: readonly string[],
  { storedLogin = false, otherScheme = false }: PlanOptions,
): GatewayReason[] {
  const servers = proxiesOf(policy);
  const reasons: (GatewayReason | false)[] = [
    (intercept.length > 0 || [...identities.origins, ...identities.broken].some(({ hosts }) => hosts !== "all")) && {
      kind: "client-certificate",
      text: "a client certificate that most programs cannot present",
    },
    servers.some(({ protocol }) => protocol.startsWith("socks")) && {
      kind: "socks",
      text: "a SOCKS proxy, which most programs cannot use",
    },
    servers.some(({ protocol }) => protocol === "https") && {
      kind: "tls-proxy",
      text: "a proxy over TLS, which many programs cannot use",
    },
    servers.length > 0 &&
      (otherScheme || asksForScheme(policy)) && { kind: "proxy-login", text: "a login that most programs cannot make" },
    storedLogin && { kind: "stored-login", text: "a stored login, of which programs know nothing" },
    policy.proxyIdentity !== undefined && {
      kind: "proxy-certificate",
      text: "a client certificate for the proxy",
    },
    secretReason(policy),
    policy.routes.length > 0 && { kind: "host-rules", text: "routes for single hosts" },
    servers.length > 0 &&
      unspeakable(policy.noProxy.value.entries).length > 0 && {
        kind: "no-proxy",
        text: "hosts without a proxy that programs cannot be told of",
      },
    choicesOf(policy).some(({ kind }) => kind === "chain") && {
      kind: "proxy-chain",
      text: "proxies in a chain, of which programs can be told one alone",
    },
    choicesOf(policy).some(({ kind }) => kind === "pac") && { kind: "pac", text: "a PAC file" },
    // Left out of the variables it would mean no proxy at all.
    choicesOf(policy).some(({ kind }) => kind === "invalid") && {
      kind: "unusable-proxy",
      text: "a proxy setting that cannot be used",
    },
  ];
  const found = reasons.filter((reason) => reason !== false);
  return found.length > 0 ? found : plainLogin(policy);
}

/**
 * Java's clients, Maven and Chromium take no login from a variable, and a gateway knows them by their user. apt 2.6 and Deno send the one that they
 * take to servers as well, inside the tunnel: what a gateway asks for is worth nothing there. So there is one also where nothing else needs it.
 */
function plainLogin(policy: Policy): GatewayReason[] {
  if (loginsOf(policy).length === 0) return [];
  return [{ kind: "proxy-login", text: "a login that some programs cannot present, and others show to servers" }];
}

/** Programs send a password that a proxy's URL holds by Basic, and know no other way. */
function asksForScheme({ proxyAuth: { schemes } }: Policy): boolean {
  return schemes.source.kind !== "default" && schemes.value[0] !== "basic";
}

/** A secret in a file is as good as a variable to us, yet a login in a file can be put into no URL for long: it may be changed. */
function secretReason(policy: Policy): GatewayReason | false {
  const refs = [...loginsOf(policy).map(({ kind }) => kind), ...passphrasesOf(policy).map(({ kind }) => kind)];
  if (refs.includes("command")) return { kind: "secret-command", text: "a secret that a command gives" };
  if (needsHelper(policy)) return { kind: "secret-command", text: "a login that a command gives" };
  return loginsOf(policy).some(({ kind }) => kind === "file")
    ? { kind: "secret-command", text: "a login that a file holds" }
    : false;
}

/**
 * Programs know nothing of a helper, but for Claude Code of its own. Where its settings switch that on, no variable of ours keeps it from being run
 * for the gateway, whose token would be overridden by what it prints.
 */
function needsHelper(policy: Policy): boolean {
  const { helper } = policy.proxyAuth;
  if (helper === undefined || helper.value.claudeCode === "settings") return false;
  const servers = proxiesOf(policy);
  return servers.some(({ login }) => login === undefined) || choicesOf(policy).some(({ kind }) => kind === "pac");
}

const secretsOf = (policy: Policy): SecretRef[] => [...loginsOf(policy), ...passphrasesOf(policy)];

/** Those that are named as such, not by a PAC file. */
export function proxiesOf(policy: Policy): ProxyServer[] {
  return choicesOf(policy).flatMap(serversOf);
}

function loginsOf(policy: Policy): SecretRef[] {
  return proxiesOf(policy).flatMap(({ login }) => (login === undefined ? [] : [login.password]));
}

function passphrasesOf({ identities, proxyIdentity }: Policy): SecretRef[] {
  const specs: readonly IdentitySpec[] = proxyIdentity === undefined ? identities : [...identities, proxyIdentity];
  return specs.flatMap(({ passphrase }) => (passphrase === undefined ? [] : [passphrase.value]));
}

/** `through http://proxy.corp:3128 (login alice), certificate CN=alice for api.example.com, 2 extra authorities` */
function summarize(context: Settings, intercept: readonly string[]): string {
  const parts = [way(context.policy), certificate(context, intercept), authorities(context)];
  return parts.filter((part) => part !== undefined).join(", ");
}

function way({ proxy, routes }: Policy): string {
  const byHost =
    routes.length === 0 ? "" : ` but for ${routes.length} ${routes.length === 1 ? "route" : "routes"} by host`;
  const { https, http } = proxy;
  if (https === undefined && http === undefined) return `directly${byHost}`;
  if (https === undefined) return `directly, and for http ${through(http?.value)}${byHost}`;
  return `${through(https.value)}${byHost}`;
}

function through(choice: ProxyChoice | undefined): string {
  if (choice?.kind === "pac") return "as a PAC file says";
  if (choice?.kind === "invalid") return "through a proxy that cannot be used";
  const servers = serversOf(choice);
  return servers.length === 0 ? "directly" : `through ${servers.map(describe).join(", then ")}`;
}

function describe({ protocol, host, port, login }: ProxyServer): string {
  return `${protocol}://${formatHostPort(host, port)}${login === undefined ? "" : ` (login ${shownName(login.username)})`}`;
}

/** Whoever forgets the colon has a token for a user name: a long one is not shown. */
const shownName = (username: string): string => (/^[\w.@\\-]{1,32}$/.test(username) ? username : "***");

function certificate({ identities }: Settings, intercept: readonly string[]): string | undefined {
  const [first, ...others] = identities.origins;
  if (first === undefined) return undefined;
  const names =
    others.length > 0 ? `${identities.origins.length} certificates` : `certificate ${commonName(first.subject)}`;
  return intercept.length === 0 ? `${names} for programs that can present it` : `${names} for ${intercept.join(", ")}`;
}

const commonName = (subject: string): string => /CN=[^,]+/.exec(subject)?.[0] ?? subject;

function authorities({ trust }: Settings): string | undefined {
  const added = trust.sources
    .filter(({ name }) => name !== "bundled" && name !== "system")
    .reduce((sum, source) => sum + source.added, 0);
  return added === 0 ? undefined : `${added} extra ${added === 1 ? "authority" : "authorities"}`;
}
