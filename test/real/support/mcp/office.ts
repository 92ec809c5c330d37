import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { labVariables, startLab, type Lab } from "../../../../src/lab/index.js";
import { mcpLibrary } from "../built.js";
import { openNetwork } from "../network.js";
import { freePorts } from "../ports.js";
import { startEverything } from "./everything.js";
import { startModernServer } from "./modern-server.js";
import { startTerminator, type Terminator } from "./terminator.js";
import type { Way } from "./sessions.js";

export type ServerName = "everything" | "everything over SSE" | "modern" | "stateless";

type Variables = Readonly<Record<string, string>>;

/** Real servers behind a proxy with a login, which inspects whatever is not theirs, and a terminator that wants a client certificate. */
export interface Office extends AsyncDisposable {
  readonly lab: Lab;
  readonly terminator: Terminator;
  readonly urls: Readonly<Record<ServerName, string>>;
  readonly variables: Variables;
  /** The same, with the certificate for the servers' hosts by name. */
  readonly namedVariables: Variables;
  readonly ways: Readonly<Record<"bridge" | "fetch", Way>>;
  /** Calls that were given up, as the modern servers saw it. */
  readonly cancelled: number;
}

export async function startOffice(program: string): Promise<Office> {
  const lab = await startLab();
  const terminator = await startTerminator(lab);
  let cancelled = 0;
  const watch = { cancelled: () => void cancelled++ };
  const port = await freePorts(2);
  const servers = await Promise.all([
    startEverything(program, "streamableHttp", port()),
    startEverything(program, "sse", port()),
    startModernServer("reject", watch),
    startModernServer("stateless", watch),
  ]);
  const at = (place: number, path: string): string =>
    terminator.outside(`http://localhost:${servers[place]?.port}${path}`);
  const login = { username: "jane", password: "p@ss:w%rd" };
  const proxy = await lab.proxy({ name: "proxy", login, inspect: { exempt: [".localhost"] } });
  const variables = {
    PATH: process.env["PATH"] ?? "",
    SALLYPORT_CERT_STORE: "bundled",
    ...labVariables(lab, proxy, { noProxy: "<-loopback>" }),
  };
  const urls = {
    everything: at(0, "/mcp"),
    "everything over SSE": at(1, "/sse"),
    modern: at(2, "/mcp"),
    stateless: at(3, "/mcp"),
  };
  const network = await openNetwork(variables);
  const { createMcpFetch } = await mcpLibrary();
  return {
    lab,
    terminator,
    urls,
    variables,
    namedVariables: named(lab, variables, urls),
    ways: { bridge: { variables }, fetch: { fetch: createMcpFetch(network) } },
    get cancelled() {
      return cancelled;
    },
    async [Symbol.asyncDispose]() {
      await network.destroy();
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
      await terminator[Symbol.asyncDispose]();
      await lab.close();
    },
  };
}

function named(lab: Lab, variables: Variables, urls: Office["urls"]): Variables {
  const { client, passphrase } = lab.files;
  const hosts = Object.values(urls).map((url) => new URL(url).hostname);
  const path = join(lab.directory, "named.json");
  const identities = [{ name: "work", hosts, cert: client.cert, key: client.encryptedKey, passphrase }];
  writeFileSync(path, JSON.stringify({ identities }), { mode: 0o600 });
  const others = Object.entries(variables).filter(([name]) => !name.startsWith("CLAUDE_CODE_CLIENT_"));
  return { ...Object.fromEntries(others), SALLYPORT_CONFIG: path };
}
