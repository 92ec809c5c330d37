import type { Sshd } from "../real/support/sshd.js";
import { startLab, type Lab } from "../../src/lab/index.js";
import { proxyHost, type Column, type Settings, type TargetPlan } from "./columns.js";
import type { Evidence, Sight, Visit } from "./evidence.js";
import { labGate, loginGate, type Gate } from "./gates.js";
import type { LoginProxies } from "./logins.js";
import { servePac } from "./pac-server.js";
import { Upstream, type UpstreamOptions, type Handler } from "./upstreams/upstream.js";
import { SshUpstream } from "./upstreams/ssh.js";
import type { FarEnd } from "./rows.js";
import { doorAddress } from "./support/closed-machine.js";
import { NameServer } from "./support/name-server.js";
import { Relay } from "./support/relay.js";

export interface FarEnds {
  readonly handlers: readonly Handler[];
  readonly sshd: Sshd | undefined;
  readonly attachSocketIo: NonNullable<UpstreamOptions["attach"]>;
}

/** What all scenes have in common, and what keeps those that are open at the same time apart. */
export interface SceneContext {
  readonly ends: FarEnds;
  readonly logins: LoginProxies;
  readonly slot: number;
}

/** The network of one cell: a lab of its own, a resolver, and a way past the proxy for whoever takes it. */
export interface Scene extends AsyncDisposable {
  readonly settings: Settings;
  /** `https://host:port`, in the order in which the client is to ask. */
  readonly urls: readonly string[];
  /** Address of the resolver. */
  readonly nameServer: string;
  evidence(): Promise<Omit<Evidence, "status" | "timedOut" | "stdout" | "stderr">>;
}

interface Target {
  readonly plan: TargetPlan;
  readonly url: string;
  readonly port: number;
  readonly visits: () => readonly Visit[];
  /** The way to it that goes past the proxy: its name resolves to there. Whoever takes it gets an answer, and is found out by the count. */
  readonly door: Relay | undefined;
}

/**
 * @param columns more than one: a PAC file chooses between them
 * @param context `slot` tells the loopback addresses of cells that run at the same time apart
 */
