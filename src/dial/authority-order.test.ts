import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import type net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { memorySystem } from "../../test/support/memory-system.js";
import { isConnectError, type ConnectError } from "../base/errors.js";
import { loadTrust, type TrustBundle } from "../trust/index.js";
import { certify, party, permutations, pkcs8, selfSigned, type Party } from "../base/testing/certificates.js";
import { dial } from "./index.js";
import { listening, testContext } from "./testing/context.js";
import type { DialContext } from "./types.js";

const day = 86_400_000;
const run = promisify(execFile);
const servers: tls.Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

/** The authorities of one corporate network, as they may all stand in its store. */
interface Cast {
  readonly root: Party;
  /** Another key under the same name. */
  readonly namesake: Party;
  /** Its certificate is in no store. */
  readonly unknown: Party;
  readonly other: Party;
  readonly issuing: Party;
  readonly server: Party;
}

function cast(): Cast {
  return {
    root: party("Corp Root"),
    namesake: party("Corp Root"),
    unknown: party("Long Gone"),
    other: party("Corp Other Root"),
    issuing: party("Corp Issuing"),
    server: party("localhost"),
  };
}

/** What is found in the CA file beside the root, in whatever order, and what the server sends. */
interface Scene {
  readonly title: string;
  readonly beside: (cast: Cast, identifiers: boolean) => string[];
  /** The server's certificate is issued by an intermediate, which it sends along. */
  readonly viaIssuing?: boolean;
  /** Programs that read a file get through as well: the order in the file is all that it takes. */
  readonly byFileAlone: "always" | "with identifiers" | "never";
}

const scenes: readonly Scene[] = [
  {
    title: "a cross-certificate of an authority that is not there",
    beside: ({ root, unknown }, identifiers) => [certify({ subject: root, issuer: unknown, identifiers })],
    byFileAlone: "always",
  },
  {
    title: "another root of the same name",
    beside: ({ namesake }, identifiers) => [selfSigned(namesake, { identifiers })],
    byFileAlone: "with identifiers",
  },
  {
    title: "the link certificates of a renewed root, which certify each other in a loop",
    beside: ({ root, namesake }, identifiers) => [
      selfSigned(namesake, { identifiers }),
      certify({ subject: root, issuer: namesake, identifiers }),
      certify({ subject: namesake, issuer: root, identifiers }),
    ],
    byFileAlone: "with identifiers",
  },
  {
    title: "a certificate that names itself as issuer, and that its own key did not sign",
    beside: ({ root, namesake }, identifiers) => [certify({ subject: namesake, issuer: root, identifiers })],
    byFileAlone: "always",
  },
  {
    title: "cross-certificates of two authorities that certify each other",
    beside: ({ root, other }, identifiers) => [
      certify({ subject: root, issuer: other, identifiers }),
      certify({ subject: other, issuer: root, identifiers }),
    ],
    byFileAlone: "always",
  },
  {
    title: "an intermediate of the same name and key that leads nowhere",
    beside: ({ issuing, unknown }, identifiers) => [certify({ subject: issuing, issuer: unknown, identifiers })],
    viaIssuing: true,
    byFileAlone: "never",
  },
  {
    title: "certificates of the same root that are expired or not yet valid",
    beside: ({ root }, identifiers) => [
      selfSigned(root, { identifiers, notAfter: new Date(Date.now() - day) }),
      selfSigned(root, { identifiers, notBefore: new Date(Date.now() + day) }),
    ],
    byFileAlone: "always",
  },
];

async function serve(chain: string, key: Party): Promise<{ port: number; connections: () => number }> {
  let connections = 0;
  const server = tls.createServer({ cert: chain, key: pkcs8(key) }, (socket: net.Socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"));
  });
  server.on("tlsClientError", () => undefined);
  server.on("connection", () => connections++);
  servers.push(server);
  return { port: await listening(server), connections: () => connections };
}

