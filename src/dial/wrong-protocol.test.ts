import net from "node:net";
import tls from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isConnectError, type ConnectError } from "../base/errors.js";
import { createAuthority } from "../lab/index.js";
import type { ProxyServer } from "../policy/types.js";
import { dial } from "./index.js";
import { listening, proxyAt, scripted, testContext, type ScriptedServer } from "./testing/context.js";

/** Every wait would last a minute: whoever is named within a test's time was asked what it speaks. */
const patient = { proxyTls: 60_000, tunnel: 60_000, tls: 60_000 };

/** As tinyproxy does: waits for the end of a line, whatever came before it. */
const http = (): Promise<ScriptedServer> =>
  scripted((socket, chunk) => {
    if (/^[A-Z]+ .*\r\n\r\n/s.test(chunk.toString("latin1"))) socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
/** Waits for a version that it knows. */
const socks = (): Promise<ScriptedServer> =>
  scripted((socket, chunk) => {
    if (chunk[0] === 5) socket.write(Buffer.from([5, 0]));
  });
/** As microsocks does. */
const strictSocks = (): Promise<ScriptedServer> =>
  scripted((socket, chunk) => {
    if (chunk[0] === 5) socket.write(Buffer.from([5, 0]));
    else socket.resetAndDestroy();
  });

let tlsPort = 0;
let server: tls.Server;
beforeAll(async () => {
  const authority = await createAuthority({ name: "Test Root" });
  const { chain: cert, key } = await authority.issue({
    commonName: "localhost",
    hosts: ["localhost"],
    usage: "server",
  });
  server = tls.createServer({ cert, key }, (socket) => socket.on("error", () => undefined));
  server.on("tlsClientError", () => undefined);
  tlsPort = await listening(server);
});
afterAll(() => server.close());

async function fault(hops: readonly ProxyServer[], port: number): Promise<ConnectError> {
  const context = testContext({ hops, timeouts: patient });
  const target = { protocol: "https:", host: "localhost", port } as const;
  const error: unknown = await dial(context, target).catch((reason: unknown) => reason);
  if (!isConnectError(error)) throw new Error("expected a ConnectError", { cause: error });
  return error;
}

describe("a proxy that is silent, since it waits for another protocol, is asked what it speaks", () => {
  test("https:// where HTTP is spoken", async () => {
    await using proxy = await http();
    const error = await fault([proxyAt("https", proxy.port, { username: "user", password: "secret" })], 443);
    expect(error).toMatchObject({ code: "PROXY_NOT_TLS", hop: "proxy", stage: "proxy-tls" });
    expect(error.remedy).toContain("http://");
    // What was asked holds neither the login nor where it was to go.
    expect(proxy.received()).toContain(`OPTIONS * HTTP/1.1\r\nHost: localhost:${proxy.port}\r\n`);
    expect(proxy.received()).not.toContain("uthorization");
    expect(proxy.received()).not.toContain("CONNECT");
  });

  describe.each([
    ["https", { code: "PROXY_NOT_TLS", hop: "proxy", stage: "proxy-tls" }],
    ["http", { code: "PROXY_NOT_HTTP", hop: "proxy", stage: "tunnel" }],
  ] as const)("%s:// where SOCKS is spoken,", (scheme, told) => {
    test.each([
      ["which waits", socks],
      ["which hangs up", strictSocks],
    ])("%s", async (_, start) => {
      await using proxy = await start();
      const error = await fault([proxyAt(scheme, proxy.port)], 443);
      expect(error).toMatchObject(told);
      expect(error.remedy).toContain("socks5h://");
    });
  });

  test("https:// where nothing is spoken that is known stays what it is", async () => {
    await using proxy = await scripted((socket) => socket.resetAndDestroy());
    expect(await fault([proxyAt("https", proxy.port)], 443)).toMatchObject({ code: "TLS_RESET", hop: "proxy" });
  });

  test("http:// where SOCKS is spoken, which says so", async () => {
    await using proxy = await scripted((socket) => socket.write(Buffer.from([5, 0xff])));
    const error = await fault([proxyAt("http", proxy.port)], 443);
    expect(error).toMatchObject({ code: "PROXY_NOT_HTTP", hop: "proxy" });
    expect(error.remedy).toContain("socks5h://");
  });

  test("socks5h:// where TLS is spoken", async () => {
    const error = await fault([proxyAt("socks5h", tlsPort)], 443);
    expect(error).toMatchObject({ code: "SOCKS_NOT_SOCKS", hop: "proxy" });
    expect(error.message).toContain("TLS");
    expect(error.remedy).toContain("https://");
  });

  test("socks4a:// where TLS is spoken, which hangs up", async () => {
    const error = await fault([proxyAt("socks4a", tlsPort)], 443);
    expect(error).toMatchObject({ code: "SOCKS_NOT_SOCKS", hop: "proxy" });
    expect(error.remedy).toContain("https://");
  });
});

describe("a target that says nothing to a ClientHello", () => {
  test("and speaks HTTP is told as that, and was sent nothing of the request", async () => {
    await using target = await http();
    expect(await fault([], target.port)).toMatchObject({
      code: "TLS_NOT_TLS",
      hop: "target",
      remedy: expect.stringContaining("http://") as string,
    });
    expect(target.received()).toContain("OPTIONS * HTTP/1.1\r\n");
  });

  test("and speaks HTTP behind a proxy is asked through that proxy", async () => {
    await using target = await http();
    await using proxy = await tunnels(target.port);
    expect(await fault([proxyAt("http", proxy.port)], target.port)).toMatchObject({
      code: "TLS_NOT_TLS",
      hop: "target",
    });
    expect(proxy.received().match(/CONNECT /g)).toHaveLength(2);
  });
});

/** A proxy that opens every tunnel to one port. */
function tunnels(port: number): Promise<ScriptedServer> {
  const joined = new WeakSet<net.Socket>();
  return scripted((socket, chunk) => {
    if (joined.has(socket)) return;
    if (!chunk.toString("latin1").startsWith("CONNECT ")) return;
    joined.add(socket);
    const far = net.connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(far).pipe(socket);
    });
    far.on("error", () => socket.destroy());
    socket.on("close", () => far.destroy());
  });
}
