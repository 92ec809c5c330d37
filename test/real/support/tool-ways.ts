import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labVariables, startLab, type Lab, type LabProxy, type ProxyOptions } from "../../../src/lab/index.js";
import { Upstream } from "../../matrix/upstreams/upstream.js";
import { files } from "../../matrix/upstreams/files.js";
import { builtCli } from "./built.js";
import { execute } from "./execute.js";
import type { Tool } from "./tool.js";

const login = { username: "alice", password: "p@ss#w%rd" };
const host = "registry.lab.test";

/** How a tool is sent out: with what in between, and by which of sallyport's means. */
export interface Way {
  readonly name: string;
  readonly proxy: ProxyOptions;
  readonly clientCertificate: boolean;
  /**
   * `run`: as a child of `sallyport run`; `env`: in a bash that has evaluated what `sallyport env` printed; `file`: by its own settings
   * file, which `sallyport env --for` wrote, with no variable that it would look at.
   */
  readonly by: "run" | "env" | "file";
}

const basic: ProxyOptions = { name: "proxy", login };
export const ways = {
  run: { name: "sallyport run, through a login", proxy: basic, clientCertificate: false, by: "run" },
  env: { name: "sallyport env, through a login", proxy: basic, clientCertificate: false, by: "env" },
  file: { name: "its settings file, through a login", proxy: basic, clientCertificate: false, by: "file" },
  openFile: {
    name: "its settings file, through an inspector",
    proxy: { name: "proxy", inspect: true },
    clientCertificate: false,
    by: "file",
  },
  open: {
    name: "sallyport env, through an inspector",
    proxy: { name: "proxy", inspect: true },
    clientCertificate: false,
    by: "env",
  },
  socks: {
    name: "sallyport run, through SOCKS",
    proxy: { name: "proxy", protocol: "socks", login },
    clientCertificate: false,
    by: "run",
  },
  certificate: { name: "sallyport run, with a client certificate", proxy: basic, clientCertificate: true, by: "run" },
} as const satisfies Readonly<Record<string, Way>>;

/** A request at the far end: the certificate that was shown, and whether a login for a proxy came with it, which must not be there. */
export interface Visit {
  readonly peer: string | undefined;
  /** `another`: a gateway's, which is worth nothing elsewhere. */
  readonly proxyLogin: "none" | "the proxy's" | "another";
}

/** What came of it, as the server saw it; the tool's own output is only for whoever repairs a test. */
export interface Passed {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Tunnels that the proxy opened, and whether it was given the login. */
  readonly tunnels: readonly { readonly target: string; readonly granted: boolean; readonly login: boolean }[];
  /** Requests at the far end: the certificate that was shown, and what must not be there. */
  readonly visits: readonly Visit[];
  readonly target: string;
  /** Secrets that must be in nothing that sallyport says. */
  readonly secrets: readonly string[];
}

