import { startLab, type Lab, type LabProxy } from "../../src/lab/index.js";
import { proxyHost, type Column, type Settings, type TargetPlan } from "./columns.js";
import type { Evidence, Tunnel, Sight, Visit } from "./evidence.js";
import { Upstream, type UpstreamOptions, type Handler } from "./upstreams/upstream.js";
import type { FarEnd } from "./rows.js";
import { NameServer } from "./support/name-server.js";
import { Relay } from "./support/relay.js";

export interface FarEnds {
  readonly handlers: readonly Handler[];
  readonly attachSocketIo: NonNullable<UpstreamOptions["attach"]>;
}

/** The network of one cell: a lab of its own, a resolver, and a way past the proxy for whoever takes it. */
export interface Scene extends AsyncDisposable {
  readonly settings: Settings;
  /** `https://host:port`, in the order in which the client is to ask. */
  readonly urls: readonly string[];
  /** Address of the resolver. */
  readonly nameServer: string;
  evidence(): Omit<Evidence, "status" | "timedOut" | "stdout" | "stderr">;
}

interface Target {
  readonly plan: TargetPlan;
  readonly url: string;
  readonly port: number;
  readonly visits: () => readonly Visit[];
  /** The way to it that goes past the proxy: its name resolves to there. Whoever takes it gets an answer, and is found out by the count. */
  readonly door: Relay | undefined;
}

/** `slot` tells the loopback addresses of cells that run at the same time apart. */
export async function openScene(column: Column, farEnd: FarEnd, ends: FarEnds, slot: number): Promise<Scene> {
  const open: AsyncDisposable[] = [];
  const close = async () => {
    for (const resource of open.reverse()) await resource[Symbol.asyncDispose]();
  };
  const keep = <Resource extends AsyncDisposable>(resource: Resource): Resource => {
    open.push(resource);
    return resource;
  };
  try {
    const lab = keep(await startLab());
    const proxy = await lab.proxy(column.proxy);
    const doorAddress = `127.0.2.${slot + 1}`;
    const targets: Target[] = [];
    for (const planned of column.targets) {
      const plan = farEnd === "plain" ? { ...planned, inspected: false, certificate: false } : planned;
      const far = await openFarEnd(lab, plan, farEnd, ends, keep);
      const door = column.sideDoor
        ? keep(await Relay.open({ address: doorAddress, port: far.port, to: far.port }))
        : undefined;
      targets.push({ plan, ...far, door });
    }
    const nameServer = `127.0.1.${slot + 1}`;
    const known = new Map([[proxyHost, "127.0.0.1"]]);
    if (column.sideDoor) for (const { host } of column.targets) known.set(host, doorAddress);
    const names = keep(await NameServer.listen(nameServer, known));
    return {
      settings: settingsOf(lab, proxy, column),
      urls: targets.map(({ url }) => url),
      nameServer,
      evidence: () => ({
        ...whatTheProxySaw(lab, proxy, column),
        sights: targets.map((target) => sight(lab, proxy, target)),
        questions: [...names.questions].filter((name) => name !== proxyHost),
      }),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function settingsOf(lab: Lab, proxy: LabProxy, column: Column): Settings {
  const certificateHosts = column.targets.filter((plan) => plan.certificate).map((plan) => plan.host);
  const proxyUrl = proxy.urlWithLogin.replace("localhost", proxyHost);
  return { proxyUrl, noProxy: column.noProxy, files: lab.files, certificateHosts };
}

type FarEndpoint = Pick<Target, "url" | "port" | "visits">;

async function openFarEnd(
  lab: Lab,
  plan: TargetPlan,
  farEnd: FarEnd,
  ends: FarEnds,
  keep: <Resource extends AsyncDisposable>(resource: Resource) => Resource,
): Promise<FarEndpoint> {
  const name = plan.host;
  const origin = await lab.origin({
    name,
    tls: farEnd !== "plain",
    ...(plan.certificate ? { clientCertificate: "required", minVersion: "TLSv1.3" } : {}),
  });
  if (farEnd === "lab" || farEnd === "plain") {
    return { url: origin.url, port: origin.port, visits: () => visitsOf(lab, name) };
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
  return lab.log.of(name, "request").map(({ peer, headers }) => ({ peer, headers: Object.keys(headers) }));
}

function sight(lab: Lab, proxy: LabProxy, { plan, port, visits, door }: Target): Sight {
  const target = `${plan.host}:${port}`;
  const read = lab.log
    .of(proxy.name, "request")
    .filter((event) => event.inspected && new URL(event.url).host === target);
  return {
    target,
    host: plan.host,
    direct: plan.direct,
    inspected: plan.inspected,
    peer: plan.certificate ? "alice" : undefined,
    visits: visits(),
    sideDoor: door?.passed ?? 0,
    readByProxy: read.length,
  };
}

function whatTheProxySaw(
  lab: Lab,
  proxy: LabProxy,
  column: Column,
): Pick<Evidence, "tunnels" | "proxyTls" | "loginNeeded" | "proxyPeers"> {
  const tunnels = lab.log.of(proxy.name, "connect").map((event): Tunnel => {
    const granted = (event.status >= 200 && event.status < 300) || event.status === 0;
    return { target: event.target, granted, login: event.authorization !== undefined };
  });
  const forwarded = lab.log
    .of(proxy.name, "request")
    .filter((event) => !event.inspected)
    .map((event): Tunnel => {
      const login = event.headers["proxy-authorization"] !== undefined;
      // In absolute form; one without a login is let pass by a proxy that needs none.
      return { target: new URL(event.url).host, granted: login || column.proxy.login === undefined, login };
    });
  const secured = lab.log.of(proxy.name, "tls");
  return {
    tunnels: [...tunnels, ...forwarded],
    proxyTls: column.proxy.protocol !== "https" ? "none" : secured.length === 0 ? "missing" : "seen",
    loginNeeded: column.proxy.login !== undefined,
    proxyPeers: secured.flatMap(({ peer }) => peer ?? []),
  };
}
