import tls from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { isConnectError, type ConnectError } from "../base/errors.js";
import { createAuthority } from "../lab/index.js";
import { dial } from "./index.js";
import { listening, proxyAt, scripted, testContext, testIdentity, type ScriptedServer } from "./testing/context.js";
import type { DialContext, DialOptions, Target } from "./types.js";

const secure = { protocol: "https:", host: "api.lab.test", port: 443 } as const;
const never = (): Promise<never> => new Promise(() => undefined);
/** Alone, each of these would outlast its test. */
const patient = { dns: 600_000, tcp: 600_000, proxyTls: 600_000, tunnel: 600_000, tls: 600_000, firstByte: 600_000 };
const servers: tls.Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

async function faultOf(context: DialContext, target: Target, options: DialOptions = {}): Promise<ConnectError> {
  const error: unknown = await dial(context, target, options).catch((reason: unknown) => reason);
  if (isConnectError(error)) return error;
  throw new Error("expected a ConnectError", { cause: error });
}

/** A proxy that opens every tunnel, and is silent in it. */
const willing = (): Promise<ScriptedServer> =>
  scripted((socket, chunk) => {
    if (chunk.toString("latin1").startsWith("CONNECT ")) socket.write("HTTP/1.1 200 OK\r\n\r\n");
  });
const silent = (): Promise<ScriptedServer> => scripted(() => undefined);

describe("a target of bytes", () => {
  test.each([
    ["the settings for https hold", { port: 8443 }, "https://api.lab.test:8443/"],
    ["but on port 80, where those for http do", { port: 80 }, "http://api.lab.test:80/"],
    ["unless it is said what they are", { port: 80, carries: "https:" }, "https://api.lab.test:80/"],
    ["either way", { port: 8443, carries: "http:" }, "http://api.lab.test:8443/"],
  ] as const)("has a tunnel through every proxy: %s", async (_, where, url) => {
    await using proxy = await willing();
    const context = testContext({ hops: [proxyAt("http", proxy.port)] });
    const asked: string[] = [];
    const route: typeof context.route = (text) => {
      asked.push(text);
      return context.route(text);
    };
    const made = await dial({ ...context, route }, { protocol: "tcp:", host: "api.lab.test", ...where });
    made.socket.destroy();
    expect(asked).toEqual([url]);
    expect(proxy.received()).toMatch(`CONNECT api.lab.test:${where.port} HTTP/1.1`);
    expect([made.forward, made.alpn, made.identity]).toEqual([undefined, undefined, undefined]);
  });
});

describe("what one dial has of its own", () => {
  test("a route is taken, and the settings are not asked for one", async () => {
    await using proxy = await willing();
    const given = await testContext({ hops: [proxyAt("http", proxy.port)] }).route("https://api.lab.test/");
    const context: DialContext = { ...testContext(), route: () => Promise.reject(new Error("asked")) };
    const made = await dial(context, { ...secure, protocol: "tcp:" }, { route: given });
    made.socket.destroy();
    expect(made.route).toBe(given);
    expect(proxy.received()).toContain("CONNECT api.lab.test:443 ");
  });

  test("client certificates are shown in place of the context's", async () => {
    const authority = await createAuthority({ name: "Test Root" });
    const server = await authority.issue({ commonName: "localhost", hosts: ["localhost"], usage: "server" });
    const seen: string[] = [];
    const listener = tls.createServer({
      cert: server.chain,
      key: server.key,
      requestCert: true,
      rejectUnauthorized: false,
      maxVersion: "TLSv1.2",
    });
    listener.on("secureConnection", (socket) => {
      seen.push(String(socket.getPeerCertificate().subject?.CN ?? "none"));
      socket.on("error", () => undefined);
    });
    servers.push(listener);
    const port = await listening(listener);
    const clients = await Promise.all(
      ["alice", "bob"].map((commonName) => authority.issue({ commonName, usage: "client" })),
    );
    const [alice, bob] = clients.map(({ chain, key }, index) => testIdentity(chain, key, ["alice", "bob"][index]));
    const context = testContext({ ca: [authority.cert], ...(alice && { identity: alice }) });
    const others = [{ ...context.identities, origins: bob === undefined ? [] : [bob] }, undefined];
    const names: (string | undefined)[] = [];
    for (const identities of [...others, { ...context.identities, origins: [] }]) {
      const target = { protocol: "https:", host: "localhost", port } as const;
      const made = await dial(context, target, identities && { identities });
      names.push(made.identity?.name);
      made.socket.destroy();
    }
    expect(names).toEqual(["bob", "alice", undefined]);
    expect(seen).toEqual(["bob", "alice", "none"]);
  });

  test("a kind of address is all that is connected to on a way without a proxy", async () => {
    await using server = await silent();
    const target = { protocol: "tcp:", host: "api.lab.test", port: server.port } as const;
    const lookup = (): Promise<{ address: string; family: 4 | 6 }[]> =>
      Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
    const context = testContext({ system: { lookup } });
    const made = await dial(context, target, { direct: { family: 4 } });
    made.socket.destroy();
    expect((await faultOf(context, target, { direct: { family: 6 } })).code).toBe("DNS_NOT_FOUND");
  });

  test("a resolver, in the manner of dns.lookup, is asked in place of the context's", async () => {
    await using server = await silent();
    const target = { protocol: "http:", host: "name.of-mine.test", port: server.port } as const;
    const asked: string[] = [];
    const made = await dial(testContext(), target, {
      lookup: (name, _options, callback) => {
        asked.push(name);
        callback(null, "127.0.0.1", 4);
      },
    });
    made.socket.destroy();
    expect(asked).toEqual(["name.of-mine.test"]);
  });
});

