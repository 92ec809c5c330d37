import diagnosticsChannel from "node:diagnostics_channel";
import net from "node:net";
import { describe, expect, test } from "vitest";
import { isConnectError } from "../base/errors.js";
import { dial, identityFor } from "./index.js";
import { listening, proxyAt, scripted, testContext, testIdentity } from "./testing/context.js";
import type { StageEvent } from "./types.js";

const refusing = "HTTP/1.1 403 Forbidden\r\n\r\n";

/** What the channel says while `work` is under way. */
async function published(work: () => Promise<unknown>): Promise<StageEvent[]> {
  const events: StageEvent[] = [];
  const listen = (message: unknown): void => void events.push(message as StageEvent);
  diagnosticsChannel.subscribe("sallyport:dial:stage", listen);
  try {
    await work();
  } finally {
    diagnosticsChannel.unsubscribe("sallyport:dial:stage", listen);
  }
  return events;
}

describe("the stages of a dial", () => {
  test("are published in order, each with its hop, peer and time, the failed one with its fault", async () => {
    await using proxy = await scripted((socket) => socket.end(refusing));
    const context = testContext({ hops: [proxyAt("http", proxy.port)] });
    const events = await published(() =>
      dial(context, { protocol: "https:", host: "api.lab.test", port: 443 }).catch(() => undefined),
    );
    const peer = `localhost:${proxy.port}`;
    expect(events.map(({ stage, hop, peer: of, ok }) => ({ stage, hop, of, ok }))).toEqual([
      { stage: "route", hop: "local", of: "api.lab.test:443", ok: true },
      { stage: "dns", hop: "proxy", of: peer, ok: true },
      { stage: "tcp", hop: "proxy", of: peer, ok: true },
      { stage: "tunnel", hop: "proxy", of: peer, ok: false },
    ]);
    expect(events.every(({ ms }) => ms >= 0)).toBe(true);
    expect(events.at(-1)?.error).toMatchObject({ code: "PROXY_FORBIDDEN" });
  });

  test("name the stage at which a fault belongs, not the step in which it came to light", async () => {
    await using proxy = await scripted((socket) =>
      socket.end("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\n\r\n"),
    );
    const context = testContext({ hops: [proxyAt("http", proxy.port)] });
    const events = await published(() =>
      dial(context, { protocol: "https:", host: "api.lab.test", port: 443 }).catch(() => undefined),
    );
    expect(events.at(-1)).toMatchObject({ stage: "proxy-auth", ok: false });
  });

  test("hold no secret", async () => {
    await using proxy = await scripted((socket) => socket.end(refusing));
    const context = testContext({
      hops: [proxyAt("http", proxy.port, { username: "alice", password: "planted-password" })],
    });
    const events = await published(() =>
      dial(context, { protocol: "https:", host: "api.lab.test", port: 443 }).catch(() => undefined),
    );
    const { inspect } = await import("node:util");
    expect(inspect([events, context], { depth: 20, showHidden: true })).not.toContain("planted-password");
    expect(proxy.received()).toContain(Buffer.from("alice:planted-password").toString("base64"));
  });
});

