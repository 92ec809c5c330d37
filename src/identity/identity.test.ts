import { X509Certificate } from "node:crypto";
import { inspect } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { memorySystem } from "../../test/support/memory-system.js";
import * as der from "../base/der-write.js";
import { formatPem } from "../base/pem.js";
import { certify, party, permutations, pkcs8, selfSigned } from "../base/testing/certificates.js";
import { createAuthority, encryptKey, type Authority, type Issued } from "../lab/ca.js";
import type { IdentitySpec } from "../policy/types.js";
import { loadIdentities, loadIdentity } from "./index.js";
import { codes, fixture, inline, load, loadPair, passphrase, specOf, told, wrong, type Parts } from "./testing/load.js";

const date = (text: string) => new Date(`${text}T00:00:00Z`);
const time = { notBefore: date("2029-01-01"), notAfter: date("2031-01-01") };
let root: Authority;
let intermediate: Authority;
let alice: Issued;
let bob: Issued;

beforeAll(async () => {
  const long = { notBefore: date("2020-01-01"), notAfter: date("2045-01-01") };
  root = await createAuthority({ name: "Client Root", ...long });
  intermediate = await createAuthority({ name: "Client Issuing", issuer: root, ...long });
  alice = await intermediate.issue({ commonName: "alice", organization: "Lab", usage: "client", ...time });
  bob = await intermediate.issue({ commonName: "bob", usage: "client", publicKeyAlgorithm: "rsa", ...time });
});

