import net from "node:net";
import tls from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isConnectError, type ConnectError } from "../base/errors.js";
import { createAuthority, type Authority, type Issued } from "../lab/ca.js";
import { connectionFault, dial } from "./index.js";
import { listening, proxyAt, scripted, testContext, testIdentity, type TestContext } from "./testing/context.js";
import type { Connection } from "./types.js";

let root: Authority;
let clients: Authority;
let good: Issued;
const servers: tls.Server[] = [];
const fronts: net.Server[] = [];

beforeAll(async () => {
  root = await createAuthority({ name: "Test Root" });
  clients = await createAuthority({ name: "Test Client CA" });
  good = await root.issue({ commonName: "localhost", hosts: ["localhost", "127.0.0.1"], usage: "server" });
});
afterAll(() => [...servers, ...fronts].forEach((server) => server.close()));

async function serve(
  options: tls.TlsOptions,
  onSecure: (socket: tls.TLSSocket) => void = (s) => s.on("data", () => s.write("answer")),
): Promise<number> {
  const server = tls.createServer({ cert: good.chain, key: good.key, ...options }, (socket) => {
    socket.on("error", () => undefined);
    onSecure(socket);
  });
  server.on("tlsClientError", () => undefined);
  servers.push(server);
  return listening(server);
}

const to = (port: number, host = "localhost") => ({ protocol: "https:", host, port }) as const;

async function fault(parts: TestContext, port: number, host?: string): Promise<ConnectError> {
  const error: unknown = await dial(testContext(parts), to(port, host)).then(afterHandshake, (e: unknown) => e);
  if (!isConnectError(error)) throw new Error("expected a ConnectError", { cause: error });
  return error;
}

/** Writes, and gives what the connection ends with. */
function afterHandshake({ socket }: Connection): Promise<unknown> {
  return new Promise((resolve, reject) => {
    socket.on("error", resolve);
    socket.on("data", () => reject(new Error("it answered")));
    socket.on("close", () => resolve(connectionFault(socket)));
    socket.write("request");
  });
}