function serverChain({ root, issuing, server }: Cast, identifiers: boolean, viaIssuing = false): string {
  const issuer = viaIssuing ? issuing : root;
  const leaf = certify({ subject: server, issuer, host: "localhost", identifiers });
  return viaIssuing ? leaf + certify({ subject: issuing, issuer: root, identifiers }) : leaf;
}

function trustOf(file: string): Promise<TrustBundle> {
  return loadTrust(
    {
      files: [{ value: "/corp/ca.pem", source: { kind: "variable", name: "NODE_EXTRA_CA_CERTS" } }],
      directories: [],
      stores: { value: [], source: { kind: "default" } },
    },
    memorySystem({ files: { "/corp/ca.pem": file }, now: new Date() }),
  );
}

/** Bundles of one id would share a SecureContext and sessions: the first order would answer for all. */
const contextOf = (trust: TrustBundle): DialContext => ({ ...testContext(), trust: { ...trust, id: randomUUID() } });

async function connect(context: DialContext, port: number): Promise<"connected" | ConnectError> {
  try {
    const { socket } = await dial(context, { protocol: "https:", host: "localhost", port });
    socket.destroy();
    return "connected";
  } catch (error) {
    if (isConnectError(error)) return error;
    throw error;
  }
}

const curl = spawnSync("curl", ["--version"]).status === 0;
const openssl = spawnSync("openssl", ["version"]).status === 0;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "authorities-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** What other programs say of the same bundle. OpenSSL's own is the stricter one: curl takes any certificate in it for a root. */
async function others(bundle: TrustBundle, chain: string, port: number): Promise<void> {
  const [merged, leaf] = [join(folder, "merged.pem"), join(folder, "leaf.pem")];
  await Promise.all([writeFile(merged, bundle.certificates.join("")), writeFile(leaf, chain)]);
  if (openssl)
    await run("openssl", ["verify", "-no-CApath", "-no-CAstore", "-CAfile", merged, "-untrusted", leaf, leaf]);
  if (curl)
    await run("curl", [
      "-sS",
      "--noproxy",
      "*",
      "--cacert",
      merged,
      "--connect-to",
      `::127.0.0.1:${port}`,
      `https://localhost:${port}/`,
    ]);
}

describe.each([
  ["with key identifiers", true],
  ["without key identifiers", false],
])("%s, whatever the order in the CA file", (_, identifiers) => {
  test.each(scenes)("a root is found beside $title", async ({ beside, viaIssuing, byFileAlone }) => {
    const parties = cast();
    const chain = serverChain(parties, identifiers, viaIssuing);
    const { port } = await serve(chain, parties.server);
    const certificates = [selfSigned(parties.root, { identifiers }), ...beside(parties, identifiers)];
    const bundles = await Promise.all(permutations(certificates).map((order) => trustOf(order.join(""))));
    for (const bundle of bundles) expect(await connect(contextOf(bundle), port)).toBe("connected");
    expect(new Set(bundles.map(({ id }) => id)).size).toBe(1);
    if (byFileAlone === "always" || (byFileAlone === "with identifiers" && identifiers))
      for (const bundle of bundles.slice(0, 1)) await others(bundle, chain, port);
  });
});

test("both roots of one name serve, each its own servers, without identifiers and over the same bundle", async () => {
  const parties = cast();
  const options = { identifiers: false };
  const context = contextOf(await trustOf(selfSigned(parties.root, options) + selfSigned(parties.namesake, options)));
  for (const issuer of [parties.root, parties.namesake]) {
    const chain = certify({ subject: parties.server, issuer, host: "localhost", ...options });
    const { port, connections } = await serve(chain, parties.server);
    expect(await connect(context, port)).toBe("connected");
    const first = connections();
    expect(first).toBeLessThanOrEqual(2);
    // What was found out stays known.
    expect(await connect(context, port)).toBe("connected");
    expect(connections()).toBe(first + 1);
  }
});

