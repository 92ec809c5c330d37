import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as undici from "undici";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findConnectError } from "../../../src/base/errors.js";
import { Secret } from "../../../src/base/secret.js";
import type { Network } from "../../../src/clients/index.js";
import { createSystem, openProxyLogins, type ProxyLogins } from "../../../src/env/index.js";
import type { LabProxy } from "../../../src/lab/index.js";
import { TestKeyring } from "../../support/keyring.js";
import { standardLab } from "../../support/standard-lab.js";
import { nodeRequest } from "../support/clients.js";
import { networkAt } from "../support/office.js";

const lab = await standardLab();
const username = "alice";
const password = "stored: s3cret/@ü";

let home: string;
let keyring: TestKeyring;
let logins: ProxyLogins;
let proxy: LabProxy;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sallyport-stored-"));
  keyring = new TestKeyring();
  logins = openProxyLogins({
    location: { platform: "linux", home, variables: {} },
    keyring: keyring.open,
  });
  proxy = await lab.proxy({ login: { username, password } });
});
afterEach(async () => {
  await proxy.close();
  await rm(home, { recursive: true, force: true });
});

const stored = (secret = password): { username: string; password: Secret } => ({
  username,
  password: new Secret(secret),
});
const addressOf = ({ port }: LabProxy, protocol = "http") => ({ protocol, host: "localhost", port });
const network = (url = proxy.url): Promise<Network> =>
  networkAt(lab, undefined, { proxy: url, system: createSystem({ storedLogins: logins }) });
const sent = (): readonly (string | undefined)[] =>
  [...lab.log.of(proxy.name, "connect"), ...lab.log.of(proxy.name, "request")].map((event) =>
    event.kind === "connect" ? event.authorization : event.headers["proxy-authorization"]?.toString(),
  );

const outcome = async (net: Network) => findConnectError(await net.fetch(lab.api.url).catch((error: unknown) => error));

const clients: Readonly<Record<string, (net: Network, url: string) => Promise<unknown>>> = {
  fetch: async ({ fetch }, url) => (await fetch(url)).status,
  "a dispatcher with a body": async ({ dispatcher }, url) =>
    (await undici.request(url, { dispatcher, method: "POST", body: "one body" })).statusCode,
  "an agent": async (net, url) => (await nodeRequest(net, url)) && 200,
};

describe.each(["keyring", "file"] as const)("a login that is stored in the %s", (place) => {
  test.each(Object.keys(clients))("is used by %s where the settings give none", async (client) => {
    await logins.store(addressOf(proxy), stored(), place);
    await using net = await network();
    for (const url of [lab.api.url, lab.plain.url]) expect(await clients[client]?.(net, url)).toBe(200);
  });

  test("is forgotten by a logout", async () => {
    await logins.store(addressOf(proxy), stored(), place);
    expect(await logins.remove(addressOf(proxy))).toBe(place);
    expect([await logins.read(addressOf(proxy)), keyring.entries.size, await readdir(logins.path)]).toEqual([
      undefined,
      0,
      [],
    ]);
    await using net = await network();
    const fault = await outcome(net);
    expect(fault).toMatchObject({ code: "PROXY_AUTH_REQUIRED", remedy: expect.stringContaining("sallyport login") });
  });
});

test("a login that is stored while a program runs is used by its next request", async () => {
  await using net = await network();
  expect((await outcome(net))?.code).toBe("PROXY_AUTH_REQUIRED");
  await logins.store(addressOf(proxy), stored(), "file");
  expect((await net.fetch(lab.api.url)).status).toBe(200);
});

test("a stored login goes to its own proxy alone: scheme, host and port", async () => {
  const other = await lab.proxy({ login: { username, password } });
  await logins.store(addressOf(other), stored(), "file");
  await logins.store(addressOf(proxy, "https"), stored(), "file");
  await logins.store({ ...addressOf(proxy), host: "127.0.0.1" }, stored(), "file");
  await using net = await network();
  const fault = await outcome(net);
  expect(fault?.code).toBe("PROXY_AUTH_REQUIRED");
  expect(sent().every((value) => value === undefined)).toBe(true);
  await other.close();
});

