import { execFile } from "node:child_process";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import net, { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { inspect, promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseIpRange } from "../../base/ip.js";
import type { HostPattern } from "../../policy/types.js";
import { parseHostPattern } from "../../policy/index.js";
import { blocksOf } from "./authority-constraints.js";
import { createAuthority, newIssuer } from "./authority.js";

const run = promisify(execFile);
const now = Date.now();
const hour = 3_600_000;

function patterns(...texts: readonly string[]): HostPattern[] {
  return texts.map((text) => {
    const parsed = parseHostPattern(text);
    if ("problem" in parsed) throw new Error(parsed.problem);
    return parsed;
  });
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sallyport-authority-"));
});
afterAll(() => rm(folder, { recursive: true }));

function pemOf(der: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`;
}

/** What whoever had stolen the issuing key could make: a certificate for any host at all. */
function forged(texts: readonly string[], host: string) {
  const issuer = newIssuer(patterns(...texts), now);
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const leaf = issuer.issue({ key: { spki }, host, from: now - hour, to: now + hour });
  return {
    ca: pemOf(issuer.certificate),
    cert: pemOf(leaf),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** The error with which a Node client turns the server away, or "accepted". */
async function nodeSays(ca: string, server: tls.TLSSocketOptions, host: string): Promise<string> {
  const listener = net.createServer((raw) => {
    const socket = new tls.TLSSocket(raw, { isServer: true, ...server });
    socket.on("error", () => undefined).once("secure", () => socket.end());
  });
  await once(listener.listen(0, "127.0.0.1"), "listening");
  const socket = tls.connect({
    port: (listener.address() as AddressInfo).port,
    ca,
    host: "127.0.0.1",
    servername: /[:]|^[\d.]+$/.test(host) ? "" : host,
    checkServerIdentity: (_name, certificate) => tls.checkServerIdentity(host, certificate),
  });
  try {
    await once(socket, "secureConnect");
    return "accepted";
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    socket.destroy();
    listener.close();
  }
}

async function opensslSays(ca: string, cert: string): Promise<string> {
  const [authority, leaf] = [join(folder, "ca.pem"), join(folder, "leaf.pem")];
  await Promise.all([writeFile(authority, ca), writeFile(leaf, cert)]);
  const command = [
    "verify",
    "-x509_strict",
    "-purpose",
    "sslserver",
    "-no-CApath",
    "-no-CAstore",
    "-CAfile",
    authority,
    leaf,
  ];
  return run("openssl", command).then(
    () => "accepted",
    (error: { stderr: string }) => /error \d+ at \d+ depth lookup: *(.*)/.exec(error.stderr)?.[1] ?? error.stderr,
  );
}

describe("a certificate for an intercepted host is accepted", () => {
  const cases: readonly (readonly [pattern: string, host: string])[] = [
    ["api.example.com", "api.example.com"],
    ["example.com", "a.b.example.com"],
    ["*.example.com", "api.example.com"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
    ["internal_host.corp", "internal_host.corp"],
    ["api.example.com:8443", "api.example.com"],
    ["10.1.2.3", "10.1.2.3"],
    ["10.0.0.0/8", "10.255.255.255"],
    ["10.0.0.3-10.0.0.9", "10.0.0.9"],
    ["2001:db8::/32", "2001:db8::1"],
  ];
  test.each(cases)("intercepted %s, asked for %s, by OpenSSL", async (pattern, host) => {
    const { ca, cert } = forged([pattern], host);
    expect(await opensslSays(ca, cert)).toBe("accepted");
  });

  // Node 22.23 takes IPv6 literals for names, and refuses all of them.
  test.each(cases.filter(([, host]) => !host.includes(":")))(
    "intercepted %s, asked for %s, by Node",
    async (pattern, host) => {
      const authority = createAuthority(patterns(pattern), { now: Date.now });
      expect(await nodeSays(authority.certificate, { secureContext: authority.contextFor(host) }, host)).toBe(
        "accepted",
      );
    },
  );
});

describe("a certificate that the same key signs for any other host is refused", () => {
  const cases: readonly (readonly [patterns: readonly string[], host: string])[] = [
    [["api.example.com"], "www.example.com"],
    [["api.example.com"], "example.com"],
    [["api.example.com"], "notapi.example.com"],
    [["api.example.com"], "api.example.com.evil.test"],
    [["example.com"], "badexample.com"],
    [["*.example.com"], "example.com"],
    [["*.example.com"], "badexample.com"],
    [["api.example.com"], "10.1.2.3"],
    [["api.example.com"], "2001:db8::1"],
    [["10.0.0.0/8"], "11.0.0.1"],
    [["10.0.0.0/8"], "2001:db8::1"],
    [["10.0.0.0/8"], "api.example.com"],
    [["10.0.0.3-10.0.0.9"], "10.0.0.10"],
    [["10.0.0.3-10.0.0.9"], "10.0.0.2"],
    [["2001:db8::/32"], "2001:db9::1"],
    [["2001:db8::/32"], "10.1.2.3"],
    [["api.example.com", "10.0.0.1"], "10.0.0.2"],
  ];
  test.each(cases)("intercepted %s, signed for %s", async (intercepted, host) => {
    const { ca, cert, key } = forged(intercepted, host);
    const secureContext = tls.createSecureContext({ cert, key });
    expect(await opensslSays(ca, cert)).toMatch(/^(?:permitted|excluded) subtree violation/);
    // Node has no name of its own for X509_V_ERR_PERMITTED_VIOLATION and its kin.
    expect(await nodeSays(ca, { secureContext }, host)).toBe("UNSPECIFIED");
  });

  test("and one for client authentication by its authority's purpose", async () => {
    const { ca, cert } = forged(["api.example.com"], "api.example.com");
    const files = [join(folder, "ca2.pem"), join(folder, "leaf2.pem")] as const;
    await Promise.all([writeFile(files[0], ca), writeFile(files[1], cert)]);
    const verify = run("openssl", [
      "verify",
      "-purpose",
      "sslclient",
      "-no-CApath",
      "-no-CAstore",
      "-CAfile",
      ...files,
    ]);
    await expect(verify).rejects.toMatchObject({ stderr: expect.stringMatching(/purpose/) as string });
  });
});

test("a pattern that means every host is refused, and so is none", () => {
  for (const texts of [["*"], ["*:443"], ["api.example.com", "*"], []]) {
    expect(() => createAuthority(patterns(...texts), { now: Date.now })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining("every host") as string }),
    );
  }
});

test("the authority's certificate names the gateway, signs itself, and cannot have others below it", async () => {
  const { certificate } = createAuthority(patterns("api.example.com", "10.0.0.0/8"), { now: Date.now });
  const read = new X509Certificate(certificate);
  expect(read.ca && read.verify(read.publicKey)).toBe(true);
  expect(read.subject).toMatch(/^O=sallyport\nCN=sallyport gateway [0-9a-f]{8} \(in memory\)$/);
  expect(Date.parse(read.validFrom)).toBeLessThan(Date.now() - hour / 2);
  await writeFile(join(folder, "shown.pem"), certificate);
  const { stdout } = await run("openssl", ["x509", "-noout", "-text", "-in", join(folder, "shown.pem")]);
  expect(stdout).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
  expect(stdout).toMatch(/Key Usage: critical\s+Certificate Sign\n/);
  expect(stdout).toMatch(
    /Name Constraints: critical\s+Permitted:\s+DNS:api.example.com\s+IP:10.0.0.0\/255.0.0.0\s+Excluded:\s+IP:0:0:0:0:0:0:0:0\/0:0:0:0:0:0:0:0/,
  );
});

test("two gateways have authorities of different names, so that a stale one is never taken for the other", () => {
  const subject = () => new X509Certificate(createAuthority(patterns("a.test"), { now: Date.now }).certificate).subject;
  expect(subject()).not.toBe(subject());
});

test("each host has one context, which is made again before its certificate expires", () => {
  let time = now;
  const authority = createAuthority(patterns("example.com"), { now: () => time });
  const first = authority.contextFor("a.example.com");
  expect(authority.contextFor("a.example.com")).toBe(first);
  expect(authority.contextFor("b.example.com")).not.toBe(first);
  time += 16 * 24 * hour;
  expect(authority.contextFor("a.example.com")).not.toBe(first);
});

test("contexts are kept for as many hosts as was said, and those that are in use longest", () => {
  const authority = createAuthority(patterns("example.com"), { now: () => now, kept: 2 });
  const first = authority.contextFor("a.example.com");
  const second = authority.contextFor("b.example.com");
  authority.contextFor("a.example.com");
  authority.contextFor("c.example.com");
  expect(authority.contextFor("a.example.com")).toBe(first);
  expect(authority.contextFor("b.example.com")).not.toBe(second);
});

test("no key is in what is printed of an authority", () => {
  const authority = createAuthority(patterns("example.com"), { now: Date.now });
  const context = authority.contextFor("example.com");
  const printed = `${inspect(authority, { depth: 20, showHidden: true, getters: true })}${JSON.stringify(authority)}${inspect(context, { depth: 20, showHidden: true })}`;
  expect(printed).toContain("BEGIN CERTIFICATE");
  expect(printed).not.toMatch(/PRIVATE|KeyObject/);
});

test("a range becomes the fewest blocks that hold exactly its addresses", () => {
  const shown = (text: string) => {
    const range = parseIpRange(text);
    return range && blocksOf(range).map(({ first, prefix }) => `${first % 256n}/${prefix}`);
  };
  expect(shown("10.0.0.3-10.0.0.9")).toEqual(["3/32", "4/30", "8/31"]);
  expect(shown("0.0.0.0/0")).toEqual(["0/0"]);
  expect(shown("::/0")).toEqual(["0/0"]);
  const ends = fc.tuple(fc.integer({ min: 0, max: 1023 }), fc.integer({ min: 0, max: 1023 }));
  fc.assert(
    fc.property(ends, ([a, b]) => {
      const [first, last] = [BigInt(Math.min(a, b)), BigInt(Math.max(a, b))];
      const blocks = blocksOf({ family: 4, first, last });
      let next = first;
      for (const block of blocks) {
        expect(block.first).toBe(next);
        next += 1n << BigInt(32 - block.prefix);
      }
      expect(next).toBe(last + 1n);
    }),
  );
});