describe("a server's certificate", () => {
  test("of an authority that is not trusted is told with its issuer", async () => {
    const error = await fault({}, await serve({}));
    expect(error).toMatchObject({ code: "TLS_UNTRUSTED_ISSUER", stage: "tls", hop: "target" });
    expect(error.message).toContain('issued by "Test Root"');
    expect(error.remedy).toContain("run: sallyport trust add FILE (or add it to NODE_EXTRA_CA_CERTS");
  });

  test("of a server that shows its root is told with the command that trusts it, by its fingerprint", async () => {
    const { chain, key } = await root.issue({ commonName: "localhost", hosts: ["localhost"], usage: "server" });
    const port = await serve({ cert: chain + root.cert, key });
    expect((await fault({}, port)).remedy).toMatch(
      /fingerprint of its root.*run: sallyport trust add localhost:\d+ \(/,
    );
  });

  test("of an inspector's authority says that the TLS is inspected", async () => {
    const inspector = await createAuthority({ name: "Corp TLS Inspection CA" });
    const { chain, key } = await inspector.issue({ commonName: "localhost", hosts: ["localhost"], usage: "server" });
    const error = await fault({ ca: [root.cert] }, await serve({ cert: chain, key }));
    expect(error).toMatchObject({ code: "TLS_INSPECTED" });
    expect(error.message).toContain("Corp TLS Inspection CA");
  });

  test("that signed itself, has expired, is not yet valid, or is for another name is told so", async () => {
    const day = 86_400_000;
    const now = Date.now();
    const cases: readonly (readonly [Issued, string])[] = [
      [
        await root.issue({ commonName: "localhost", hosts: ["localhost"], usage: "server", selfSigned: true }),
        "TLS_SELF_SIGNED",
      ],
      [
        await root.issue({
          commonName: "localhost",
          hosts: ["localhost"],
          usage: "server",
          notBefore: new Date(now - 9 * day),
          notAfter: new Date(now - day),
        }),
        "TLS_EXPIRED",
      ],
      [
        await root.issue({
          commonName: "localhost",
          hosts: ["localhost"],
          usage: "server",
          notBefore: new Date(now + day),
        }),
        "TLS_NOT_YET_VALID",
      ],
      [await root.issue({ commonName: "other", hosts: ["other.lab.test"], usage: "server" }), "TLS_NAME_MISMATCH"],
    ];
    for (const [{ chain, key }, code] of cases) {
      expect(await fault({ ca: [root.cert] }, await serve({ cert: chain, key }))).toMatchObject({
        code,
        hop: "target",
      });
    }
  });

  test("that is not for the asked name lists the names it is for", async () => {
    const { chain, key } = await root.issue({ commonName: "x", hosts: ["a.lab.test", "b.lab.test"], usage: "server" });
    const error = await fault({ ca: [root.cert] }, await serve({ cert: chain, key }));
    expect(error.message).toContain("not for localhost but for DNS:a.lab.test, DNS:b.lab.test");
  });

  test("without its intermediate is told apart from one of an unknown authority", async () => {
    const known = await createAuthority({ name: "Example Root", organization: "Example" });
    const intermediate = await createAuthority({ name: "Example Issuing CA", organization: "Example", issuer: known });
    const { cert, key } = await intermediate.issue({ commonName: "localhost", hosts: ["localhost"], usage: "server" });
    const error = await fault({ ca: [known.cert] }, await serve({ cert, key }));
    expect(error).toMatchObject({ code: "TLS_CHAIN_INCOMPLETE" });
    expect(error.message).toContain("Example Issuing CA");
    expect(await fault({ ca: [root.cert] }, await serve({ cert, key }))).toMatchObject({
      code: "TLS_UNTRUSTED_ISSUER",
    });
  });

  test("may be for an IPv6 address, in any spelling, and for that address alone", async () => {
    const { chain, key } = await root.issue({ commonName: "v6", hosts: ["::1"], usage: "server" });
    const server = tls
      .createServer({ cert: chain, key }, (socket) => socket.on("error", () => undefined))
      .on("tlsClientError", () => undefined);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "::1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    for (const host of ["[::1]", "0:0:0:0:0:0:0:1"]) {
      const { socket } = await dial(testContext({ ca: [root.cert] }), to(port, host));
      socket.destroy();
    }
    const other = await root.issue({ commonName: "v6", hosts: ["2001:db8::1"], usage: "server" });
    server.setSecureContext({ cert: other.chain, key: other.key });
    // Other authorities in the trust: a session of before must not stand in for the check.
    expect(await fault({ ca: [root.cert, clients.cert] }, port, "[::1]")).toMatchObject({ code: "TLS_NAME_MISMATCH" });
  });

  test("under a clock that cannot be right blames the clock", async () => {
    const { chain, key } = await root.issue({
      commonName: "localhost",
      hosts: ["localhost"],
      usage: "server",
      notBefore: new Date(Date.now() + 86_400_000),
    });
    const error = await fault(
      { ca: [root.cert], system: { now: () => Date.UTC(2001, 0, 1) } },
      await serve({ cert: chain, key }),
    );
    expect(error).toMatchObject({ code: "CLOCK_SKEW", message: expect.stringContaining("2001-01-01") as string });
  });

  test("is checked against the proxy's own name where the proxy speaks TLS", async () => {
    const { chain, key } = await root.issue({ commonName: "other", hosts: ["other.lab.test"], usage: "server" });
    const proxy = await serve({ cert: chain, key });
    const error = await fault({ ca: [root.cert], hops: [proxyAt("https", proxy)] }, 443, "api.lab.test");
    expect(error).toMatchObject({ code: "TLS_NAME_MISMATCH", hop: "proxy", stage: "proxy-tls" });
  });
});

test("a certificate is verified whatever NODE_TLS_REJECT_UNAUTHORIZED says, the proxy's too", async () => {
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  try {
    const port = await serve({});
    expect(await fault({}, port)).toMatchObject({ code: "TLS_UNTRUSTED_ISSUER" });
    expect(await fault({ ca: [root.cert] }, port, "other.localhost")).toMatchObject({ code: "TLS_NAME_MISMATCH" });
    const received: string[] = [];
    const proxy = await serve({}, (socket) => socket.on("data", (chunk: Buffer) => received.push(chunk.toString())));
    const hops = [proxyAt("https", proxy, { username: "alice", password: "hunter2" })];
    expect(await fault({ hops }, 443, "api.lab.test")).toMatchObject({ code: "TLS_UNTRUSTED_ISSUER", hop: "proxy" });
    expect(received).toEqual([]);
  } finally {
    delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
  }
});

