import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { describe, expect, test } from "vitest";
import { isConnectError, type ConnectError } from "../base/errors.js";
import { createAuthority } from "../lab/ca.js";
import { dial } from "./index.js";
import { listening, proxyAt, scripted, testContext, type TestContext } from "./testing/context.js";
import type { Target } from "./types.js";

const target = { protocol: "https:", host: "api.lab.test", port: 443 } as const;

async function fault(parts: TestContext, to: Target = target): Promise<ConnectError> {
  const error: unknown = await dial(testContext(parts), to).catch((e: unknown) => e);
  if (!isConnectError(error)) throw new Error("expected a ConnectError", { cause: error });
  return error;
}

const answering =
  (text: string) =>
  (socket: { end(text: string): void }): void =>
    socket.end(text);

describe("a proxy's answer to CONNECT", () => {
  test.each([
    [
      "HTTP/1.1 403 Forbidden\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\n\r\n",
      "PROXY_FORBIDDEN",
      /does not allow api\.lab\.test:443 \(403 Forbidden, ERR_ACCESS_DENIED 0\)/,
    ],
    ["HTTP/1.1 502 Bad Gateway\r\n\r\n", "PROXY_BAD_GATEWAY", /cannot reach api\.lab\.test:443 \(502 Bad Gateway\)/],
    ["HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_DNS_FAIL 0\r\n\r\n", "PROXY_BAD_GATEWAY", /ERR_DNS_FAIL/],
    ["HTTP/1.1 504 Gateway Timeout\r\n\r\n", "PROXY_BAD_GATEWAY", /504/],
    ["HTTP/1.1 405 Method Not Allowed\r\n\r\n", "PROXY_REFUSED", /405 Method Not Allowed/],
    [
      "HTTP/1.1 302 Found\r\nLocation: http://login.example/?user=alice\r\n\r\n",
      "CAPTIVE_PORTAL",
      /answers the CONNECT to api\.lab\.test:443 with a login page \(302, to http:\/\/login\.example\/\)/,
    ],
    ["HTTP/1.1 511 Network Authentication Required\r\n\r\n", "CAPTIVE_PORTAL", /511/],
    [
      "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://filter.example/blocked\r\n\r\n",
      "HTTP_BLOCK_PAGE",
      /a filter's page \(307, to http:\/\/filter\.example\/blocked\)/,
    ],
    ["HTTP/1.1 302 Found\r\nLocation: http://x.example/\r\n\r\n", "PROXY_REFUSED", /302, to http:\/\/x\.example/],
    [
      "HTTP/1.1 500 Internal Server Error\r\nX-Squid-Error: ERR_CANNOT_FORWARD 0\r\n\r\n",
      "PROXY_BAD_GATEWAY",
      /ERR_CANNOT_FORWARD/,
    ],
    ["HTTP/1.0 500 Unable to connect\r\nServer: tinyproxy/1.11.1\r\n\r\n", "PROXY_BAD_GATEWAY", /500 Unable to/],
    [
      "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\n\r\n",
      "PROXY_AUTH_REQUIRED",
      /requires a login \(407, Basic\)/,
    ],
    [
      "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n",
      "PROXY_AUTH_REQUIRED",
      /requires a login \(407, Negotiate, NTLM\), but none is configured, and .*package kerberos.* is not installed/,
    ],
    [
      "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: SCRAM-SHA-256 realm=x, Hoba\r\n\r\n",
      "PROXY_AUTH_UNSUPPORTED",
      /SCRAM-SHA-256, Hoba/,
    ],
    ["SSH-2.0-OpenSSH_9.2\r\n", "PROXY_NOT_HTTP", /answered with "SSH-2\.0-OpenSSH_9\.2"/],
    ["\u0015\u0003\u0001\u0000\u0002\u0002\u0046", "PROXY_NEEDS_TLS", /speaks TLS, but its URL says http/],
    ["HTTP/1.1 400 Client sent an HTTP request to an HTTPS server\r\n\r\n", "PROXY_NEEDS_TLS", /speaks TLS/],
    ["HTTP/1.1 200 OK\r\n", "PROXY_CLOSED", /in the middle of its answer/],
    ["", "PROXY_CLOSED", /instead of answering/],
    ["HTTP/1.1 200 OK\r\n\r\n<html>", "PROXY_NOT_HTTP", /data of its own into the tunnel/],
  ] as const)("%j is %s", async (answer, code, message) => {
    await using proxy = await scripted(answering(answer));
    const error = await fault({ hops: [proxyAt("http", proxy.port)] });
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.hop).toBe("proxy");
    expect(error.remedy).not.toBe("");
  });

  test("may come after interim answers, and be any 2xx", async () => {
    await using proxy = await scripted((socket) =>
      socket.write("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 201 Created\r\n\r\n"),
    );
    const connection = await dial(testContext({ hops: [proxyAt("http", proxy.port)] }), {
      protocol: "tcp:",
      host: "api.lab.test",
      port: 80,
    });
    expect(connection.stages.find(({ stage }) => stage === "tunnel")?.detail).toBe("CONNECT api.lab.test:80 (201)");
    connection.socket.destroy();
  });

  test("may have the first words of the server right behind it: SSH and SMTP begin with them", async () => {
    await using proxy = await scripted((socket) => socket.write("HTTP/1.1 200 OK\r\n\r\nSSH-2.0-OpenSSH_9.2\r\n"));
    const parts = testContext({ hops: [proxyAt("http", proxy.port)] });
    const { socket } = await dial(parts, { protocol: "tcp:", host: "git.lab.test", port: 22 });
    const [first] = (await once(socket, "data")) as [Buffer];
    expect(first.toString()).toBe("SSH-2.0-OpenSSH_9.2\r\n");
    socket.destroy();
  });

  test.each([
    ["HTTP", { hops: 1, carries: "http:" }],
    ["TLS", { hops: 1, carries: "https:" }],
    ["another proxy", { hops: 2 }],
  ] as const)("has nothing behind it where it is ours to begin: %s", async (_what, { hops, ...spoken }) => {
    await using proxy = await scripted((socket) => socket.write("HTTP/1.1 200 OK\r\n\r\n<html>"));
    const parts = { hops: Array.from({ length: hops }, () => proxyAt("http", proxy.port)) };
    const error = await fault(parts, { protocol: "tcp:", host: "api.lab.test", port: 8080, ...spoken });
    expect(error.code).toBe("PROXY_NOT_HTTP");
  });

  test("that never comes is bounded, and told as such", async () => {
    await using proxy = await scripted(() => undefined);
    const error = await fault({ hops: [proxyAt("http", proxy.port)], timeouts: { tunnel: 50 } });
    expect(error).toMatchObject({
      code: "PROXY_TIMEOUT",
      message: `the proxy localhost:${proxy.port} did not answer the CONNECT within 50 ms`,
    });
  });

  test.each([
    ["hangs up", {}],
    ["is silent", { tunnel: 60_000 }],
  ] as const)("from a port that wants TLS and %s is told apart from a proxy's, by asking it", async (how, timeouts) => {
    const { chain, key } = await (
      await createAuthority({ name: "Elsewhere" })
    ).issue({ commonName: "localhost", hosts: ["localhost"], usage: "server" });
    const inner = tls.createServer({ cert: chain, key }).on("tlsClientError", () => undefined);
    const innerPort = await listening(inner);
    await using proxy = await scripted((socket, chunk) => {
      // Without a word on anything but a ClientHello, as some TLS stacks are; else it is a TLS server.
      if (chunk[0] !== 0x16) return void (how === "hangs up" && socket.destroy());
      socket.removeAllListeners("data");
      const server = net.connect(innerPort, "127.0.0.1").on("error", () => undefined);
      server.write(chunk);
      socket.pipe(server).pipe(socket);
    });
    expect(await fault({ hops: [proxyAt("http", proxy.port)], timeouts })).toMatchObject({ code: "PROXY_NEEDS_TLS" });
    inner.close();
  });

  test("cannot forge terminal output", async () => {
    await using proxy = await scripted(answering("HTTP/1.1 418 \u001b[2Jteapot\u0007\r\n\r\n"));
    const error = await fault({ hops: [proxyAt("http", proxy.port)] });
    // oxlint-disable-next-line no-control-regex -- what must not be there
    expect(error.message).not.toMatch(/[\u0000-\u001f]/);
    expect(error.message).toContain("418");
  });
});