test("what the proxy's setting says goes before what is stored", async () => {
  await logins.store(addressOf(proxy), stored("another"), "file");
  await using net = await network(proxy.url.replace("//", `//${username}:${encodeURIComponent(password)}@`));
  expect((await net.fetch(lab.api.url)).status).toBe(200);
});

test("a wrong stored login is sent once, and the right one at once when it has been stored", async () => {
  await logins.store(addressOf(proxy), stored("wrong"), "file");
  await using net = await network();
  const ask = async (): Promise<unknown> => (await net.fetch(lab.api.url)).status;
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, ask));
  expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
  expect(sent().filter((value) => value !== undefined)).toHaveLength(1);
  await logins.store(addressOf(proxy), stored(), "file");
  expect(await ask()).toBe(200);
});

test("a locked keyring is said, and no proxy that asks for nothing has it opened", async () => {
  await logins.store(addressOf(proxy), stored(), "keyring");
  keyring.isLocked = true;
  await using net = await network();
  const fault = await outcome(net);
  expect(fault).toMatchObject({ code: "KEYRING_UNAVAILABLE", message: "the keyring is locked" });
  proxy.login = undefined;
  expect((await net.fetch(lab.api.url)).status).toBe(200);
});

test("a file that others can read is not used, and the line that helps is said", async () => {
  await logins.store(addressOf(proxy), stored(), "file");
  const [name = ""] = await readdir(logins.path);
  await chmod(join(logins.path, name), 0o644);
  await using net = await network();
  const fault = await outcome(net);
  expect(fault).toMatchObject({ code: "PROXY_LOGIN_UNREADABLE", remedy: expect.stringContaining("chmod 600") });
  expect(sent().every((value) => value === undefined)).toBe(true);
});

describe("a proxy that a PAC file alone names", () => {
  const pac = (): string =>
    `data:application/x-ns-proxy-autoconfig,${encodeURIComponent(`function FindProxyForURL() { return "PROXY localhost:${proxy.port}"; }`)}`;
  const byPac = (hosts?: string): Promise<Network> =>
    networkAt(lab, undefined, {
      pac: pac(),
      system: createSystem({ storedLogins: logins }),
      ...(hosts !== undefined && { proxyAuth: { hosts } }),
    });

  test("is given what the user has stored for it", async () => {
    await logins.store(addressOf(proxy), stored(), "file");
    await using net = await byPac();
    expect((await net.fetch(lab.api.url)).status).toBe(200);
  });

  test.each([
    ["no ticket", undefined, "PAC_PROXY_NOT_ALLOWED"],
    ["no ticket where another one is allowed", "proxy.corp.example", "PAC_PROXY_NOT_ALLOWED"],
    ["one where it is allowed", "localhost", "PROXY_AUTH_TICKET"],
  ])("is given %s", async (_, hosts, code) => {
    proxy.fault = { kind: "auth", schemes: ["Negotiate"] };
    await using net = await byPac(hosts);
    // No ticket can be had here: to have tried to is what shows that it would be sent.
    expect((await outcome(net))?.code).toBe(code);
    expect(sent().every((value) => value === undefined)).toBe(true);
  });
});

test("a proxy that wants the login for tunnels, and none for requests in absolute form, gets both", async () => {
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const tunnels: (string | undefined)[] = [];
  const server = createServer((request, response) => response.end(request.url));
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    tunnels.push(request.headers["proxy-authorization"]);
    if (tunnels.at(-1) !== expected) {
      socket.end('HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic realm="corp"\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const far = connect(lab.api.port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      far.pipe(socket).pipe(far);
    });
    for (const one of [far, socket]) one.on("error", () => undefined);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  try {
    await using office = await network(`http://localhost:${port}`);
    expect(await (await office.fetch(lab.plain.url)).text()).toBe(`${lab.plain.url.replace(/\/$/, "")}/`);
    expect((await outcome(office))?.code).toBe("PROXY_AUTH_REQUIRED");
    await logins.store({ protocol: "http", host: "localhost", port }, stored(), "file");
    expect((await office.fetch(lab.api.url)).status).toBe(200);
    expect((await office.fetch(lab.plain.url)).status).toBe(200);
    // Never by Basic before it was asked for.
    expect(tunnels).toEqual([undefined, undefined, expected]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