describe("a handshake that does not happen", () => {
  test.each([
    ["plain text", "HTTP/1.1 400 Bad Request\r\n\r\n", "TLS_NOT_TLS"],
    ["a close", "", "TLS_RESET"],
    ["silence", undefined, "TLS_TIMEOUT"],
  ] as const)("because of %s is told", async (_, answer, code) => {
    await using server = await scripted((socket) => void (answer === undefined || socket.end(answer)));
    expect(await fault({ timeouts: { tls: 200 } }, server.port)).toMatchObject({ code, hop: "target", stage: "tls" });
  });

  test("because the server speaks old versions alone is told", async () => {
    const port = await serve({ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" });
    expect(await fault({ ca: [root.cert] }, port)).toMatchObject({ code: "TLS_VERSION" });
  });
});

test("a server whose keys fit no cipher of ours is told as weak, and not as one that wants a certificate", async () => {
  // Its certificate holds an EC key, which this one cipher cannot use.
  const port = await serve({ maxVersion: "TLSv1.2", ciphers: "AES128-SHA" });
  expect(await fault({ ca: [root.cert] }, port)).toMatchObject({ code: "TLS_WEAK", stage: "tls" });
});

describe.each(["TLSv1.2", "TLSv1.3"] as const)("a client certificate under %s", (version) => {
  const mutual = (): tls.TlsOptions => ({
    ca: clients.cert,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: version,
    maxVersion: version,
  });

  test("is shown to the target", async () => {
    const { chain, key } = await clients.issue({ commonName: "alice", usage: "client" });
    const port = await serve(mutual(), (socket) => socket.end(String(socket.getPeerCertificate().subject.CN)));
    const { socket, identity } = await dial(
      testContext({ ca: [root.cert], identity: testIdentity(chain, key) }),
      to(port),
    );
    const answer = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
    expect(answer.toString()).toBe("alice");
    expect(identity?.subject).toBe("CN=alice");
    socket.destroy();
  });

  test("that is required and not there is CLIENT_CERT_REQUIRED", async () => {
    const error = await fault({ ca: [root.cert] }, await serve(mutual()));
    expect(error).toMatchObject({ code: "CLIENT_CERT_REQUIRED", stage: "client-cert", hop: "target" });
    expect(error.remedy).toContain("SALLYPORT_CLIENT_CERT");
  });

  test("of an authority that the server does not know is CLIENT_CERT_REJECTED", async () => {
    const stranger = await createAuthority({ name: "Stranger" });
    const { chain, key } = await stranger.issue({ commonName: "mallory", usage: "client" });
    const error = await fault(
      { ca: [root.cert], identity: testIdentity(chain, key, "mallory") },
      await serve(mutual()),
    );
    expect(error).toMatchObject({ code: "CLIENT_CERT_REJECTED", stage: "client-cert", hop: "target" });
    expect(error.message).toContain("CN=mallory");
    expect(error.remedy).toContain('if "CN=Test Client CA" is an intermediate, put that behind it');
  });

  test("is not blamed when a server that only offered to take one goes away after its answer", async () => {
    const port = await serve({ ...mutual(), rejectUnauthorized: false }, (socket) =>
      socket.on("data", () => socket.end("answer", () => socket.destroy())),
    );
    const { socket } = await dial(testContext({ ca: [root.cert] }), to(port));
    socket.write("request");
    await new Promise((resolve) => {
      socket.on("data", () => undefined);
      socket.on("close", resolve);
    });
    expect(connectionFault(socket)?.code).not.toBe("CLIENT_CERT_REQUIRED");
  });
});

/** A server on loopback that passes bytes on to `port`, and back as `change` has them; it hangs up where that leaves some out. */
async function between(port: number, change: (toClient: Buffer) => Buffer): Promise<number> {
  const front = net.createServer((socket) => {
    const server = net.connect(port, "127.0.0.1").on("error", () => undefined);
    socket.on("error", () => undefined).pipe(server);
    server.on("data", (chunk) => {
      const changed = change(chunk);
      if (changed.length < chunk.length) socket.end(changed);
      else socket.write(changed);
    });
    server.on("close", () => socket.destroy());
  });
  fronts.push(front);
  return listening(front);
}

test("a TLS 1.3 handshake that is cut in the middle says nothing of the client certificate", async () => {
  const { chain, key } = await clients.issue({ commonName: "alice", usage: "client" });
  const inner = await serve({ ca: clients.cert, requestCert: true, minVersion: "TLSv1.3" });
  // The server's first flight holds its CertificateRequest; ours would be the next to speak.
  const port = await between(inner, (chunk) => chunk.subarray(0, -40));
  const error = await fault({ ca: [root.cert], identity: testIdentity(chain, key) }, port);
  expect(error).toMatchObject({ code: "TLS_RESET", stage: "tls" });
});

test("records that were tampered with after the handshake are told as broken TLS", async () => {
  let answering = false;
  const inner = await serve({ minVersion: "TLSv1.3" }, (socket) =>
    socket.on("data", () => {
      answering = true;
      socket.write("answer");
    }),
  );
  const port = await between(inner, (chunk) => {
    const last = chunk.length - 1;
    return answering ? Buffer.concat([chunk.subarray(0, last), Buffer.from([(chunk[last] ?? 0) ^ 1])]) : chunk;
  });
  expect(await fault({ ca: [root.cert] }, port)).toMatchObject({ code: "TLS_RESET", stage: "tls", hop: "target" });
});

test("a certificate for one host is not shown to a server that is to prove to be another", async () => {
  const { chain, key } = await clients.issue({ commonName: "alice", usage: "client" });
  const both = await root.issue({ commonName: "both", hosts: ["a.localhost", "b.localhost"], usage: "server" });
  const seen: (string | undefined)[] = [];
  const port = await serve(
    { cert: both.chain, key: both.key, ca: clients.cert, requestCert: true, rejectUnauthorized: false },
    (socket) => {
      const subject: { CN?: string | string[] } | undefined = socket.getPeerCertificate().subject;
      seen.push(subject?.CN?.toString());
      socket.write("hello");
    },
  );
  const hosts = [{ kind: "domain", domain: "a.localhost", subdomainsOnly: false, text: "a.localhost" }] as const;
  const context = testContext({ ca: [root.cert], identity: { ...testIdentity(chain, key), hosts } });
  for (const servername of ["a.localhost", "b.localhost"]) {
    const { socket } = await dial(context, { ...to(port, "a.localhost"), servername });
    await new Promise((resolve) => socket.once("data", resolve));
    socket.destroy();
  }
  expect(seen).toEqual(["alice", undefined]);
});

test("a proxy sees the proxy's certificate and the target the target's", async () => {
  const forProxy = await clients.issue({ commonName: "for-proxy", usage: "client" });
  const forTarget = await clients.issue({ commonName: "for-target", usage: "client" });
  const seen: string[] = [];
  const mutual: tls.TlsOptions = { ca: clients.cert, requestCert: true, rejectUnauthorized: true };
  const target = await serve(mutual, (socket) => {
    seen.push(`target ${String(socket.getPeerCertificate().subject.CN)}`);
    socket.write("hello");
  });
  const proxy = await serve(mutual, (socket) => {
    seen.push(`proxy ${String(socket.getPeerCertificate().subject.CN)}`);
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const inner = net.connect(target, "127.0.0.1").on("error", () => undefined);
      socket.pipe(inner).pipe(socket);
    });
  });
  const context = testContext({
    ca: [root.cert],
    hops: [proxyAt("https", proxy)],
    identity: testIdentity(forTarget.chain, forTarget.key),
    proxyIdentity: testIdentity(forProxy.chain, forProxy.key),
  });
  const { socket } = await dial(context, to(target));
  await new Promise((resolve) => socket.once("data", resolve));
  expect(seen).toEqual(["proxy for-proxy", "target for-target"]);
  socket.destroy();
});