describe("the login at a proxy", () => {
  test("goes to the proxy as Basic in UTF-8, at once when it is configured", async () => {
    await using proxy = await scripted(answering("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\n\r\n"));
    const error = await fault({ hops: [proxyAt("http", proxy.port, { username: "alice", password: "pä@#%" })] });
    expect(error.code).toBe("PROXY_AUTH_REJECTED");
    expect(proxy.received()).toContain(
      `Proxy-Authorization: Basic ${Buffer.from("alice:pä@#%").toString("base64")}\r\n`,
    );
    expect(JSON.stringify(error) + error.stack).not.toContain("pä@#%");
  });

  test("is not sent where none is configured", async () => {
    await using proxy = await scripted(answering("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\n\r\n"));
    await fault({ hops: [proxyAt("http", proxy.port)] });
    expect(proxy.received()).not.toMatch(/authorization/i);
  });

  test("from a command is asked for once, and again when the proxy no longer accepts it", async () => {
    let asked = 0;
    await using proxy = await scripted((socket, chunk) => {
      const good = chunk.toString().includes(Buffer.from("alice:second").toString("base64"));
      socket.write(good ? "HTTP/1.1 200 OK\r\n\r\n" : "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\n\r\n");
    });
    const hop = {
      ...proxyAt("http", proxy.port),
      login: { username: "alice", password: { kind: "command", command: "secret" } as const },
    };
    const context = testContext({
      hops: [hop],
      system: { run: () => Promise.resolve(["first", "second", "third"][asked++] ?? "") },
    });
    for (let i = 0; i < 3; i++) {
      const connection = await dial(context, { protocol: "tcp:", host: "api.lab.test", port: 80 });
      connection.socket.destroy();
    }
    expect(asked).toBe(2);
  });
});