export async function openScene(columns: readonly Column[], farEnd: FarEnd, context: SceneContext): Promise<Scene> {
  const open: AsyncDisposable[] = [];
  const close = async () => {
    for (const resource of open.reverse()) await resource[Symbol.asyncDispose]();
  };
  const keep: Keep = (resource) => {
    open.push(resource);
    return resource;
  };
  try {
    const lab = keep(await startLab());
    const address = doorAddress(context.slot);
    const networks: OpenNetwork[] = [];
    for (const column of columns) networks.push(await openNetwork(lab, column, farEnd, context, keep, address));
    const nameServer = `127.0.1.${context.slot + 1}`;
    const known = new Map([[proxyHost, "127.0.0.1"]]);
    for (const { sideDoor, targets } of columns) if (sideDoor) for (const { host } of targets) known.set(host, address);
    const names = keep(await NameServer.listen(nameServer, known));
    return {
      settings: await settingsOf(lab, networks, keep),
      urls: networks.flatMap(({ targets }) => targets.map(({ url }) => url)),
      nameServer,
      evidence: async () => ({
        ...(await whatWasSeen(networks)),
        questions: [...names.questions].map(subjectOf).filter((name) => name !== proxyHost),
      }),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type Keep = <Resource extends AsyncDisposable>(resource: Resource) => Resource;

/** What one column is about. */
interface OpenNetwork {
  readonly column: Column;
  readonly gate: Gate;
  readonly targets: readonly Target[];
}

async function openNetwork(
  lab: Lab,
  column: Column,
  farEnd: FarEnd,
  { ends, logins }: SceneContext,
  keep: Keep,
  address: string,
): Promise<OpenNetwork> {
  const gate = await gateOf(lab, column, logins);
  const targets: Target[] = [];
  for (const planned of column.targets) {
    const plan =
      farEnd === "plain" || farEnd === "ssh" ? { ...planned, inspected: false, certificate: false } : planned;
    const far = await openFarEnd(lab, plan, farEnd, ends, keep);
    const door = column.sideDoor ? keep(await Relay.open({ address, port: far.port, to: far.port })) : undefined;
    targets.push({ plan, ...far, door });
  }
  return { column, gate, targets };
}

async function gateOf(lab: Lab, column: Column, logins: LoginProxies): Promise<Gate> {
  if (column.squid === undefined) return labGate(lab, column);
  const proxy = logins[column.squid];
  if (typeof proxy === "string") throw new Error(proxy);
  return loginGate(proxy);
}

/** The discard port (RFC 863): nothing listens there. */
const deadProxy = "PROXY 127.0.0.1:9";

async function settingsOf(lab: Lab, networks: readonly OpenNetwork[], keep: Keep): Promise<Settings> {
  const columns = networks.map(({ column }) => column);
  const hasSeveral = networks.length > 1;
  const ways = networks.flatMap(({ column, gate, targets }): [string, string][] => {
    if (!hasSeveral && column.pac === undefined) return [];
    const way = `${column.pac === undefined ? "" : `${deadProxy}; `}PROXY ${new URL(gate.url).host}`;
    return targets.map(({ plan }) => [plan.host, way]);
  });
  // With a PAC file, a variable tells the login of the one proxy that has a password.
  const named = networks.filter(
    ({ column, gate }) => column.pac === undefined && (!hasSeveral || gate.url.includes("@")),
  );
  const schemes = columns.flatMap(({ squid }) => squid ?? []);
  const certified = columns.flatMap(({ targets }) => targets.filter((plan) => plan.certificate));
  return {
    proxyUrl: named[0]?.gate.url,
    pacUrl: ways.length === 0 ? undefined : keep(await servePac(ways)).url,
    surroundings: Object.assign({}, ...networks.map(({ gate }) => gate.surroundings)),
    schemes: schemes.length === 0 ? undefined : schemes.join(),
    ticketHosts: hasSeveral ? "localhost" : undefined,
    noProxy: columns.find(({ noProxy }) => noProxy !== undefined)?.noProxy,
    files: lab.files,
    certificateHosts: certified.map((plan) => plan.host),
    hasSeveral,
  };
}

type FarEndpoint = Pick<Target, "url" | "port" | "visits">;

async function openFarEnd(lab: Lab, plan: TargetPlan, farEnd: FarEnd, ends: FarEnds, keep: Keep): Promise<FarEndpoint> {
  const name = plan.host;
  const origin = await lab.origin({
    name,
    tls: farEnd !== "plain" && farEnd !== "ssh",
    ...(plan.certificate ? { clientCertificate: "required", minVersion: "TLSv1.3" } : {}),
  });
  if (farEnd === "lab" || farEnd === "plain") {
    return { url: origin.url, port: origin.port, visits: () => visitsOf(lab, name) };
  }
  if (farEnd === "ssh") {
    if (ends.sshd === undefined) throw new TypeError("there is no sshd");
    const side = keep(await SshUpstream.open(ends.sshd));
    return { url: `ssh://${name}:${side.port}`, port: side.port, visits: () => side.visits };
  }
  // The proxies know a name by the lab's origin that bears it, and go to whatever port of it they are asked for.
  const side = keep(
    await Upstream.open(lab, {
      name,
      clientCertificate: plan.certificate,
      handlers: ends.handlers,
      ...(farEnd === "socket.io" ? { attach: ends.attachSocketIo } : {}),
    }),
  );
  return { url: `https://${name}:${side.port}`, port: side.port, visits: () => side.visits };
}

function visitsOf(lab: Lab, name: string): readonly Visit[] {
  return lab.log
    .of(name, "request")
    .map(({ peer, headers }) => ({ peer, proxyLogin: headers["proxy-authorization"]?.toString() }));
}

async function whatWasSeen(
  networks: readonly OpenNetwork[],
): Promise<Pick<Evidence, "sights" | "tunnels" | "proxyTls" | "proxyPeers" | "logins">> {
  const seen = networks.flatMap(({ gate, targets }) => targets.map((target) => ({ gate, target })));
  const tls = networks.map(({ gate }) => gate.tls());
  return {
    sights: seen.map(({ gate, target }) => sight(gate, target)),
    tunnels: (await Promise.all(seen.map(({ gate, target }) => gate.tunnels(authorityOf(target))))).flat(),
    proxyTls: tls.find(({ proxyTls }) => proxyTls !== "none")?.proxyTls ?? "none",
    logins: networks.flatMap(({ gate }) => loginIn(gate.url) ?? []),
    proxyPeers: tls.flatMap(({ proxyPeers }) => proxyPeers),
  };
}

/** The name that a question is about: apt asks for a service at it (RFC 2782), with labels before it. */
const subjectOf = (question: string): string => question.replace(/^(?:_[^.]+\.)+/, "");

/** RFC 7617. */
function loginIn(url: string): string | undefined {
  const { username, password } = new URL(url);
  const login = [username, password].map((text) => decodeURIComponent(text)).join(":");
  return username === "" ? undefined : `Basic ${Buffer.from(login).toString("base64")}`;
}

const authorityOf = ({ plan, port }: Target): string => `${plan.host}:${port}`;

function sight(gate: Gate, target: Target): Sight {
  const { plan, visits, door } = target;
  return {
    target: authorityOf(target),
    host: plan.host,
    direct: plan.direct,
    inspected: plan.inspected,
    loginNeeded: gate.loginNeeded,
    peer: plan.certificate ? "alice" : undefined,
    visits: visits(),
    sideDoor: door?.passed ?? 0,
    readByProxy: gate.read(authorityOf(target)),
  };
}
