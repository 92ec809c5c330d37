import { X509Certificate } from "node:crypto";
import tls from "node:tls";
import { afterAll, expect, test } from "vitest";
import { isConnectError, type ConnectError } from "../base/errors.js";
import { certify, party, pkcs8, selfSigned } from "../base/testing/certificates.js";
import { createAuthority } from "../lab/ca.js";
import { chainFault } from "./faults-chain.js";
import type { Handshake } from "./handshake.js";
import { dial } from "./index.js";
import { listening, testContext } from "./testing/context.js";

const servers: tls.Server[] = [];
afterAll(() => servers.forEach((server) => server.close()));

const root = party("Corp Root");
const server = party("localhost");

/** What is said of a server that shows this, by who trusts that. */
async function judged(shown: readonly string[], ca: readonly string[]): Promise<ConnectError> {
  const options = { cert: shown.join(""), key: pkcs8(server) };
  const listener = tls.createServer(options, (socket) => socket.on("error", () => undefined));
  listener.on("tlsClientError", () => undefined);
  servers.push(listener);
  const port = await listening(listener);
  const context = testContext({ ca: [...ca] });
  const error: unknown = await dial(context, { protocol: "https:", host: "localhost", port }).catch((e: unknown) => e);
  if (!isConnectError(error)) throw new Error("expected a ConnectError", { cause: error });
  return error;
}

const leafOf = (issuer: ReturnType<typeof party>) => certify({ subject: server, issuer, host: "localhost" });

test("it is told, too, where no key identifier tells the two apart, as in what mitmproxy makes: the old root is none that was shown", async () => {
  const [old, next] = [party("Example Inspection CA"), party("Example Inspection CA")];
  const leaf = certify({ subject: server, issuer: next, host: "localhost", identifiers: false });
  const trusted = certify({ subject: old, issuer: old, identifiers: false });
  const error = await judged([leaf], [trusted]);
  expect(error).toMatchObject({ code: "TLS_INSPECTED" });
  expect(error.message).toContain("the authority of that name which is trusted here has another key");
  expect(error.remedy).toContain("in the place of the old one");
  expect(error.remedy).not.toContain("trust add localhost");
});

test("a root that was renewed is told by its key: the old one of the same name is to be replaced", async () => {
  const renewed = party("Corp Root");
  for (const shown of [[leafOf(renewed)], [leafOf(renewed), selfSigned(renewed)]]) {
    const error = await judged(shown, [selfSigned(root)]);
    expect(error).toMatchObject({ code: "TLS_UNTRUSTED_ISSUER", stage: "tls", hop: "target" });
    expect(error.message).toContain(
      '"Corp Root", and the authority of that name which is trusted here has another key',
    );
    expect(error.remedy).toContain("in the place of the old one");
  }
  const old = party("Example Inspection CA");
  const next = party("Example Inspection CA");
  const inspected = await judged([leafOf(next)], [selfSigned(old)]);
  expect(inspected).toMatchObject({ code: "TLS_INSPECTED" });
  expect(inspected.message).toContain("has another key");
});

test("an intermediate that has expired is named, and not the server's own certificate", async () => {
  const issuing = party("Corp Issuing");
  const over = certify({ subject: issuing, issuer: root, notAfter: new Date(Date.now() - 86_400_000) });
  const error = await judged([leafOf(issuing), over], [selfSigned(root)]);
  expect(error).toMatchObject({ code: "TLS_EXPIRED", hop: "target" });
  expect(error.message).toContain('the authority "Corp Issuing" (valid until');
  expect(error.remedy).toContain("successor");
});

test("a wrong intermediate is not called a missing one alone", async () => {
  const known = await createAuthority({ name: "Example Root", organization: "Example" });
  const below = { organization: "Example", issuer: known };
  const right = await createAuthority({ name: "Example Issuing 1", ...below });
  const wrong = await createAuthority({ name: "Example Issuing 2", ...below });
  const { cert, key } = await right.issue({ commonName: "localhost", hosts: ["localhost"], usage: "server" });
  const listener = tls.createServer({ cert: cert + wrong.cert, key }, (socket) => socket.on("error", () => undefined));
  servers.push(listener.on("tlsClientError", () => undefined));
  const target = { protocol: "https:", host: "localhost", port: await listening(listener) } as const;
  const error: unknown = await dial(testContext({ ca: [known.cert] }), target).catch((e: unknown) => e);
  expect(error).toMatchObject({ code: "TLS_CHAIN_INCOMPLETE" });
  expect(isConnectError(error) && error.message).toMatch(/"Example Issuing 1".*sends its own alone, or wrong ones/);
});

test("what no root mends is told as what it is, and no root is asked for", async () => {
  const noAuthority = party("Corp Server");
  const byServer = await judged(
    [leafOf(noAuthority), certify({ subject: noAuthority, issuer: root, host: "corp" })],
    [selfSigned(root)],
  );
  expect(byServer.message).toContain("what issued it may not sign");
  const forClients = await (await createAuthority({ name: "R" })).issue({ commonName: "c", usage: "client" });
  const peer = new X509Certificate(leafOf(root));
  // As Node 20 to 26 word them.
  const cases: readonly (readonly [string, string, string, RegExp, X509Certificate?])[] = [
    ["UNSPECIFIED", "CA signature digest algorithm too weak", "TLS_WEAK", /signed with SHA-1 or MD5/],
    ["UNSPECIFIED", "EE certificate key too weak", "TLS_WEAK", /its key is too short/],
    ["UNSPECIFIED", "CA certificate key too weak", "TLS_WEAK", /the key of its authority/],
    ["UNSPECIFIED", "permitted subtree violation", "TLS_UNTRUSTED_ISSUER", /limited to other names/],
    ["UNSPECIFIED", "unhandled critical extension", "TLS_UNTRUSTED_ISSUER", /critical extension/],
    ["UNSPECIFIED", "key usage does not include certificate signing", "TLS_UNTRUSTED_ISSUER", /may not sign/],
    ["PATH_LENGTH_EXCEEDED", "path length constraint exceeded", "TLS_UNTRUSTED_ISSUER", /no others below it/],
    ["INVALID_CA", "invalid CA certificate", "TLS_UNTRUSTED_ISSUER", /not an authority/],
    ["INVALID_PURPOSE", "unsuitable certificate purpose", "TLS_UNTRUSTED_ISSUER", /not an authority for servers/],
    [
      "INVALID_PURPOSE",
      "unsuitable certificate purpose",
      "TLS_UNTRUSTED_ISSUER",
      /not for servers \(its extended/,
      new X509Certificate(forClients.cert),
    ],
  ];
  for (const [code, words, expected, message, shown = peer] of cases) {
    const handshake: Handshake = {
      endpoint: { hop: "target", host: "localhost", port: 443 },
      servername: "localhost",
      identity: undefined,
      configured: testContext().trust,
      now: Date.now(),
      proxied: false,
      limited: false,
      prefix: "SALLYPORT",
      answered: () => false,
      version: null,
      asked: false,
      peer: shown,
      shown: [shown.raw],
      issuer: undefined,
    };
    const fault = chainFault(Object.assign(new Error(words), { code }), handshake);
    expect([words, fault?.code, fault?.message]).toEqual([words, expected, expect.stringMatching(message)]);
    expect(fault?.remedy).toContain("issued again");
    expect(fault?.remedy).not.toMatch(/NODE_EXTRA_CA_CERTS|add its root/);
  }
});