test("an IPv6 target stands in brackets in CONNECT and Host", async () => {
  await using proxy = await scripted(answering("HTTP/1.1 403 No\r\n\r\n"));
  await fault({ hops: [proxyAt("http", proxy.port)] }, { protocol: "https:", host: "[2001:db8::1]", port: 8443 });
  expect(proxy.received()).toMatch(/^CONNECT \[2001:db8::1\]:8443 HTTP\/1\.1\r\nHost: \[2001:db8::1\]:8443\r\n/);
});

test("TLS spoken to a plain proxy port says so", async () => {
  await using proxy = await scripted(answering("HTTP/1.1 400 Bad Request\r\n\r\n"));
  const error = await fault({ hops: [proxyAt("https", proxy.port)] });
  expect(error).toMatchObject({
    code: "PROXY_NOT_TLS",
    hop: "proxy",
    stage: "proxy-tls",
    remedy: expect.stringContaining("http://") as string,
  });
});

test("an abort during the CONNECT closes the connection to the proxy and gives the caller's reason", async () => {
  const controller = new AbortController();
  const reason = new Error("changed my mind");
  let closed: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => (closed = resolve));
  await using proxy = await scripted((socket) => {
    socket.on("close", closed);
    controller.abort(reason);
  });
  await expect(
    dial(testContext({ hops: [proxyAt("http", proxy.port)] }), target, { signal: controller.signal }),
  ).rejects.toBe(reason);
  await gone;
});

test("two proxies in a row are passed one through the other", async () => {
  await using second = await scripted((socket) => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
  await using first = await scripted((socket, chunk) =>
    socket.write(
      chunk.toString().includes(`CONNECT localhost:${second.port} `)
        ? "HTTP/1.1 200 OK\r\n\r\n"
        : "HTTP/1.1 204 Inner\r\n\r\n",
    ),
  );
  const connection = await dial(testContext({ hops: [proxyAt("http", first.port), proxyAt("http", second.port)] }), {
    protocol: "tcp:",
    host: "api.lab.test",
    port: 80,
  });
  expect(connection.stages.filter(({ stage }) => stage === "tunnel").map(({ detail }) => detail)).toEqual([
    `CONNECT localhost:${second.port} (200)`,
    "CONNECT api.lab.test:80 (204)",
  ]);
  connection.socket.destroy();
});

test("a login that is answered with 401, as tinyproxy does, was not accepted", async () => {
  for (const field of ["WWW-Authenticate: Basic realm=x\r\n", ""]) {
    await using proxy = await scripted(answering(`HTTP/1.0 401 Unauthorized\r\n${field}\r\n`));
    const hops = [proxyAt("http", proxy.port, { username: "alice", password: `wrong${field.length}` })];
    expect(await fault({ hops })).toMatchObject({ code: "PROXY_AUTH_REJECTED", hop: "proxy" });
  }
});