describe("a deadline for the whole dial ends the stage that is under way, with that stage's fault", () => {
  const deadline = 150;
  /** Milliseconds. On a busy machine the first may be over before the stage that is meant. */
  const deadlines = [deadline, 1000, 5000];
  const through = (kind: "http" | "https" | "socks5h", start: () => Promise<ScriptedServer>) => async () => {
    const proxy = await start();
    return [testContext({ hops: [proxyAt(kind, proxy.port)], timeouts: patient }), proxy] as const;
  };

  test.each<[string, Partial<ConnectError>, () => Promise<readonly [DialContext, AsyncDisposable?]>]>([
    [
      "the choice of the route",
      { code: "PAC_TIMEOUT", stage: "route", hop: "local" },
      () => Promise.resolve([{ ...testContext({ timeouts: patient }), route: never }]),
    ],
    [
      "names",
      { code: "DNS_FAILED", stage: "dns", hop: "target" },
      () => Promise.resolve([testContext({ timeouts: patient, system: { lookup: never } })]),
    ],
    ["TLS to a proxy", { code: "TLS_TIMEOUT", stage: "proxy-tls", hop: "proxy" }, through("https", silent)],
    ["a proxy's answer", { code: "PROXY_TIMEOUT", stage: "tunnel", hop: "proxy" }, through("http", silent)],
    ["a SOCKS proxy's answer", { code: "PROXY_TIMEOUT", stage: "tunnel", hop: "proxy" }, through("socks5h", silent)],
    ["TLS to the target", { code: "TLS_TIMEOUT", stage: "tls", hop: "target" }, through("http", willing)],
  ])("%s", async (_, fault, scene) => {
    const [context, server] = await scene();
    let found: ConnectError | undefined;
    for (const patience of deadlines) {
      if (found?.stage !== fault.stage) found = await faultOf(context, secure, { deadline: patience });
    }
    expect(found).toMatchObject(fault);
    await server?.[Symbol.asyncDispose]();
  });

  test.each(["http", "socks5h", "socks4a"] as const)(
    "the command that gives the login at an %s proxy",
    async (kind) => {
      await using proxy = await willing();
      const password = { kind: "command", command: "ask" } as const;
      const hop = { ...proxyAt(kind, proxy.port), login: { username: "alice", password } };
      const context = testContext({ hops: [hop], timeouts: patient, system: { run: never } });
      expect(await faultOf(context, secure, { deadline })).toMatchObject({
        code: "SECRET_COMMAND_FAILED",
        hop: "local",
      });
      expect(proxy.received()).not.toContain("CONNECT");
    },
  );

  test("another login for one that was refused, which is told then", async () => {
    await using proxy = await scripted((socket) =>
      socket.write("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n"),
    );
    const password = { kind: "command", command: "ask" } as const;
    const hop = { ...proxyAt("http", proxy.port), login: { username: "alice", password } };
    let runs = 0;
    const run = (): Promise<string> => (runs++ === 0 ? Promise.resolve("first") : never());
    const context = testContext({ hops: [hop], timeouts: patient, system: { run } });
    expect(await faultOf(context, secure, { deadline: 500 })).toMatchObject({ code: "PROXY_AUTH_REJECTED" });
    expect(runs).toBe(2);
  });

  test("what remains of it is the bound of each stage, by one clock", async () => {
    let now = 0;
    await using proxy = await scripted((socket, chunk) => {
      if (chunk.toString("latin1").startsWith("CONNECT ")) socket.write("HTTP/1.1 200 OK\r\n\r\n");
      // A minute in which the proxy thought about it.
      now += 60_000;
    });
    const context = testContext({
      hops: [proxyAt("http", proxy.port)],
      timeouts: patient,
      system: { monotonic: () => now },
    });
    const { message } = await faultOf(context, secure, { deadline: 60_050 });
    expect(message).toContain("within 50 ms");
  });

  test("and a shorter bound of one stage holds", async () => {
    await using proxy = await silent();
    const context = testContext({ hops: [proxyAt("http", proxy.port)], timeouts: { tunnel: 50 } });
    const { message } = await faultOf(context, secure, { deadline: 600_000 });
    expect(message).toContain("within 50 ms");
  });
});