describe("a PEM pair", () => {
  test("is loaded with its chain and described without its secrets", async () => {
    const { identity, faults, warnings } = await loadPair(alice.chain, alice.key);
    expect([...faults, ...warnings]).toEqual([]);
    expect(identity).toMatchObject({
      name: "default",
      hosts: "all",
      subject: "CN=alice, O=Lab",
      issuer: "CN=Client Issuing",
      notBefore: "2029-01-01T00:00:00.000Z",
      notAfter: "2031-01-01T00:00:00.000Z",
      files: ["/c.pem", "/k.pem"],
      id: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    expect(identity?.material()).toEqual({ cert: alice.chain, key: alice.key });
    const secretLine = alice.key.split("\n")[1] ?? "?";
    for (const shown of [inspect(identity, { depth: 9, showHidden: true }), JSON.stringify(identity)])
      expect(shown).not.toContain(secretLine);
  });

  test("certificate and key may share one file", async () => {
    const { identity, faults } = await load({ cert: "/both.pem" }, { "/both.pem": alice.key + alice.chain });
    expect(faults).toEqual([]);
    expect(identity?.files).toEqual(["/both.pem"]);
    expect(identity?.material().key).toBe(alice.key);
  });

  test("the leaf is the certificate that the key belongs to, wherever it stands, and its chain follows in order", async () => {
    const shuffled = root.cert + intermediate.cert + alice.cert;
    const { identity, warnings } = await loadPair(shuffled, alice.key);
    expect(warnings).toEqual([]);
    expect(identity?.material().cert).toBe(alice.cert + intermediate.cert + root.cert);
  });

  test("blanks within the lines of certificates and keys do no harm", async () => {
    const blanks = (pem: string) => pem.replaceAll(/^([A-Za-z0-9+/]{20})(.{2,})$/gm, "$1 \t$2");
    expect(blanks(alice.key)).not.toBe(alice.key);
    const encrypted = encryptKey(alice.key, passphrase);
    for (const key of [blanks(alice.key), blanks(encrypted)]) {
      const { identity, faults } = await loadPair(blanks(alice.chain), key, passphrase);
      expect(faults).toEqual([]);
      expect(identity?.material()).toEqual({ cert: alice.chain, key: alice.key });
    }
  });

  test("an intermediate in OpenSSL's own form, with trust settings behind it, is part of the chain as any other", async () => {
    const settings = der.sequence(der.sequence(der.oid("1.3.6.1.5.5.7.3.2")));
    const trusted = formatPem(
      "TRUSTED CERTIFICATE",
      Buffer.concat([new X509Certificate(intermediate.cert).raw, settings]).toString("base64"),
    );
    const result = await loadPair(alice.cert + trusted, alice.key);
    expect(told(result)).toEqual([]);
    expect(result.identity?.material().cert).toBe(alice.cert + intermediate.cert);
  });

  test("a cross-certificate beside the root of its name and key is no break in the chain, wherever it stands", async () => {
    const [top, elsewhere, impostor, client] = [party("Top"), party("Elsewhere"), party("Top"), party("carol")];
    const leaf = certify({ subject: client, issuer: top, host: "carol.test", identifiers: false });
    const others = [
      selfSigned(top, { identifiers: false }),
      selfSigned(impostor, { identifiers: false }),
      certify({ subject: top, issuer: elsewhere, identifiers: false }),
    ];
    for (const order of permutations(others)) {
      const result = await loadPair(order.join("") + leaf, pkcs8(client), undefined, { now: new Date() });
      expect(told(result).filter((line) => line.includes("CHAIN"))).toEqual([]);
      expect(result.identity?.material().cert?.startsWith(leaf + others[0])).toBe(true);
    }
  });

  test("a leaf alone is fine: the server may hold the intermediates", async () => {
    expect(told(await loadPair(alice.cert, alice.key))).toEqual([]);
  });

  test("an intermediate that does not belong to the leaf is a warning that names the missing one", async () => {
    const other = await createAuthority({ name: "Stranger", notAfter: date("2045-01-01") });
    const result = await loadPair(alice.cert + other.cert, alice.key);
    expect(told(result)).toEqual([
      "CLIENT_CERT_CHAIN_INCOMPLETE CLAUDE_CODE_CLIENT_CERT: /c.pem: CN=Stranger does not belong to the chain, which ends at CN=alice, O=Lab",
    ]);
    expect(result.warnings[0]?.remedy).toBe("put the certificate of CN=Client Issuing into the file");
    expect(result.identity).toBeDefined();
  });

  test("two identities are one to a server only if certificate and chain are the same", async () => {
    const id = async (cert: string, key = alice.key) => (await loadPair(cert, key)).identity?.id;
    expect(await id(alice.chain)).toBe(await id(intermediate.cert + alice.cert));
    expect(await id(alice.cert)).not.toBe(await id(alice.chain));
    expect(await id(bob.chain, bob.key)).not.toBe(await id(alice.chain));
  });
});

describe("encrypted keys", () => {
  test.each(["alice-pkcs8-encrypted.key", "alice-scrypt.key", "alice-triple-des.key", "alice-sec1-encrypted.key"])(
    "%s opens with its passphrase",
    async (name) => {
      const { identity, faults } = await loadPair(await fixture("alice.pem"), await fixture(name), passphrase);
      expect(faults).toEqual([]);
      expect(identity?.material()).toEqual({
        cert: expect.any(String) as string,
        key: (await fixture("alice.key")).toString(),
      });
    },
  );

  test("a PKCS#1 key, encrypted or not, opens as well", async () => {
    const cert = await fixture("bob.pem");
    expect(codes(await loadPair(cert, await fixture("bob-pkcs1-encrypted.key"), passphrase))).toEqual([]);
    expect(codes(await loadPair(cert, await fixture("bob-pkcs1.key")))).toEqual([]);
    expect(codes(await loadPair(await fixture("alice.pem"), await fixture("alice-sec1.key")))).toEqual([]);
  });

  test("without a passphrase: the variable to set is named", async () => {
    const result = await loadPair(alice.cert, encryptKey(alice.key, passphrase));
    expect(told(result)).toEqual([
      "KEY_PASSPHRASE_MISSING CLAUDE_CODE_CLIENT_KEY: the key in /k.pem is encrypted but no passphrase is set",
    ]);
    expect(result.faults[0]?.remedy).toBe("set CLAUDE_CODE_CLIENT_KEY_PASSPHRASE, or SALLYPORT_CLIENT_KEY_PASSPHRASE");
    expect(result.identity).toBeUndefined();
  });

  test.each(["alice-pkcs8-encrypted.key", "alice-scrypt.key", "alice-sec1-encrypted.key"])(
    "with a wrong passphrase for %s, which is not told",
    async (name) => {
      const result = await loadPair(await fixture("alice.pem"), await fixture(name), wrong);
      expect(told(result)).toEqual([
        "KEY_PASSPHRASE_WRONG CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: this passphrase does not open the key in /k.pem",
      ]);
      expect(inspect(result, { depth: 9 })).not.toContain(wrong);
    },
  );

  test.each([
    ["alice-rc2.key", "RC2-40"],
    ["alice-des.key", "DES-CBC"],
  ])("%s: a cipher that OpenSSL 3 has put away is named, with the line that renews the key", async (name, cipher) => {
    const result = await loadPair(await fixture("alice.pem"), await fixture(name), passphrase);
    expect(told(result)).toEqual([
      `KEY_FILE_INVALID CLAUDE_CODE_CLIENT_KEY: /k.pem is encrypted with ${cipher}, which OpenSSL 3 no longer supports`,
    ]);
    expect(result.faults[0]?.remedy).toContain("openssl pkcs8 -provider legacy -provider default -topk8");
  });

  test("the passphrase's command runs only for a key that is encrypted", async () => {
    const asked: unknown[] = [];
    const run = async (command: string | readonly string[]) => {
      asked.push(command);
      return `${passphrase}\r\n`;
    };
    const parts: Parts = {
      cert: "/c.pem",
      key: "/k.pem",
      passphrase: { kind: "command", command: ["pass", "show", "corp"] },
    };
    const plain = await load(parts, { "/c.pem": alice.cert, "/k.pem": alice.key }, { run });
    expect([codes(plain), asked]).toEqual([[], []]);
    const encrypted = await load(parts, { "/c.pem": alice.cert, "/k.pem": encryptKey(alice.key, passphrase) }, { run });
    expect([codes(encrypted), asked]).toEqual([[], [["pass", "show", "corp"]]]);
  });

  test("a command that fails is a fault of its own, beside what else is wrong", async () => {
    const parts: Parts = {
      cert: "/c.pem",
      key: "/k.pem",
      passphrase: { kind: "command", command: "pass show corp --token=hunter2" },
    };
    const expired = await intermediate.issue({
      commonName: "old",
      usage: "client",
      notBefore: date("2028-01-01"),
      notAfter: date("2029-01-01"),
    });
    const result = await load(
      parts,
      { "/c.pem": expired.cert, "/k.pem": encryptKey(expired.key, passphrase) },
      { run: async () => Promise.reject(new Error("the command exited with status 2; hunter2")) },
    );
    expect(told(result)).toEqual([
      'SECRET_COMMAND_FAILED CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: the command "pass" did not provide a secret: it exited with status 2',
      "CLIENT_CERT_EXPIRED CLAUDE_CODE_CLIENT_CERT: /c.pem: the client certificate CN=old expired on 2029-01-01",
    ]);
    expect(inspect(result, { depth: 9 })).not.toContain("hunter2");
  });
});

describe("files that are missing, unreadable or something else", () => {
  test.each([
    [
      "a missing certificate",
      { error: "ENOENT" },
      "",
      "CERT_FILE_UNREADABLE CLAUDE_CODE_CLIENT_CERT: /c.pem does not exist",
    ],
    [
      "a forbidden certificate",
      { error: "EACCES" },
      "",
      "CERT_FILE_UNREADABLE CLAUDE_CODE_CLIENT_CERT: /c.pem is not readable by this user",
    ],
    ["an empty certificate", "", "", "CERT_FILE_INVALID CLAUDE_CODE_CLIENT_CERT: /c.pem is empty"],
    ["a missing key", "", { error: "ENOENT" }, "KEY_FILE_UNREADABLE CLAUDE_CODE_CLIENT_KEY: /k.pem does not exist"],
    ["an empty key", "", "", "KEY_FILE_INVALID CLAUDE_CODE_CLIENT_KEY: /k.pem is empty"],
    [
      "a truncated key",
      "",
      "-----BEGIN PRIVATE KEY-----\nMIIB\n",
      "KEY_FILE_INVALID CLAUDE_CODE_CLIENT_KEY: /k.pem, line 1: the PRIVATE KEY block has no END line",
    ],
    [
      "a damaged key",
      "",
      "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
      "KEY_FILE_INVALID CLAUDE_CODE_CLIENT_KEY: /k.pem, line 1: the private key is damaged",
    ],
    [
      "an SSH key",
      "",
      "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
      "KEY_FILE_INVALID CLAUDE_CODE_CLIENT_KEY: /k.pem is an SSH key",
    ],
    [
      "a public key",
      "",
      "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
      "KEY_FILE_INVALID CLAUDE_CODE_CLIENT_KEY: /k.pem holds a PUBLIC KEY block but no private key",
    ],
  ] as const)("%s", async (_, cert, key, message) => {
    const result = await loadPair(
      cert === "" && !message.includes("_CERT:") ? alice.cert : cert,
      key === "" && !message.includes("_KEY:") ? alice.key : key,
    );
    expect(told(result)).toEqual([message]);
    expect(result.identity).toBeUndefined();
  });

  test("a damaged and a fused certificate are told by their lines", async () => {
    const damaged = await loadPair(alice.cert.replace(/\n[A-Za-z0-9+/]{10}/, "\nAAAAAAAAAA"), alice.key);
    expect(told(damaged)).toEqual([
      "CERT_FILE_INVALID CLAUDE_CODE_CLIENT_CERT: /c.pem, line 1: the certificate is damaged",
    ]);
    const fused = await loadPair(alice.cert.trimEnd() + intermediate.cert, alice.key);
    const line = alice.cert.trimEnd().split("\n").length;
    expect(told(fused)).toEqual([
      `CERT_FILE_INVALID CLAUDE_CODE_CLIENT_CERT: /c.pem, line ${line}: an END and a BEGIN marker share one line`,
    ]);
  });

  test("DER: the line that converts it is given", async () => {
    const cert = await loadPair(await fixture("alice.der"), alice.key);
    expect(told(cert)).toEqual([
      "CERT_FILE_INVALID CLAUDE_CODE_CLIENT_CERT: /c.pem holds a certificate in DER form, not PEM",
    ]);
    expect(cert.faults[0]?.remedy).toContain("sallyport cert convert /c.pem");
    const key = await loadPair(alice.cert, await fixture("alice-key.der"));
    expect(told(key)).toEqual([
      "KEY_FILE_INVALID CLAUDE_CODE_CLIENT_KEY: /k.pem holds a private key in DER form, not PEM",
    ]);
    expect(key.faults[0]?.remedy).toContain("sallyport cert convert /k.pem");
  });

  test("PKCS#12 as certificate or key: the setting that takes it is named", async () => {
    const pfx = await fixture("modern.pfx");
    const cert = await loadPair(pfx, alice.key);
    expect(told(cert)).toEqual(["CERT_FILE_INVALID CLAUDE_CODE_CLIENT_CERT: /c.pem is a PKCS#12 store, not PEM"]);
    expect(cert.faults[0]?.remedy).toBe(
      "set SALLYPORT_CLIENT_PFX to this path, and unset CLAUDE_CODE_CLIENT_CERT and CLAUDE_CODE_CLIENT_KEY",
    );
    expect(told(await loadPair(alice.cert, pfx))).toEqual([
      "KEY_FILE_INVALID CLAUDE_CODE_CLIENT_KEY: /k.pem is a PKCS#12 store, not a PEM key",
    ]);
  });

  test("all that is wrong is told at once", async () => {
    const result = await loadPair({ error: "EACCES" }, "");
    expect(codes(result)).toEqual(["CERT_FILE_UNREADABLE", "KEY_FILE_INVALID"]);
  });
});

describe("a pair that is none", () => {
  test("files that were swapped: the remedy names both variables with the right path", async () => {
    const result = await loadPair(alice.key, alice.chain);
    expect(told(result)).toEqual([
      "CERT_KEY_SWAPPED CLAUDE_CODE_CLIENT_CERT names a private key (/c.pem) and CLAUDE_CODE_CLIENT_KEY a certificate (/k.pem)",
    ]);
    expect(result.faults[0]?.remedy).toBe(
      "swap them: CLAUDE_CODE_CLIENT_CERT is /k.pem and CLAUDE_CODE_CLIENT_KEY is /c.pem",
    );
  });

  test("a key of another certificate", async () => {
    const result = await loadPair(alice.chain, bob.key);
    expect(told(result)).toEqual([
      "CERT_KEY_MISMATCH CLAUDE_CODE_CLIENT_KEY: the key in /k.pem does not belong to the certificate CN=alice, O=Lab in /c.pem",
    ]);
    expect(result.identity).toBeUndefined();
  });

  test("a certificate without a key, and a key without a certificate", async () => {
    const lone = await load({ cert: "/c.pem" }, { "/c.pem": alice.cert });
    expect(told(lone)).toEqual([
      "KEY_MISSING CLAUDE_CODE_CLIENT_CERT is set but CLAUDE_CODE_CLIENT_KEY is not, and /c.pem holds no key",
    ]);
    const key = await load({ key: "/k.pem", stem: "SALLYPORT_PROXY_CLIENT" }, { "/k.pem": alice.key });
    expect(told(key)).toEqual([
      "CERT_MISSING SALLYPORT_PROXY_CLIENT_KEY is set but SALLYPORT_PROXY_CLIENT_CERT is not",
    ]);
  });

  test("the same key file twice, and the same certificate file twice", async () => {
    const keys = await loadPair(alice.key, alice.key);
    expect(codes(keys)).toEqual(["CERT_FILE_INVALID"]);
    const certs = await loadPair(alice.cert, alice.cert);
    expect(told(certs)).toEqual([
      "KEY_FILE_INVALID CLAUDE_CODE_CLIENT_KEY: /k.pem holds a certificate but no private key",
    ]);
  });

  test("a passphrase that was left behind is a warning", async () => {
    const result = await load({ passphrase: inline(passphrase) }, {});
    expect(result.faults).toEqual([]);
    expect(told(result)).toEqual(["CERT_MISSING CLAUDE_CODE_CLIENT_KEY_PASSPHRASE is set, but no certificate is"]);
  });
});

describe("names of settings that are not set are derived", () => {
  test("in a config file, from the pointer beside", async () => {
    const spec: IdentitySpec = {
      name: "corp",
      hosts: "all",
      cert: {
        value: "/c.pem",
        source: { kind: "file", path: "/etc/x.json", pointer: "/identities/0/cert", scope: "managed" },
      },
    };
    const { faults } = await loadIdentity(spec, memorySystem({ files: { "/c.pem": alice.cert } }));
    expect(faults[0]?.remedy).toBe("set /identities/0/key in /etc/x.json to the private key of this certificate");
  });

  test("of options, from the option beside", async () => {
    const spec: IdentitySpec = {
      name: "proxy",
      hosts: "all",
      cert: { value: "/c.pem", source: { kind: "option", name: "proxyCert" } },
    };
    const { faults } = await loadIdentity(spec, memorySystem({ files: { "/c.pem": alice.cert } }));
    expect(faults[0]?.remedy).toBe("set the option proxyKey to the private key of this certificate");
  });
});

describe("a certificate's time and purpose", () => {
  const at = (now: string) => loadPair(alice.chain, alice.key, undefined, { now: new Date(now) });

  test.each([
    [
      "2031-01-02T00:00:00Z",
      "CLIENT_CERT_EXPIRED CLAUDE_CODE_CLIENT_CERT: /c.pem: the client certificate CN=alice, O=Lab expired on 2031-01-01",
    ],
    [
      "2028-12-31T23:00:00Z",
      "CLIENT_CERT_NOT_YET_VALID CLAUDE_CODE_CLIENT_CERT: /c.pem: the client certificate CN=alice, O=Lab is valid from 2029-01-01 00:00 UTC on, and this machine's clock says 2028-12-31 23:00 UTC",
    ],
  ])("at %s it is refused", async (now, message) => {
    const result = await at(now);
    expect(told(result)).toEqual([message]);
    expect(result.identity).toBeUndefined();
  });

  test("within a fortnight of its end it is a warning and still used", async () => {
    expect(told(await at("2030-12-17T23:59:00Z"))).toEqual([]);
    const result = await at("2030-12-19T00:00:00Z");
    expect(told(result)).toEqual([
      "CLIENT_CERT_EXPIRES_SOON CLAUDE_CODE_CLIENT_CERT: /c.pem: the client certificate CN=alice, O=Lab expires in 13 days, on 2031-01-01 00:00 UTC",
    ]);
    expect(result.identity).toBeDefined();
  });

  test("one that lives for a day warns in its last third alone", async () => {
    const daily = await intermediate.issue({
      commonName: "daily",
      usage: "client",
      notBefore: date("2030-01-01"),
      notAfter: date("2030-01-02"),
    });
    const dailyAt = (now: string) => loadPair(daily.cert, daily.key, undefined, { now: new Date(now) });
    expect(told(await dailyAt("2030-01-01T01:00:00Z"))).toEqual([]);
    expect(told(await dailyAt("2030-01-01T15:59:00Z"))).toEqual([]);
    expect(told(await dailyAt("2030-01-01T17:00:00Z"))).toEqual([
      expect.stringContaining("expires in 7 hours, on 2030-01-02 00:00 UTC"),
    ]);
  });

  test("an expired intermediate is a warning that names it", async () => {
    const short = await createAuthority({
      name: "Short",
      issuer: root,
      notBefore: date("2020-01-01"),
      notAfter: date("2029-06-01"),
    });
    const leaf = await short.issue({ commonName: "carol", usage: "client", ...time });
    const result = await loadPair(leaf.chain, leaf.key);
    expect(told(result)).toEqual([
      "CLIENT_CERT_EXPIRED CLAUDE_CODE_CLIENT_CERT: /c.pem: the intermediate CN=Short expired on 2029-06-01",
    ]);
    expect(result.identity).toBeDefined();
  });

  test("a server's certificate is refused, one without purposes is not", async () => {
    const server = await intermediate.issue({ commonName: "web", usage: "server", ...time });
    expect(told(await loadPair(server.cert, server.key))).toEqual([
      "CLIENT_CERT_USAGE CLAUDE_CODE_CLIENT_CERT: /c.pem: the certificate CN=web is not for clients: its extended key usage lacks clientAuth",
    ]);
    const any = await intermediate.issue({ commonName: "any", usage: "none", ...time });
    expect(told(await loadPair(any.cert, any.key))).toEqual([]);
  });

  test("a pair that OpenSSL refuses is refused here, not in a handshake", async () => {
    const result = await loadPair(await fixture("weak.pem"), await fixture("weak.key"));
    expect(told(result)).toEqual([
      "CERT_FILE_INVALID CLAUDE_CODE_CLIENT_CERT: /c.pem: OpenSSL refuses this pair: ee key too small",
    ]);
    expect(result.identity).toBeUndefined();
  });
});

describe("a key that others can read", () => {
  const files = () => ({
    "/c.pem": { content: alice.chain, mode: 0o644 },
    "/my keys/k.pem": { content: alice.key, mode: 0o640 },
  });
  const parts: Parts = { cert: "/c.pem", key: "/my keys/k.pem" };

  test("is a warning with the line that fixes it", async () => {
    const result = await load(parts, files());
    expect(told(result)).toEqual([
      "KEY_PERMISSIONS CLAUDE_CODE_CLIENT_KEY: /my keys/k.pem holds a private key and is accessible to other users (mode 0640)",
    ]);
    expect(result.warnings[0]?.remedy).toBe("chmod 600 '/my keys/k.pem'");
    expect(result.identity).toBeDefined();
  });

  test("is an error under strict, and the identity is left out", async () => {
    const result = await load(parts, files(), { strict: true });
    expect(result.faults.map(({ code, severity }) => [code, severity])).toEqual([["KEY_PERMISSIONS", "error"]]);
    expect(result.identity).toBeUndefined();
  });

  test("means nothing on Windows, whose modes are made up", async () => {
    expect(told(await load(parts, files(), { platform: "win32" }))).toEqual([]);
  });
});

describe("all identities of a policy", () => {
  test("good ones are kept in order, faulty ones left out, and all faults told", async () => {
    const files = { "/a.pem": alice.chain, "/a.key": alice.key, "/b.pem": bob.chain, "/b.key": bob.key };
    const policy = {
      identities: [
        {
          ...specOf({ cert: "/b.pem", key: "/b.key" }),
          name: "bob",
          hosts: [{ kind: "domain", domain: "b.test", subdomainsOnly: false, text: "b.test" }] as const,
        },
        { ...specOf({ cert: "/a.pem", key: "/b.key" }), name: "mixed" },
        specOf({ cert: "/a.pem", key: "/a.key" }),
      ],
      proxyIdentity: { ...specOf({ cert: "/nowhere.pem", stem: "SALLYPORT_PROXY_CLIENT" }), name: "proxy" },
      prefix: "SALLYPORT",
      strict: false,
    };
    const { origins, broken, proxy, brokenProxy, faults, warnings } = await loadIdentities(
      policy,
      memorySystem({ files }),
    );
    expect(origins.map(({ name }) => name)).toEqual(["bob", "default"]);
    expect(broken).toMatchObject([{ name: "mixed", behind: 1, fault: { code: "CERT_KEY_MISMATCH" } }]);
    expect(proxy).toBeUndefined();
    expect(brokenProxy?.code).toBe("CERT_FILE_UNREADABLE");
    expect(faults.map(({ code }) => code)).toEqual(["CERT_KEY_MISMATCH"]);
    expect(warnings).toMatchObject([
      { message: expect.stringMatching(/; connections to https:\/\/ proxies fail with this error$/) as string },
    ]);
  });

  test("a faulty one for some hosts stops these alone, and everything under strict", async () => {
    const policy = {
      identities: [
        {
          ...specOf({ cert: "/nowhere.pem", key: "/nowhere.key" }),
          hosts: [{ kind: "domain", domain: "b.test", subdomainsOnly: false, text: "b.test" }] as const,
        },
      ],
      prefix: "SALLYPORT",
      strict: false,
    };
    const system = memorySystem({ files: {} });
    const { broken, faults, warnings } = await loadIdentities(policy, system);
    expect(faults).toEqual([]);
    expect(broken).toHaveLength(1);
    expect(warnings[0]?.message).toMatch(/; https requests to b\.test fail with this error$/);
    expect((await loadIdentities({ ...policy, strict: true }, system)).faults).not.toEqual([]);
  });

  test("an aborted load ends with the signal's reason", async () => {
    const reason = new Error("enough");
    const policy = {
      identities: [specOf({ cert: "/c.pem", key: "/k.pem", passphrase: { kind: "command", command: "pass" } })],
      prefix: "SALLYPORT",
      strict: false,
    };
    const files = { "/c.pem": alice.cert, "/k.pem": encryptKey(alice.key, passphrase) };
    await expect(loadIdentities(policy, memorySystem({ files }), { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });
});
