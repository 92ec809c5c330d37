import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { once } from "node:events";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConnectError } from "../base/errors.js";
import { loadContext } from "../clients/index.js";
import type { GatewayOptions } from "./types.js";
import { basicFor, upstream, gatewayAt, portOf, RawClient, tunnelTo, until, type Upstream } from "./testing/clients.js";

let far: Upstream;
let folder: string;
beforeAll(async () => {
  far = await upstream((socket) => void socket.pipe(socket));
  folder = await mkdtemp(join(tmpdir(), "sallyport-test-"));
});
afterAll(async () => {
  await far[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe("the address", () => {
  it("is any free port of 127.0.0.1 unless another is given", async () => {
    await using gateway = await gatewayAt(undefined);
    expect(gateway.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(gateway.proxyUrl).toBe(gateway.url.replace("http://", `http://sallyport:${gateway.token}@`));
    expect(gateway.socksUrl).toBe(gateway.proxyUrl.replace("http:", "socks5h:"));
    expect(gateway.statusUrl).toBe(`${gateway.url}/?token=${gateway.token}`);
  });

  it("may be one of IPv6", async () => {
    await using gateway = await gatewayAt(undefined, { listen: { host: "::1" } });
    expect(gateway.proxyUrl).toMatch(/^http:\/\/sallyport:[\w-]+@\[::1\]:\d+$/);
    await using client = await tunnelTo(gateway, far.target);
    expect(await client.send("x").bytes(1)).toBe("x");
  });

  it("that is taken is told with its name, the cause and the remedy", async () => {
    await expect(gatewayAt(undefined, { listen: { port: far.port } })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: `the gateway cannot listen on 127.0.0.1:${far.port}: another program listens there already`,
      remedy: expect.stringContaining("another port") as string,
    });
  });

  it.each(["0.0.0.0", "::", "192.0.2.1", "localhost", ""])("%j is not listened on: loopback alone is", async (host) => {
    const listen = { host } as unknown as NonNullable<GatewayOptions["listen"]>;
    await expect(gatewayAt(undefined, { listen })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("loopback only") as string,
    });
  });

  it.each([-1, 65_536, 1.5, Number.NaN])("port %d is refused", async (port) => {
    await expect(gatewayAt(undefined, { listen: { port } })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  it.each([
    ["maximumConnections", 0],
    ["maximumHeadSize", 1],
    ["headTimeout", 0],
    ["drainTimeout", -1],
    ["drainTimeout", Number.POSITIVE_INFINITY],
  ])("the option %s is not taken as %d", async (name, value) => {
    await expect(gatewayAt(undefined, { [name]: value })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(name) as string,
    });
  });
});

describe.skipIf(process.platform === "win32")("a Unix socket", () => {
  it("is its owner's alone, serves, and is gone at the end", async () => {
    const path = join(folder, "gateway.sock");
    const gateway = await gatewayAt(undefined, { listen: { path } });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect([gateway.url, gateway.proxyUrl, gateway.socksUrl, gateway.statusUrl]).toEqual([
      `unix:${path}`,
      `unix:${path}`,
      `unix:${path}`,
      undefined,
    ]);
    const client = await tunnelTo(gateway, far.target);
    expect(await client.send("x").bytes(1)).toBe("x");
    await client[Symbol.asyncDispose]();
    await gateway.close();
    expect(await readdir(folder)).not.toContain("gateway.sock");
  });

  it("that another gateway serves is left to it", async () => {
    const path = join(folder, "taken.sock");
    await using _ = await gatewayAt(undefined, { listen: { path } });
    await expect(gatewayAt(undefined, { listen: { path } })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: `the gateway cannot listen on ${path}: another program listens there already`,
    });
    expect((await stat(path)).isSocket()).toBe(true);
  });

  it("that a dead program left behind is replaced", async () => {
    const path = join(folder, "stale.sock");
    const { spawnSync } = await import("node:child_process");
    const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", script], { env: {} });
    expect((await stat(path)).isSocket()).toBe(true);
    await using gateway = await gatewayAt(undefined, { listen: { path } });
    await using client = await tunnelTo(gateway, far.target);
    expect(await client.send("x").bytes(1)).toBe("x");
  });

  it("is not put in the place of another file", async () => {
    const path = join(folder, "notes.txt");
    await writeFile(path, "dear diary");
    await expect(gatewayAt(undefined, { listen: { path } })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: `${path} exists, and is not a socket`,
    });
  });

  it.each([
    ["relative.sock", "not absolute"],
    [`/tmp/${"x".repeat(200)}`, "longer than"],
    ["/nonexistent/folder/a.sock", "does not exist"],
  ])("at %s is refused", async (path, why) => {
    await expect(gatewayAt(undefined, { listen: { path } })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(why) as string,
    });
  });
});

describe("clients beyond the limit", () => {
  it("are answered 503, and served again when others have gone", async () => {
    await using gateway = await gatewayAt(undefined, { maximumConnections: 2 });
    const first = await tunnelTo(gateway, far.target);
    await using _second = await tunnelTo(gateway, far.target);
    await using third = await RawClient.to(gateway);
    const head = `CONNECT ${far.target} HTTP/1.1\r\nHost: ${far.target}\r\n${basicFor(gateway.token)}\r\n`;
    const answer = await third.send(head).answer();
    expect(answer).toMatch(/^HTTP\/1\.1 503 .*\[PROXY_REFUSED\] the gateway serves 2 connections already/);
    expect(answer).toMatch(/^retry-after: 1\r$/m);
    await third.end();
    await first[Symbol.asyncDispose]();
    await until(() => gateway.snapshot().connections.length === 1);
    await using fourth = await tunnelTo(gateway, far.target);
    expect(await fourth.send("x").bytes(1)).toBe("x");
  });

  it("who have the token get the places of those who have not shown it, oldest first, by HTTP and SOCKS", async () => {
    await using gateway = await gatewayAt(undefined, { maximumConnections: 3 });
    await using first = await tunnelTo(gateway, far.target);
    const silent = await RawClient.to(gateway);
    const slow = await RawClient.to(gateway);
    // One that asks for a page is a stranger as well.
    slow.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    await slow.answer();
    await using second = await tunnelTo(gateway, far.target);
    expect(await silent.end()).toBe("end");
    await using third = await RawClient.to(gateway);
    expect(await slow.end()).toBe("end");
    const login = Buffer.from(gateway.token ?? "");
    third.send(Buffer.concat([Buffer.from([5, 1, 2, 1, 1, 0x78, login.length]), login]));
    expect(Buffer.from(await third.bytes(4), "latin1").toString("hex")).toBe("05020100");
    // All three have shown it: nobody is sent away for a fourth.
    await using fourth = await RawClient.to(gateway);
    const head = `CONNECT ${far.target} HTTP/1.1\r\nHost: ${far.target}\r\n${basicFor(gateway.token)}\r\n`;
    expect(await fourth.send(head).answer()).toMatch(/^HTTP\/1\.1 503 /);
    expect(await first.send("x").bytes(1)).toBe("x");
    expect(await second.send("x").bytes(1)).toBe("x");
  });

  it("are told by SOCKS as well", async () => {
    await using gateway = await gatewayAt(undefined, { maximumConnections: 1, token: false });
    await using _first = await tunnelTo(gateway, far.target);
    await using second = await RawClient.to(gateway);
    second.send(Buffer.from([5, 1, 0]));
    expect(Buffer.from(await second.rest(), "latin1").toString("hex")).toBe("05ff");
  });
});

describe("close", () => {
  it("takes no more clients, lets a tunnel finish, and resolves then", async () => {
    const gateway = await gatewayAt(undefined);
    await using client = await tunnelTo(gateway, far.target);
    let closed = false;
    const closing = gateway.close().then(() => (closed = true));
    await expect(RawClient.to(gateway)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(await client.send("still there").bytes(11)).toBe("still there");
    expect(gateway.snapshot().draining).toBe(true);
    expect(closed).toBe(false);
    client.socket.end();
    await closing;
    expect(gateway.events.filter(({ kind }) => kind === "draining" || kind === "closed")).toEqual([
      { kind: "draining", connections: 1 },
      { kind: "closed" },
    ]);
  });

  it("cuts what is not over in time, and the client sees a reset", async () => {
    const gateway = await gatewayAt(undefined);
    await using client = await tunnelTo(gateway, far.target);
    await gateway.close({ drainTimeout: 50 });
    expect(await client.end()).toBe("reset");
  });

  it("does not wait for a tunnel whose client has gone, and whose upstream does not mind", async () => {
    await using deaf = await upstream((socket) => socket.resume());
    const gateway = await gatewayAt(undefined);
    const client = await tunnelTo(gateway, deaf.target);
    const socket = await deaf.connection();
    const ended = once(socket, "end");
    // As `close` does it: from now on nobody is there.
    client.socket.end().destroySoon();
    await ended;
    expect(gateway.snapshot().connections).toHaveLength(1);
    await gateway.close({ drainTimeout: 60_000 });
    expect(gateway.snapshot().connections).toHaveLength(0);
  });

  it("lets idle and silent clients go at once", async () => {
    const gateway = await gatewayAt(undefined);
    await using silent = await RawClient.to(gateway);
    await using idle = await RawClient.to(gateway);
    await idle.send("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").answer();
    await gateway.close();
    expect([await silent.end(), await idle.end()]).not.toContain(undefined);
  });

  it("answers a request that is under way, and closes its connection behind it", async () => {
    let respond = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      server.on("request", (_request, response) => {
        respond = () => void response.end("the answer");
        resolve();
      });
    });
    const gateway = await gatewayAt(undefined);
    await using client = await RawClient.to(gateway);
    client.send(`GET http://${serverTarget()}/ HTTP/1.1\r\nHost: ${serverTarget()}\r\n${basicFor(gateway.token)}\r\n`);
    await asked;
    const closing = gateway.close();
    respond();
    const answer = await client.rest();
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toMatch(/^connection: close\r$/im);
    expect(answer).toContain("the answer");
    await closing;
  });

  it("a second close waits for the first, and destroy ends both", async () => {
    const gateway = await gatewayAt(undefined);
    await using client = await tunnelTo(gateway, far.target);
    const closings = [gateway.close(), gateway.close({ drainTimeout: 60_000 })];
    await gateway.destroy();
    await Promise.all(closings);
    expect(await client.end()).toBe("reset");
    expect(gateway.events.filter(({ kind }) => kind === "closed")).toHaveLength(1);
  });

  it("leaves nothing behind that listens", async () => {
    const gateway = await gatewayAt(undefined);
    const listen = { port: portOf(gateway) };
    await gateway.close();
    await using again = await gatewayAt(undefined, { listen });
    expect(portOf(again)).toBe(listen.port);
  });

  const server = http.createServer();
  const serverTarget = (): string => {
    const address = server.address();
    return `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  };
  beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
});

describe("reload", () => {
  const settings = { source: { variables: { HOME: "/nonexistent" } }, stores: ["bundled"] } as const;

  it("puts new settings in force for new connections, and lets old connections live", async () => {
    const now: { proxy?: string } = {};
    const load = (): ReturnType<typeof loadContext> => loadContext({ ...settings, noProxy: "<-loopback>", ...now });
    await using gateway = await gatewayAt(undefined, { load });
    await using before = await tunnelTo(gateway, far.target);
    now.proxy = "http://127.0.0.1:1";
    await gateway.reload();
    await expect(tunnelTo(gateway, far.target)).rejects.toThrow(
      "[TCP_REFUSED] the proxy 127.0.0.1:1 refused the connection",
    );
    expect(await before.send("lives").bytes(5)).toBe("lives");
    expect(gateway.snapshot().totals).toMatchObject({ reloads: 1, failedReloads: 0 });
    expect(gateway.context.policy.proxy.https?.value).toMatchObject({ kind: "server" });
  });

  it("that fails leaves the old settings in force, is counted, and tells why", async () => {
    let broken = false;
    const load = (): ReturnType<typeof loadContext> =>
      loadContext({ ...settings, ...(broken && { proxy: "nonsense://x" }) });
    await using gateway = await gatewayAt(undefined, { load });
    const { context } = gateway;
    broken = true;
    await expect(gateway.reload()).rejects.toMatchObject({ code: "PROXY_SCHEME_UNSUPPORTED" });
    expect(gateway.context).toBe(context);
    await using client = await tunnelTo(gateway, far.target);
    expect(await client.send("x").bytes(1)).toBe("x");
    expect(gateway.snapshot().totals).toMatchObject({ reloads: 0, failedReloads: 1 });
    expect(gateway.events.filter(({ kind }) => kind === "reload-failed")).toMatchObject([
      { fault: { code: "PROXY_SCHEME_UNSUPPORTED" } },
    ]);
  });

  it("is harmless while the gateway drains, and after", async () => {
    let loads = 0;
    const load = (): ReturnType<typeof loadContext> => {
      loads++;
      return loadContext(settings);
    };
    const gateway = await gatewayAt(undefined, { load });
    const client = await tunnelTo(gateway, far.target);
    const closing = gateway.close();
    await gateway.reload();
    expect(await client.send("x").bytes(1)).toBe("x");
    client.socket.end();
    await closing;
    await gateway.reload();
    expect(loads).toBe(1);
  });

  it("runs one after the other, so that the last settings win", async () => {
    const gates: (() => void)[] = [];
    let number = 0;
    const load = async (): ReturnType<typeof loadContext> => {
      const mine = number++;
      if (mine > 0) await new Promise<void>((resolve) => gates.push(resolve));
      return loadContext({ ...settings, proxy: `http://proxy${mine}.example` });
    };
    await using gateway = await gatewayAt(undefined, { load });
    const first = gateway.reload();
    await until(() => gates.length === 1);
    // Both see what is there when the first is over: once is enough.
    const further = [gateway.reload(), gateway.reload()];
    expect(number).toBe(2);
    gates[0]?.();
    await until(() => gates.length === 2);
    gates[1]?.();
    await Promise.all([first, ...further]);
    expect(number).toBe(3);
    expect(gateway.context.policy.proxy.https?.value).toMatchObject({ server: { host: "proxy2.example" } });
  });

  it("an error that is none of ours is a fault as well", async () => {
    let broken = false;
    const load = async (): ReturnType<typeof loadContext> => {
      if (broken) throw new Error("out of luck");
      return loadContext(settings);
    };
    await using gateway = await gatewayAt(undefined, { load });
    broken = true;
    await expect(gateway.reload()).rejects.toSatisfy(
      (error) => error instanceof ConnectError && error.code === "CONFIG_INVALID",
    );
  });
});

describe("files that change", () => {
  it("are noticed, and the settings reloaded", async () => {
    const config = join(folder, "config.json");
    await writeFile(config, JSON.stringify({ proxy: "http://old.example" }));
    await using gateway = await gatewayAt(undefined, {
      source: { variables: { HOME: "/nonexistent", SALLYPORT_CONFIG: config } },
      watch: 20,
    });
    const host = (): unknown => {
      const choice = gateway.context.policy.proxy.https?.value;
      return choice?.kind === "server" ? choice.server.host : choice;
    };
    expect(host()).toBe("old.example");
    await writeFile(config, "{ not json");
    await until(() => gateway.snapshot().totals.failedReloads > 0);
    expect(host()).toBe("old.example");
    await writeFile(config, JSON.stringify({ proxy: "http://new.example" }));
    await until(() => host() === "new.example");
    expect(gateway.snapshot().totals.reloads).toBeGreaterThan(0);
  });
});