test("a server that changes to the other root of the name is connected to, as it was to the first", async () => {
  const parties = cast();
  const options = { identifiers: false };
  const context = contextOf(await trustOf(selfSigned(parties.root, options) + selfSigned(parties.namesake, options)));
  const issued = [parties.root, parties.namesake].map((issuer) =>
    certify({ subject: parties.server, issuer, host: "localhost", ...options }),
  );
  const { port } = await serve(issued[0] ?? "", parties.server);
  const key = pkcs8(parties.server);
  for (const cert of [...issued, ...issued]) {
    servers[0]?.setSecureContext({ cert, key });
    expect(await connect(context, port)).toBe("connected");
  }
});

test("a server whose chain leads into a loop of the store is connected to: Node alone would walk it without end", async () => {
  const { root, other, namesake, server } = { ...cast(), namesake: party("Corp Third Root") };
  const store = [
    selfSigned(root),
    certify({ subject: other, issuer: namesake }),
    certify({ subject: namesake, issuer: other }),
  ];
  const leaf = certify({ subject: server, issuer: root, host: "localhost" });
  const { port } = await serve(leaf + certify({ subject: root, issuer: other }), server);
  for (const order of permutations(store))
    expect(await connect(contextOf(await trustOf(order.join(""))), port)).toBe("connected");
});

describe("nothing is trusted by it that was not", () => {
  test("a stranger's certificate under the name of a root is refused, and at once", async () => {
    const parties = cast();
    const stranger = party("Corp Root");
    const context = contextOf(await trustOf(selfSigned(parties.root) + selfSigned(parties.namesake)));
    for (const identifiers of [true, false]) {
      const forged = certify({ subject: parties.server, issuer: stranger, host: "localhost", identifiers });
      const { port, connections } = await serve(forged + selfSigned(stranger), parties.server);
      expect(await connect(context, port)).toMatchObject({ code: "TLS_UNTRUSTED_ISSUER" });
      expect(connections()).toBe(1);
    }
  });

  test("an intermediate alone is still not enough, and neither are two that certify each other", async () => {
    const parties = cast();
    const { root, namesake, issuing, server } = parties;
    const chain = serverChain(parties, true, true);
    const { port } = await serve(chain, server);
    const alone = await connect(contextOf(await trustOf(certify({ subject: issuing, issuer: root }))), port);
    expect(alone).toMatchObject({ code: "TLS_UNTRUSTED_ISSUER" });
    expect(String(alone)).toContain("whose root is missing");
    const loop = certify({ subject: root, issuer: namesake }) + certify({ subject: namesake, issuer: root });
    expect(await connect(contextOf(await trustOf(loop)), port)).toMatchObject({ code: "TLS_UNTRUSTED_ISSUER" });
  });

  test("an authority that may not issue what it issued is refused by OpenSSL, whoever was chosen for it", async () => {
    const { root, namesake, server, other } = cast();
    const options = { identifiers: false };
    // A server's certificate that was used as an authority.
    const leaf = certify({ subject: other, issuer: root, host: "other.test", ...options });
    const below = certify({ subject: server, issuer: other, host: "localhost", ...options });
    const { port } = await serve(below + leaf, server);
    const context = contextOf(await trustOf(selfSigned(namesake, options) + selfSigned(root, options)));
    expect(await connect(context, port)).toMatchObject({ code: "TLS_UNTRUSTED_ISSUER" });
  });

  test("hundreds of certificates of one name cost a bounded number of checks", async () => {
    const { root, server } = cast();
    const swarm = Array.from({ length: 120 }, () => party("Swarm"));
    const first = swarm[0] ?? root;
    const leaf = certify({ subject: server, issuer: first, host: "localhost", identifiers: false });
    const links = swarm.map((one, index) =>
      certify({ subject: one, issuer: swarm[index + 1] ?? first, identifiers: false }),
    );
    const { port, connections } = await serve(leaf + links.join(""), server);
    expect(await connect(contextOf(await trustOf(selfSigned(root))), port)).toBeInstanceOf(Error);
    expect(connections()).toBe(1);
  });
});