test.each(["TLSv1.2", "TLSv1.3"] as const)(
  "a proxy that wants a certificate of its own and gets none is the one that is blamed (%s)",
  async (version) => {
    const mutual: tls.TlsOptions = {
      ca: clients.cert,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: version,
      maxVersion: version,
    };
    const error = await fault({ ca: [root.cert], hops: [proxyAt("https", await serve(mutual))] }, 443, "api.lab.test");
    expect(error).toMatchObject({ code: "CLIENT_CERT_REQUIRED", hop: "proxy", stage: "client-cert" });
    expect(error.remedy).toContain("SALLYPORT_PROXY_CLIENT_CERT");
  },
);

describe("a second connection to the same server", () => {
  async function talk(parts: TestContext, port: number): Promise<boolean> {
    const { socket } = await dial(testContext(parts), to(port));
    socket.write("request");
    await new Promise((resolve) => socket.once("data", resolve));
    const resumed = (socket as tls.TLSSocket).isSessionReused();
    socket.destroy();
    return resumed;
  }

  test.each(["TLSv1.2", "TLSv1.3"] as const)("resumes the session of the first (%s)", async (maxVersion) => {
    const port = await serve({ maxVersion });
    expect(await talk({ ca: [root.cert] }, port)).toBe(false);
    expect(await talk({ ca: [root.cert] }, port)).toBe(true);
  });

  test("that breaks off when its own ticket comes back is asked once more without it, and not by ticket again", async () => {
    const { chain, key } = await clients.issue({ commonName: "alice", usage: "client" });
    const parts = { ca: [root.cert], identity: testIdentity(chain, key) };
    let resumptions = 0;
    const inner = await serve({ ca: clients.cert, requestCert: true, maxVersion: "TLSv1.3" });
    // Hangs up on a ClientHello that offers to resume, as squid does where it has no name for its sessions.
    const front = net.createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", (hello: Buffer) => {
        if (offersSession(hello)) {
          resumptions++;
          return void socket.destroy();
        }
        const server = net.connect(inner, "127.0.0.1").on("error", () => undefined);
        server.write(hello);
        socket.pipe(server).pipe(socket);
      });
    });
    const port = await listening(front);
    for (let i = 0; i < 3; i++) expect(await talk(parts, port)).toBe(false);
    expect(resumptions).toBe(1);
    front.close();
  });

  test("under another identity does not", async () => {
    const port = await serve({ ca: clients.cert, requestCert: true });
    const [one, two] = [
      await clients.issue({ commonName: "one", usage: "client" }),
      await clients.issue({ commonName: "two", usage: "client" }),
    ];
    const first = { ca: [root.cert], identity: testIdentity(one.chain, one.key) };
    await talk(first, port);
    expect(await talk(first, port)).toBe(true);
    expect(await talk({ ca: [root.cert], identity: testIdentity(two.chain, two.key) }, port)).toBe(false);
  });

  test("whose certificate no longer holds the asked name is not helped by it", async () => {
    const port = await serve({});
    await talk({ ca: [root.cert] }, port);
    expect(await fault({ ca: [root.cert] }, port, "other.localhost")).toMatchObject({ code: "TLS_NAME_MISMATCH" });
  });
});