describe("names", () => {
  test("behind a proxy are never resolved here", async () => {
    const asked: string[] = [];
    await using proxy = await scripted((socket) => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    const lookup = (name: string): Promise<readonly []> => (asked.push(name), Promise.resolve([]));
    const context = testContext({ hops: [proxyAt("http", proxy.port)], system: { lookup } });
    const { socket } = await dial(context, { protocol: "tcp:", host: "api.lab.test", port: 80 });
    socket.destroy();
    expect(asked).toEqual([]);
  });

  test("that do not exist are told with the hop that they belong to", async () => {
    const direct: unknown = await dial(testContext(), { protocol: "https:", host: "api.lab.test", port: 443 }).catch(
      (e: unknown) => e,
    );
    expect(direct).toMatchObject({ code: "DNS_NOT_FOUND", hop: "target", stage: "dns" });
    const hop = { ...proxyAt("http", 3128), host: "proxy.lab.test" };
    const proxied: unknown = await dial(testContext({ hops: [hop] }), {
      protocol: "https:",
      host: "api.lab.test",
      port: 443,
    }).catch((e: unknown) => e);
    expect(proxied).toMatchObject({ code: "DNS_NOT_FOUND", hop: "proxy" });
  });

  test("under localhost never reach a resolver (RFC 6761)", async () => {
    await using server = await scripted(() => undefined);
    for (const host of ["localhost", "LOCALHOST", "api.localhost"]) {
      const { socket } = await dial(testContext(), { protocol: "http:", host, port: server.port });
      expect(socket.remoteAddress).toBe("127.0.0.1");
      socket.destroy();
    }
  });

  test("that take too long to resolve are given up", async () => {
    const context = testContext({ timeouts: { dns: 20 }, system: { lookup: () => new Promise(() => undefined) } });
    const error: unknown = await dial(context, { protocol: "https:", host: "api.lab.test", port: 443 }).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ code: "DNS_FAILED", stage: "dns" });
  });
});

test("an IPv6 literal is dialled with and without brackets", async () => {
  const server = net.createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "::1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  for (const host of ["[::1]", "::1"]) {
    const { socket } = await dial(testContext(), { protocol: "http:", host, port });
    expect(socket.remoteAddress).toBe("::1");
    socket.destroy();
  }
  server.close();
});

test("the zone of a link-local address counts for connecting, and is no part of the name", async () => {
  const asked: string[] = [];
  const context = testContext();
  const route: typeof context.route = (url) => {
    asked.push(url);
    return context.route(url);
  };
  // There is no such interface, so nothing is sent anywhere.
  const events = await published(() =>
    dial({ ...context, route }, { protocol: "http:", host: "[fe80::1%nonesuch]", port: 80 }).catch(() => undefined),
  );
  expect(asked).toEqual(["http://[fe80::1]:80/"]);
  expect(events.map(({ stage, peer, detail }) => [stage, peer, detail])).toContainEqual([
    "dns",
    "[fe80::1]:80",
    "fe80::1%nonesuch",
  ]);
});

test("an abort at any stage gives the caller's own reason and leaves no connection open", async () => {
  // Reads on, so that the far end's close is seen.
  const server = net.createServer((socket) => socket.on("error", () => undefined).resume());
  const port = await listening(server);
  for (const hops of [[], [proxyAt("http", port)], [proxyAt("https", port)], [proxyAt("socks5h", port)]]) {
    const controller = new AbortController();
    const reason = new Error("enough");
    const stop = (event: StageEvent): void => {
      // What comes after the connection is waited for in vain: the server is silent.
      if (event.stage === "tcp") setImmediate(() => controller.abort(reason));
    };
    const dialling = dial(
      testContext({ hops }),
      { protocol: "https:", host: "localhost", port },
      { signal: controller.signal, onStage: stop },
    );
    await expect(dialling).rejects.toBe(reason);
  }
  // A server closes once its last connection has ended.
  await expect(new Promise((resolve) => server.close(resolve))).resolves.toBeUndefined();
});

test("an identity that names hosts is for them alone, and the default one for the rest", () => {
  const scoped = {
    ...testIdentity("", "", "scoped"),
    hosts: [{ kind: "domain", domain: "api.lab.test", subdomainsOnly: false, text: "api.lab.test" }] as const,
  };
  const fallback = testIdentity("", "", "default");
  const identities = { origins: [scoped, fallback], broken: [], faults: [], warnings: [] };
  expect(identityFor({ identities }, "api.lab.test", 443)?.name).toBe("scoped");
  expect(identityFor({ identities }, "elsewhere.lab.test", 443)?.name).toBe("default");
  expect(identityFor({ identities: { ...identities, origins: [scoped] } }, "elsewhere.lab.test", 443)).toBeUndefined();
});