/** @param content the folder that registries are made of */
export async function send(tool: Tool, way: Way, content: string): Promise<Passed> {
  const home = await mkdtemp(join(tmpdir(), "sallyport-tool-"));
  try {
    await using lab = await startLab();
    const proxy = await lab.proxy(way.proxy);
    await using far = await openFarEnd(lab, tool, way, content);
    const variables = {
      PATH: process.env["PATH"] ?? "",
      ...(await (way.by === "file" ? inFile(lab, proxy, home) : settings(lab, proxy, way))),
      ...tool.variables?.(far.origin, home),
      HOME: home,
      XDG_DATA_HOME: join(home, "data"),
    };
    const argv = await commandLine(tool, way, far.origin, home);
    const ended = await execute(argv, variables, { cwd: variables["HOME"] });
    return {
      ...ended,
      tunnels: lab.log.of(proxy.name, "connect").map((event) => ({
        target: event.target,
        granted: event.status === 200 || event.status === 0,
        login: event.authorization !== undefined,
      })),
      visits: far.visits(),
      target: new URL(far.origin).host,
      secrets: [login.password, encodeURIComponent(login.password), lab.files.passphrase],
    };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** The settings of the user: a proxy, the network's authorities, and a certificate with an encrypted key. */
function settings(lab: Lab, proxy: LabProxy, { clientCertificate }: Way): Record<string, string> {
  return { CLAUDE_CODE_CERT_STORE: "bundled", ...labVariables(lab, proxy, { clientCertificate }) };
}

/** The same in a file that sallyport alone reads. */
async function inFile(lab: Lab, proxy: LabProxy, home: string): Promise<Record<string, string>> {
  const path = join(home, "sallyport.json");
  const password = join(home, "password");
  await writeFile(password, login.password, { mode: 0o600 });
  const withLogin = { url: proxy.url, username: login.username, password: { file: password } };
  const config = {
    proxy: proxy.url === proxy.urlWithLogin ? proxy.url : withLogin,
    ca: { files: [lab.files.bundle], stores: ["bundled"] },
  };
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return { SALLYPORT_CONFIG: path };
}

function loginIn(field: string | readonly string[] | undefined): Visit["proxyLogin"] {
  if (field === undefined) return "none";
  const own = Buffer.from(`${login.username}:${login.password}`).toString("base64");
  return String(field).includes(own) ? "the proxy's" : "another";
}

interface FarEnd extends AsyncDisposable {
  readonly origin: string;
  visits(): Passed["visits"];
}

async function openFarEnd(lab: Lab, tool: Tool, { clientCertificate }: Way, content: string): Promise<FarEnd> {
  const origin = await lab.origin({ name: host, ...(clientCertificate && { clientCertificate: "required" }) });
  if (tool.asks === "echo") {
    return {
      origin: origin.url,
      visits: () =>
        lab.log
          .of(host, "request")
          .map(({ peer, headers }) => ({ peer, proxyLogin: loginIn(headers["proxy-authorization"]) })),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  // The proxy knows the name by the origin that bears it, and goes to whatever port of it is asked for.
  const side = await Upstream.open(lab, { name: host, clientCertificate, handlers: [files(content)] });
  return {
    origin: `https://${host}:${side.port}`,
    visits: () => side.visits.map(({ peer, proxyLogin }) => ({ peer, proxyLogin: loginIn(proxyLogin) })),
    [Symbol.asyncDispose]: () => side[Symbol.asyncDispose](),
  };
}

async function commandLine(tool: Tool, way: Way, origin: string, home: string): Promise<readonly string[]> {
  const command = tool.command(origin, home);
  if (way.by === "run") {
    const open = way.clientCertificate ? ["--intercept", host] : [];
    return [process.execPath, builtCli, "run", "--no-check", ...open, "--", ...command];
  }
  // Where the texts that refer to a secret find it.
  const bin = join(home, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "sallyport"), `#!/bin/sh\nexec '${process.execPath}' '${builtCli}' "$@"\n`);
  await chmod(join(bin, "sallyport"), 0o755);
  return ["bash", "-c", `PATH="$0:$PATH"; ${useOf(tool, way)} && exec "$@"`, bin, ...command];
}

function useOf({ needsPreload, settings: own }: Tool, way: Way): string {
  if (way.by === "env") return `eval "$(sallyport env --shell bash${needsPreload === true ? " --preload" : ""})"`;
  if (own === undefined) throw new TypeError("a tool without settings of its own");
  if (own.put !== undefined) {
    const secrets = own.holdsLogin === true && way.proxy.login !== undefined ? " --secrets" : "";
    return `sallyport env --for ${own.format}${secrets} > "$HOME/settings" && ${own.put}`;
  }
  if (own.variable === undefined) return `eval "$(sallyport env --for ${own.format} | sed -n 's/.*To use it: //p')"`;
  return `sallyport env --for ${own.format} > "$HOME/settings" && export ${own.variable}="$HOME/settings"`;
}