/** Whether a ClientHello holds the pre_shared_key extension (RFC 8446 section 4.2.11). */
function offersSession(hello: Buffer): boolean {
  // Record and handshake headers, version, random; then session id, cipher suites, compression methods.
  let at = 5 + 4 + 2 + 32;
  at += 1 + hello.readUInt8(at);
  at += 2 + hello.readUInt16BE(at);
  at += 1 + hello.readUInt8(at);
  for (at += 2; at + 4 <= hello.length; at += 4 + hello.readUInt16BE(at + 2)) {
    if (hello.readUInt16BE(at) === 41) return true;
  }
  return false;
}

test("the CA list is parsed once for all connections", async () => {
  const authority = await createAuthority({ name: "Counted" });
  const port = await serve({});
  const before = tls.createSecureContext;
  let made = 0;
  tls.createSecureContext = (...args) => {
    // The test's own server makes one for each connection, without authorities.
    if (args[0]?.ca !== undefined) made++;
    return before(...args);
  };
  try {
    for (let i = 0; i < 5; i++) {
      const { socket } = await dial(testContext({ ca: [root.cert, authority.cert] }), to(port));
      socket.destroy();
    }
  } finally {
    tls.createSecureContext = before;
  }
  expect(made).toBe(1);
});

test("a server that lacks every protocol that is offered is not taken for a firewall that cuts", async () => {
  const port = await serve({ ALPNProtocols: ["http/1.1"] });
  const context = testContext({ ca: [root.cert] });
  const error: unknown = await dial(context, to(port), { alpn: ["h2"] }).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: "TLS_RESET", hop: "target" });
  expect(String(error)).toMatch(/speaks none of the protocols that were offered/);
  expect(error).toHaveProperty("remedy", "let the program offer http/1.1 as well");
});
