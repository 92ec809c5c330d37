import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificates, type Certificates } from "./certificates.js";
import { startDaemon, type Account, type Daemon, type DaemonOptions } from "./daemon.js";
import { haproxyConfiguration, type HaproxyPorts } from "./haproxy.js";
import { nginxConfiguration, type NginxPorts } from "./nginx.js";
import { freePorts } from "./ports.js";
import { findProgram, findSquid, squidArguments } from "./programs.js";
import { frontConfiguration, inspectorConfiguration, type FrontPorts, type SquidFiles } from "./squid.js";
import { startStreamOrigin } from "./stream-origin.js";

/** What the tests are told about the running site. Plain data: it crosses into vitest's workers. */
export interface Site {
  readonly directory: string;
  readonly certs: Certificates;
  readonly front: FrontPorts;
  readonly inspector: number;
  readonly nginx: NginxPorts;
  readonly stream: number;
  readonly haproxy: HaproxyPorts | undefined;
  readonly socks: number | undefined;
  readonly login: { readonly username: string; readonly password: string };
  readonly logs: { readonly front: string; readonly inspector: string; readonly nginx: string };
}

/** The name that the inspector lets pass untouched, as it must where the origin wants a client certificate. */
export const exemptName = "pinned.origin.test";
/** Names that the proxies resolve by their own hosts file, and that no resolver on this machine knows. */
export const proxyNames = ["origin.test", exemptName, "a.origin.test", "b.origin.test", "blocked.test"];

/** Awkward on purpose: each of these has broken some client that puts a login in a URL. */
const login = { username: "alice@example.com", password: "p:a/5%5#é" };

export async function startSite(): Promise<{ readonly site: Site; readonly stop: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), "sallyport-real-"));
  const daemons: Daemon[] = [];
  const undo: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    await Promise.all(daemons.map((daemon) => daemon.stop()));
    for (const step of undo.toReversed()) await step();
  };
  try {
    const account = nobody();
    const stream = await startStreamOrigin();
    undo.push(stream.close);
    const site = await prepare(directory, account, stream.port);
    for (const [name, options] of commands(site, account)) daemons.push(await startDaemon(name, options));
    return { site, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The account that daemons run as when the tests run as root. Anybody else is unprivileged already. */
export function nobody(): Account | undefined {
  return process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : undefined;
}

function idOf(flag: "-u" | "-g"): number {
  return Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
}

/** Certificates, ports and configuration files: all that there is before the first daemon starts. */
async function prepare(directory: string, account: Account | undefined, stream: number): Promise<Site> {
  const certDirectory = join(directory, "certs");
  const run = join(directory, "run");
  await Promise.all([mkdir(certDirectory), mkdir(run, { mode: 0o700 })]);
  const certs = await makeCertificates(certDirectory);
  const port = await freePorts(14);
  const site: Site = {
    directory,
    certs,
    front: { open: port(), basic: port(), tls: port(), tlsCert: port(), chained: port(), chainedCert: port() },
    inspector: port(),
    nginx: { plain: port(), tls: port(), mtls: port(), mtlsH2: port() },
    stream,
    haproxy: findProgram("haproxy") === undefined ? undefined : { tls13: port(), tls12: port() },
    socks: findProgram("microsocks") === undefined ? undefined : port(),
    login,
    logs: {
      front: join(run, "front.access.log"),
      inspector: join(run, "inspector.access.log"),
      nginx: join(run, "nginx.access.log"),
    },
  };
  await writeConfigurations(site, run);
  if (account !== undefined) {
    const own = [run, certs.server.cert, certs.server.key, certs.serverBoth, certs.inspectorKey];
    await handOver(account, [directory, certDirectory], own);
  }
  return site;
}

async function writeConfigurations(site: Site, run: string): Promise<void> {
  const squid = findSquid();
  if (squid === undefined) throw new Error("squid with OpenSSL is missing");
  const files: SquidFiles = {
    directory: run,
    passwords: join(run, "passwords"),
    hosts: join(run, "hosts"),
    helpers: squid.helpers,
  };
  // Of 127.0.0.1 alone: with ::1 beside it squid answers 503 and never tries the other address.
  await writeFile(files.hosts, proxyNames.map((name) => `127.0.0.1 ${name}\n`).join(""));
  const hash = execFileSync("openssl", ["passwd", "-apr1", "-stdin"], {
    input: `${login.password}\n`,
    encoding: "utf8",
  });
  await writeFile(files.passwords, `${login.username}:${hash}`);
  await writeFile(join(run, "front.conf"), frontConfiguration(site.front, site.inspector, files, site.certs));
  await writeFile(join(run, "inspector.conf"), inspectorConfiguration(site.inspector, exemptName, files, site.certs));
  await writeFile(join(run, "nginx.conf"), nginxConfiguration(site.nginx, site.stream, run, site.certs));
  if (site.haproxy !== undefined)
    await writeFile(join(run, "haproxy.cfg"), haproxyConfiguration(site.haproxy, site.certs));
  execFileSync(join(squid.helpers, "security_file_certgen"), ["-c", "-s", join(run, "ssl_db"), "-M", "4MB"], {
    stdio: "ignore",
  });
}

/** Root's files, made reachable for the account without privileges: some folders to pass through, some things to own. */
async function handOver({ uid, gid }: Account, open: readonly string[], own: readonly string[]): Promise<void> {
  await Promise.all(open.map((path) => chmod(path, 0o755)));
  execFileSync("chown", ["-R", `${uid}:${gid}`, ...own]);
}

/** In the order in which they must start: a parent before the child that asks it. */
function commands(site: Site, account: Account | undefined): readonly (readonly [string, DaemonOptions])[] {
  const directory = join(site.directory, "run");
  const at = (file: string): string => join(directory, file);
  const list: (readonly [string, DaemonOptions])[] = [];
  const add = (name: string, program: string, args: readonly string[], ports: readonly number[]): void => {
    const command = findProgram(program) ?? program;
    list.push([name, { command, args, ports, directory, account }]);
  };
  add(
    "nginx",
    "nginx",
    ["-p", directory, "-c", at("nginx.conf"), "-e", at("nginx.start.log")],
    Object.values(site.nginx),
  );
  add("inspector", "squid", squidArguments(at("inspector.conf"), site.inspector), [site.inspector]);
  add("front", "squid", squidArguments(at("front.conf"), Object.values(site.front)[0]), Object.values(site.front));
  if (site.haproxy !== undefined) {
    add("haproxy", "haproxy", ["-f", at("haproxy.cfg"), "-db"], Object.values(site.haproxy));
  }
  if (site.socks !== undefined) {
    const user = ["-u", site.login.username, "-P", site.login.password];
    add("microsocks", "microsocks", ["-i", "127.0.0.1", "-p", String(site.socks), ...user], [site.socks]);
  }
  return list;
}