test("a route that cannot be chosen fails closed, with the fault of the setting", async () => {
  const { ConnectError } = await import("../base/errors.js");
  const fault = new ConnectError("PROXY_URL_INVALID", {
    hop: "local",
    message: "HTTPS_PROXY has no host",
    remedy: "fix it",
  });
  const context = {
    ...testContext(),
    route: () => {
      throw fault;
    },
  };
  const error: unknown = await dial(context, { protocol: "https:", host: "localhost", port: 1 }).catch(
    (e: unknown) => e,
  );
  expect(isConnectError(error) && error).toBe(fault);
});

describe("a host that is none", () => {
  test.each([
    "a.test\r\nX-Evil: 1",
    "a.test\tb",
    "a.test/x",
    "a.test?x",
    "a.test#x",
    "user@a.test",
    "a test",
    "a%2etest",
    "",
  ])("is refused before anything is asked: %j", async (host) => {
    await using proxy = await scripted(() => undefined);
    const context = testContext({ hops: [proxyAt("http", proxy.port, { username: "alice", password: "x" })] });
    const error: unknown = await dial(context, { protocol: "https:", host, port: 443 }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "CONFIG_INVALID", hop: "local", stage: "route" });
    expect((error as Error).message).not.toMatch(/[\r\n]/);
    expect(proxy.received()).toBe("");
  });

  test("has one spelling on the way and for the route", async () => {
    await using proxy = await scripted((socket) => socket.end(refusing));
    const routed: string[] = [];
    const base = testContext({ hops: [proxyAt("http", proxy.port)] });
    const context = { ...base, route: (url: string) => (routed.push(url), base.route(url)) };
    for (const host of ["API.Lab.Test.", "bücher.lab.test", "[2001:DB8:0::1]"])
      await dial(context, { protocol: "https:", host, port: 443 }).catch(() => undefined);
    expect(routed).toEqual([
      "https://api.lab.test:443/",
      "https://xn--bcher-kva.lab.test:443/",
      "https://[2001:db8::1]:443/",
    ]);
    expect(proxy.received().match(/^CONNECT \S+/gm)).toEqual(routed.map((url) => `CONNECT ${url.slice(8, -1)}`));
  });
});

describe("what fails between two steps leaves no connection open:", () => {
  test.each([
    ["a name that socks5:// cannot resolve here", "socks5", undefined, "DNS_NOT_FOUND"],
    ["a password command that fails", "http", { kind: "command", command: "false" }, "SECRET_COMMAND_FAILED"],
    [
      "a password command that fails, for SOCKS",
      "socks5h",
      { kind: "command", command: "false" },
      "SECRET_COMMAND_FAILED",
    ],
  ] as const)("%s", async (_, protocol, password, code) => {
    const server = net.createServer((socket) => socket.on("error", () => undefined).resume());
    const port = await listening(server);
    const login = password === undefined ? {} : { login: { username: "alice", password } };
    const run = (): Promise<never> => Promise.reject(new Error("exit 1"));
    const context = testContext({ hops: [{ ...proxyAt(protocol, port), ...login }], system: { run } });
    const error: unknown = await dial(context, { protocol: "https:", host: "api.lab.test", port: 443 }).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ code });
    // A server closes once its last connection has ended.
    await expect(new Promise((resolve) => server.close(resolve))).resolves.toBeUndefined();
  });
});

test("a connection that is printed does not show the login that its requests carry", async () => {
  const { inspect } = await import("node:util");
  await using proxy = await scripted(() => undefined);
  const context = testContext({
    hops: [proxyAt("http", proxy.port, { username: "alice", password: "planted-password" })],
  });
  const connection = await dial(context, { protocol: "http:", host: "api.lab.test", port: 80 });
  const login = Buffer.from("alice:planted-password").toString("base64");
  const headers = connection.forward?.request({ host: "api.lab.test", port: 80 }).headers({ method: "GET", uri: "/" });
  expect(headers?.["proxy-authorization"]).toBe(`Basic ${login}`);
  expect(inspect([connection, headers], { depth: 10 }) + JSON.stringify([connection.forward, headers])).not.toContain(
    login,
  );
  connection.socket.destroy();
});
