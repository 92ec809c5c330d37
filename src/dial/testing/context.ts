import { createHash, randomUUID } from "node:crypto";
import net from "node:net";
import { Secret } from "../../base/secret.js";
import type { System } from "../../base/system.js";
import { createSystem } from "../../env/index.js";
import type { Identity } from "../../identity/types.js";
import { loginSchemes } from "../../policy/types.js";
import type { AuthHelper, LoginScheme, Policy, ProxyServer, Timeouts } from "../../policy/types.js";
import type { DialContext } from "../types.js";

const timeouts: Timeouts = { dns: 2000, tcp: 2000, proxyTls: 2000, tunnel: 2000, tls: 2000, firstByte: 2000 };

export interface TestContext {
  readonly hops?: readonly ProxyServer[];
  readonly ca?: readonly string[];
  readonly identity?: Identity;
  readonly proxyIdentity?: Identity;
  readonly timeouts?: Partial<Timeouts>;
  readonly schemes?: readonly LoginScheme[];
  readonly helper?: AuthHelper;
  readonly system?: Partial<System>;
}

/** A context by hand: a route, authorities and identities, without settings behind them. */
export function testContext(parts: TestContext = {}): DialContext {
  const hops = parts.hops ?? [];
  const source = { kind: "default" } as const;
  const policy: Policy = {
    prefix: "SALLYPORT",
    proxy: {},
    noProxy: { value: { entries: [], proxyLoopback: true }, source },
    proxyAuth: {
      schemes: { value: parts.schemes ?? loginSchemes, source },
      ...(parts.helper && {
        helper: { value: parts.helper, source: { kind: "variable", name: "SALLYPORT_PROXY_AUTH_HELPER" } },
      }),
    },
    pacFallback: { value: "fail", source },
    pacLogins: [],
    routes: [],
    trust: { files: [], directories: [], stores: { value: [], source } },
    identities: [],
    timeouts: { ...timeouts, ...parts.timeouts },
    strict: false,
    faults: [],
    warnings: [],
    settings: [],
  };
  const certificates = parts.ca ?? [];
  return {
    policy,
    trust: {
      id: createHash("sha256").update(certificates.join()).digest("hex"),
      certificates,
      extra: certificates,
      sources: [],
      faults: [],
      warnings: [],
    },
    identities: {
      origins: parts.identity === undefined ? [] : [parts.identity],
      broken: [],
      ...(parts.proxyIdentity === undefined ? {} : { proxy: parts.proxyIdentity }),
      faults: [],
      warnings: [],
    },
    system: createSystem({
      lookup: (name) => Promise.reject(Object.assign(new Error(`ENOTFOUND ${name}`), { code: "ENOTFOUND" })),
      ...parts.system,
    }),
    route: (url) => ({
      origin: new URL(url).origin,
      kind: hops.length === 0 ? "direct" : "proxy",
      hops,
      reason: "as the test has it",
      source,
    }),
  };
}

export function testIdentity(cert: string, key: string, name = "alice"): Identity {
  return {
    name,
    id: randomUUID(),
    hosts: "all",
    subject: `CN=${name}`,
    issuer: "CN=Test Client CA",
    notBefore: "2026-01-01T00:00:00.000Z",
    notAfter: "2036-01-01T00:00:00.000Z",
    files: [],
    material: () => ({ cert, key }),
  };
}

export function proxyAt(
  protocol: ProxyServer["protocol"],
  port: number,
  login?: { username: string; password: string },
): ProxyServer {
  return {
    protocol,
    host: "localhost",
    port,
    ...(login === undefined
      ? {}
      : { login: { username: login.username, password: { kind: "inline", secret: new Secret(login.password) } } }),
  };
}

export interface ScriptedServer extends AsyncDisposable {
  readonly port: number;
  /** All bytes that came, of all connections. */
  received(): string;
}

/** A TCP server on loopback which does what the script says with each connection. */
export async function scripted(script: (socket: net.Socket, chunk: Buffer) => void): Promise<ScriptedServer> {
  const sockets = new Set<net.Socket>();
  const chunks: Buffer[] = [];
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      script(socket, chunk);
    });
  });
  const port = await listening(server);
  return {
    port,
    received: () => Buffer.concat(chunks).toString("latin1"),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function listening(server: net.Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(address === null || typeof address === "string" ? 0 : address.port);
    });
  });
}
